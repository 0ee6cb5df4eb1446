//! Plain paths: names by dots, names in brackets, list positions.
//!
//! The full JsonPath dialect grows here: each of its forms is recognised and named in the error today.

use std::fmt;

use serde_json::Value;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Segment {
    /// A property of an object.
    Key(String),
    /// A position in a list, from 0; negative counts from the end.
    Index(i64),
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "['{}']", key.replace('\\', "\\\\").replace('\'', "\\'")),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// The value at a path below `value`, copied.
pub fn select(value: &Value, path: &[Segment]) -> Option<Value> {
    select_ref(value, path).cloned()
}

/// The value at a path below `value`; `None` when a step finds nothing.
pub fn select_ref<'a>(value: &'a Value, path: &[Segment]) -> Option<&'a Value> {
    path.iter().try_fold(value, |at, segment| match (segment, at) {
        (Segment::Key(key), Value::Object(map)) => map.get(key),
        (Segment::Index(index), Value::Array(list)) => {
            let back = usize::try_from(index.unsigned_abs()).ok()?;
            list.get(if *index < 0 { list.len().checked_sub(back)? } else { back })
        }
        _ => None,
    })
}

/// Where a path leaves the grammar: byte offset and what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathError {
    pub(crate) offset: usize,
    pub(crate) expected: &'static str,
}

const PLAIN_ONLY_STAR: &str = "a plain path: this release does not resolve the wildcard `*`";
const PLAIN_ONLY_DEEP: &str = "a plain path: this release does not resolve the deep scan `..`";
const PLAIN_ONLY_FILTER: &str = "a plain path: this release does not resolve filters `[?(…)]`";
const PLAIN_ONLY_FUNCTION: &str = "a plain path: this release does not resolve functions such as `length()`";
const PLAIN_ONLY_MANY: &str = "a plain path: this release does not resolve unions and slices in `[…]`";

/// Reads a path such as `a.b['c'][0]`, optionally with `$` or `$.` in front. Blanks around it do not count.
pub(crate) fn parse(text: &str) -> Result<Vec<Segment>, PathError> {
    let start = text.len() - text.trim_start().len();
    let mut reader = Reader { text, at: start, end: start + text.trim().len() };
    if reader.peek() == Some('$') {
        reader.at += 1;
        if reader.peek() == Some('.') {
            reader.at += 1;
        }
    }
    let mut path = Vec::new();
    match reader.peek() {
        None => return Err(reader.expected("a name")),
        Some('[') => {}
        Some(_) => path.push(reader.name()?),
    }
    while let Some(next) = reader.peek() {
        match next {
            '.' => {
                reader.at += 1;
                // `$.['k']` and `a.['k']` are accepted as they are upstream.
                if reader.peek() != Some('[') {
                    path.push(reader.name()?);
                }
            }
            '[' => path.push(reader.bracket()?),
            _ => return Err(reader.expected("`.`, `[` or the end of the path")),
        }
    }
    Ok(path)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    end: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..self.end]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn expected(&self, expected: &'static str) -> PathError {
        PathError { offset: self.at, expected }
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn name(&mut self) -> Result<Segment, PathError> {
        let rest = self.rest();
        let length = rest.find(['.', '[', ' ', '\t', '\n', '(', ']']).unwrap_or(rest.len());
        let name = &rest[..length];
        match (name, rest[length..].chars().next()) {
            ("", Some('.')) => Err(self.expected(PLAIN_ONLY_DEEP)),
            ("*", _) => Err(self.expected(PLAIN_ONLY_STAR)),
            ("", _) => Err(self.expected("a name")),
            (_, Some('(')) => Err(self.expected(PLAIN_ONLY_FUNCTION)),
            (_, Some(' ' | '\t' | '\n')) => {
                self.at += length;
                Err(self.expected("a name without blanks, or one in brackets: ['my name']"))
            }
            _ => {
                let segment = Segment::Key(name.to_owned());
                self.at += length;
                Ok(segment)
            }
        }
    }

    fn bracket(&mut self) -> Result<Segment, PathError> {
        self.at += 1;
        self.skip_blanks();
        let segment = match self.peek() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote)?,
            Some('*') => return Err(self.expected(PLAIN_ONLY_STAR)),
            Some('?') => return Err(self.expected(PLAIN_ONLY_FILTER)),
            Some(':') => return Err(self.expected(PLAIN_ONLY_MANY)),
            _ => self.position()?,
        };
        self.skip_blanks();
        match self.peek() {
            Some(']') => {
                self.at += 1;
                Ok(segment)
            }
            Some(',' | ':') => Err(self.expected(PLAIN_ONLY_MANY)),
            _ => Err(self.expected("`]`")),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Segment, PathError> {
        self.at += 1;
        let mut name = String::new();
        let mut escaped = false;
        for (offset, next) in self.rest().char_indices() {
            if escaped {
                name.push(next);
                escaped = false;
            } else if next == '\\' {
                escaped = true;
            } else if next == quote {
                self.at += offset + 1;
                return Ok(Segment::Key(name));
            } else {
                name.push(next);
            }
        }
        self.at = self.end;
        Err(self.expected("the closing quote"))
    }

    fn position(&mut self) -> Result<Segment, PathError> {
        let rest = self.rest();
        let length = rest.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(rest.len());
        let position =
            rest[..length].parse().map_err(|_| self.expected("a list position or a quoted name"))?;
        self.at += length;
        Ok(Segment::Index(position))
    }
}
