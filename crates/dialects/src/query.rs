//! Conductor's search language: `field OP value AND …`, and `field:ASC|field:DESC` for the order.

use std::fmt;

/// A field that executions are searched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Field {
    WorkflowId,
    WorkflowType,
    Version,
    Status,
    CorrelationId,
    Priority,
    ParentWorkflowId,
    StartTime,
    UpdateTime,
    EndTime,
    ReasonForIncompletion,
}

impl Field {
    const ALL: [(&'static str, Self); 11] = [
        ("workflowId", Self::WorkflowId),
        ("workflowType", Self::WorkflowType),
        ("version", Self::Version),
        ("status", Self::Status),
        ("correlationId", Self::CorrelationId),
        ("priority", Self::Priority),
        ("parentWorkflowId", Self::ParentWorkflowId),
        ("startTime", Self::StartTime),
        ("updateTime", Self::UpdateTime),
        ("endTime", Self::EndTime),
        ("reasonForIncompletion", Self::ReasonForIncompletion),
    ];

    /// True where values are numbers or instants.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Version | Self::Priority | Self::StartTime | Self::UpdateTime | Self::EndTime)
    }

    fn parse(name: &str) -> Result<Self, Error> {
        let same = |known: &str| known.eq_ignore_ascii_case(&name.replace('_', ""));
        Self::ALL
            .into_iter()
            .find_map(|(known, field)| same(known).then_some(field))
            .ok_or_else(|| Error::UnknownField(name.to_owned()))
    }
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text; `*` stands for any run of characters.
    Text(String),
    /// A number, or an instant in milliseconds.
    Number(i64),
}

/// One condition: true if it holds for any of the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The field.
    pub field: Field,
    /// The comparison.
    pub operator: Operator,
    /// One value, or several with IN.
    pub values: Vec<Value>,
}

/// Sort direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Direction {
    Ascending,
    Descending,
}

/// What is wrong with a query or an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The field is not one of the known.
    UnknownField(String),
    /// Something else than what should stand there.
    Unexpected {
        /// What was found; empty at the end.
        found: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// The value is no number.
    NotANumber {
        /// The field.
        field: Field,
        /// The value.
        value: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownField(name) => {
                let known = Field::ALL.map(|(name, _)| name).join(", ");
                write!(f, "unknown field '{name}' in the search, expected one of {known}")
            }
            Self::Unexpected { found, expected } if found.is_empty() => {
                write!(f, "the search ends early, expected {expected}")
            }
            Self::Unexpected { found, expected } => {
                write!(f, "unexpected '{found}' in the search, expected {expected}")
            }
            Self::NotANumber { field, value } => {
                let name = Field::ALL.iter().find(|(_, known)| known == field).map_or("", |(name, _)| name);
                write!(f, "'{value}' is no number, which {name} needs in the search")
            }
        }
    }
}

impl std::error::Error for Error {}

/// Reads a query; an empty one has no conditions.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(query: &str) -> Result<Vec<Condition>, Error> {
    let mut tokens = Tokens { rest: query };
    let mut conditions = Vec::new();
    if tokens.is_done() {
        return Ok(conditions);
    }
    loop {
        conditions.push(tokens.condition()?);
        if tokens.is_done() {
            return Ok(conditions);
        }
        let word = tokens.word();
        if !word.eq_ignore_ascii_case("AND") {
            return Err(Error::Unexpected { found: word.to_owned(), expected: "AND" });
        }
    }
}

/// Reads an order: `startTime:DESC|workflowId`, also with commas.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse_order(order: &str) -> Result<Vec<(Field, Direction)>, Error> {
    let items = order.split(['|', ',']).map(str::trim).filter(|item| !item.is_empty());
    items
        .map(|item| {
            let (name, direction) = item.split_once(':').unwrap_or((item, "ASC"));
            let direction = match direction.trim().to_ascii_uppercase().as_str() {
                "ASC" => Direction::Ascending,
                "DESC" => Direction::Descending,
                _ => return Err(Error::Unexpected { found: direction.to_owned(), expected: "ASC or DESC" }),
            };
            Ok((Field::parse(name.trim())?, direction))
        })
        .collect()
}

struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    fn is_done(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        self.rest.is_empty()
    }

    /// The next run of letters, digits and underscores; of anything else one character.
    fn word(&mut self) -> &'a str {
        self.rest = self.rest.trim_start();
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let end = if end == 0 { self.rest.chars().next().map_or(0, char::len_utf8) } else { end };
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn condition(&mut self) -> Result<Condition, Error> {
        let field = Field::parse(self.word())?;
        self.rest = self.rest.trim_start();
        const OPERATORS: [(&str, Operator); 7] = [
            ("!=", Operator::NotEqual),
            ("<>", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        for (sign, operator) in OPERATORS {
            if let Some(rest) = self.rest.strip_prefix(sign) {
                self.rest = rest;
                let value = self.value(field, char::is_whitespace)?;
                return Ok(Condition { field, operator, values: vec![value] });
            }
        }
        let word = self.word();
        if !word.eq_ignore_ascii_case("IN") {
            return Err(Error::Unexpected {
                found: word.to_owned(),
                expected: "one of =, !=, <, <=, >, >=, IN",
            });
        }
        Ok(Condition { field, operator: Operator::Equal, values: self.list(field)? })
    }

    fn list(&mut self, field: Field) -> Result<Vec<Value>, Error> {
        self.expect('(', "(")?;
        let mut values = Vec::new();
        loop {
            values.push(self.value(field, |c| c == ',' || c == ')')?);
            self.rest = self.rest.trim_start();
            match self.rest.strip_prefix(',') {
                Some(rest) => self.rest = rest,
                None => break,
            }
        }
        self.expect(')', ", or )")?;
        Ok(values)
    }

    fn expect(&mut self, wanted: char, expected: &'static str) -> Result<(), Error> {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(Error::Unexpected { found: self.word().to_owned(), expected }),
        }
    }

    /// A value in quotes, or a bare one up to where it ends.
    fn value(&mut self, field: Field, ends: impl Fn(char) -> bool) -> Result<Value, Error> {
        self.rest = self.rest.trim_start();
        let quote = self.rest.chars().next().filter(|c| *c == '\'' || *c == '"');
        let text = match quote {
            Some(quote) => {
                let inner = &self.rest[1..];
                let Some(end) = inner.find(quote) else {
                    return Err(Error::Unexpected { found: String::new(), expected: "a closing quote" });
                };
                self.rest = &inner[end + 1..];
                &inner[..end]
            }
            None => {
                let end = self.rest.find(ends).unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                text.trim()
            }
        };
        if text.is_empty() && quote.is_none() {
            return Err(Error::Unexpected { found: self.word().to_owned(), expected: "a value" });
        }
        if !field.is_number() {
            return Ok(Value::Text(text.to_owned()));
        }
        let number = text.trim().parse().map_err(|_| Error::NotANumber { field, value: text.to_owned() })?;
        Ok(Value::Number(number))
    }
}
