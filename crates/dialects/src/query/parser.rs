//! The grammar:
//!
//! ```text
//! query      = [ either ]
//! either     = both { OR both }
//! both       = single { AND single }
//! single     = NOT single | "(" either ")" | comparison
//! comparison = field ( = | != | <> | < | <= | > | >= ) value
//!            | field [ NOT ] IN "(" value { "," value } ")"
//!            | field [ NOT ] BETWEEN value AND value
//!            | field [ NOT ] STARTS_WITH value
//!            | field IS [ NOT ] NULL
//! ```

use super::{Cause, DEPTH_MAX, Error, Expression, Kind, Operator, TERMS_MAX, Value, Vocabulary};

const SIGNS: [(&str, Operator); 7] = [
    ("!=", Operator::NotEqual),
    ("<>", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Inside,
    Outside,
}

pub(super) struct Parser<'a, F: 'static> {
    text: &'a str,
    /// What is read, in bytes.
    at: usize,
    vocabulary: Vocabulary<F>,
    depth: usize,
    terms: usize,
}

/// A field that a comparison is about.
#[derive(Clone, Copy)]
struct Subject<F> {
    field: F,
    kind: Kind,
    name: &'static str,
}

impl<'a, F: Copy> Parser<'a, F> {
    pub(super) fn new(text: &'a str, vocabulary: Vocabulary<F>) -> Self {
        Self { text, at: 0, vocabulary, depth: 0, terms: 0 }
    }

    pub(super) fn query(mut self) -> Result<Expression<F>, Error> {
        if self.is_done() {
            return Ok(Expression::All(Vec::new()));
        }
        let expression = self.either()?;
        if self.is_done() { Ok(expression) } else { Err(self.unexpected("AND or OR")) }
    }

    fn either(&mut self) -> Result<Expression<F>, Error> {
        let mut parts = vec![self.both()?];
        while self.keyword("OR") {
            parts.push(self.both()?);
        }
        Ok(single_or(parts, Expression::Any))
    }

    fn both(&mut self) -> Result<Expression<F>, Error> {
        let mut parts = vec![self.single()?];
        while self.keyword("AND") {
            parts.push(self.single()?);
        }
        Ok(single_or(parts, Expression::All))
    }

    fn single(&mut self) -> Result<Expression<F>, Error> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error(self.at, Cause::TooMuch("levels of parentheses and NOT", DEPTH_MAX)));
        }
        let expression = if self.keyword("NOT") {
            Expression::Not(Box::new(self.single()?))
        } else if self.sign("(") {
            let inner = self.either()?;
            if !self.sign(")") {
                return Err(self.unexpected("AND, OR or )"));
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn comparison(&mut self) -> Result<Expression<F>, Error> {
        let subject = self.subject()?;
        for (sign, operator) in SIGNS {
            if self.sign(sign) {
                return self.compared(subject, operator, List::Outside);
            }
        }
        if self.keyword("IS") {
            let is_negated = self.keyword("NOT");
            if !self.keyword("NULL") {
                return Err(self.unexpected(if is_negated { "NULL" } else { "NULL or NOT NULL" }));
            }
            self.count()?;
            return Ok(negated(Expression::IsNull(subject.field), is_negated));
        }
        let is_negated = self.keyword("NOT");
        let expression = if self.keyword("IN") {
            self.list(subject)?
        } else if self.keyword("BETWEEN") {
            let low = self.compared(subject, Operator::GreaterOrEqual, List::Outside)?;
            if !self.keyword("AND") {
                return Err(self.unexpected("AND and the upper bound"));
            }
            Expression::All(vec![low, self.compared(subject, Operator::LessOrEqual, List::Outside)?])
        } else if self.keyword("STARTS_WITH") {
            self.count()?;
            if subject.kind != Kind::Text {
                return Err(self.unexpected("a comparison of numbers instead of STARTS_WITH"));
            }
            let (_, text) = self.raw_value(List::Outside)?;
            Expression::Fits(subject.field, text + "*")
        } else if is_negated {
            return Err(self.unexpected("IN, BETWEEN or STARTS_WITH"));
        } else {
            return Err(self.unexpected("one of =, !=, <, <=, >, >=, IN, BETWEEN, STARTS_WITH, IS, NOT"));
        };
        Ok(negated(expression, is_negated))
    }

    fn list(&mut self, subject: Subject<F>) -> Result<Expression<F>, Error> {
        if !self.sign("(") {
            return Err(self.unexpected("("));
        }
        let mut values = Vec::new();
        loop {
            values.push(self.compared(subject, Operator::Equal, List::Inside)?);
            if !self.sign(",") {
                break;
            }
        }
        if !self.sign(")") {
            return Err(self.unexpected(", or )"));
        }
        Ok(single_or(values, Expression::Any))
    }

    /// A comparison whose value comes next.
    fn compared(
        &mut self,
        subject: Subject<F>,
        operator: Operator,
        list: List,
    ) -> Result<Expression<F>, Error> {
        self.count()?;
        let (column, text) = self.raw_value(list)?;
        let Subject { field, kind, name } = subject;
        let number = match kind {
            Kind::Text => None,
            Kind::Number => Some(("number", text.trim().parse().ok())),
            Kind::Instant => Some(("instant", instant(text.trim()))),
        };
        match (number, operator) {
            (Some((_, Some(number))), _) => Ok(Expression::Compare(field, operator, Value::Number(number))),
            (Some((kind, None)), _) => {
                Err(Error { column, cause: Cause::NotA { kind, field: name, value: text } })
            }
            (None, Operator::Equal) if text.contains('*') => Ok(Expression::Fits(field, text)),
            (None, Operator::NotEqual) if text.contains('*') => {
                Ok(negated(Expression::Fits(field, text), true))
            }
            (None, _) => Ok(Expression::Compare(field, operator, Value::Text(text))),
        }
    }

    fn subject(&mut self) -> Result<Subject<F>, Error> {
        self.skip_space();
        let begin = self.at;
        let name = self.peek_word();
        if name.is_empty() {
            return Err(self.unexpected("a field, NOT or ("));
        }
        let (field, kind) = self.vocabulary.find(name, self.column(begin))?;
        self.at += name.len();
        let known = self.vocabulary.0.iter().map(|(known, ..)| *known);
        let plain = name.replace('_', "");
        let name = known.into_iter().find(|known| known.eq_ignore_ascii_case(&plain)).unwrap_or("the field");
        Ok(Subject { field, kind, name })
    }

    /// A value in quotes (in which the quote is written twice), or a bare one up to where it ends; with its column.
    fn raw_value(&mut self, list: List) -> Result<(usize, String), Error> {
        self.skip_space();
        let column = self.column(self.at);
        let rest = self.rest();
        if let Some(quote) = rest.chars().next().filter(|letter| matches!(letter, '\'' | '"')) {
            return self.quoted(quote).map(|text| (column, text));
        }
        // In a list, a bare value may have spaces inside, as `IN (my order, other)`.
        let end = match list {
            List::Inside => rest.find([',', ')']),
            List::Outside => rest.find(|letter: char| letter.is_whitespace() || letter == ')'),
        };
        let text = rest[..end.unwrap_or(rest.len())].trim_end();
        if text.is_empty() {
            return Err(self.unexpected("a value"));
        }
        self.at += text.len();
        Ok((column, text.to_owned()))
    }

    fn quoted(&mut self, quote: char) -> Result<String, Error> {
        let mut text = String::new();
        self.at += quote.len_utf8();
        loop {
            let Some(end) = self.rest().find(quote) else {
                self.at = self.text.len();
                return Err(self.unexpected("a closing quote"));
            };
            text.push_str(&self.rest()[..end]);
            self.at += end + quote.len_utf8();
            if !self.rest().starts_with(quote) {
                return Ok(text);
            }
            text.push(quote);
            self.at += quote.len_utf8();
        }
    }

    fn count(&mut self) -> Result<(), Error> {
        self.terms += 1;
        if self.terms > TERMS_MAX {
            return Err(self.error(self.at, Cause::TooMuch("comparisons", TERMS_MAX)));
        }
        Ok(())
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn is_done(&mut self) -> bool {
        self.skip_space();
        self.rest().is_empty()
    }

    /// The next run of letters, digits and underscores.
    fn peek_word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
        &rest[..end.unwrap_or(rest.len())]
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        self.skip_space();
        let word = self.peek_word();
        let is_it = word.eq_ignore_ascii_case(keyword);
        if is_it {
            self.at += word.len();
        }
        is_it
    }

    fn sign(&mut self, sign: &str) -> bool {
        self.skip_space();
        let is_it = self.rest().starts_with(sign);
        if is_it {
            self.at += sign.len();
        }
        is_it
    }

    fn column(&self, at: usize) -> usize {
        self.text.get(..at).map_or(0, |read| read.chars().count()) + 1
    }

    fn error(&self, at: usize, cause: Cause) -> Error {
        Error { column: self.column(at), cause }
    }

    /// What comes next should not be there.
    fn unexpected(&mut self, expected: &'static str) -> Error {
        self.skip_space();
        let word = self.peek_word();
        let rest = self.rest();
        let found =
            if word.is_empty() { &rest[..rest.chars().next().map_or(0, char::len_utf8)] } else { word };
        Error::unexpected(self.column(self.at), found, expected)
    }
}

fn single_or<F>(
    mut parts: Vec<Expression<F>>,
    join: impl Fn(Vec<Expression<F>>) -> Expression<F>,
) -> Expression<F> {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            join(parts)
        }
    }
}

fn negated<F>(expression: Expression<F>, is_negated: bool) -> Expression<F> {
    if is_negated { Expression::Not(Box::new(expression)) } else { expression }
}

/// Milliseconds since 1970; a date without a time is its midnight, a time without a zone is UTC's.
fn instant(text: &str) -> Option<i64> {
    if let Ok(ms) = text.parse() {
        return Some(ms);
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.as_millisecond());
    }
    let civil = text.parse::<jiff::civil::DateTime>().ok()?;
    civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|at| at.timestamp().as_millisecond())
}
