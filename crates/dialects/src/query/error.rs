//! What is wrong with a query or an order, and where.

use std::fmt;

/// Something wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The character, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub cause: Cause,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The field is not one of the known.
    UnknownField {
        /// Its name.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// Something else than what should stand there.
    Unexpected {
        /// What was found; empty at the end.
        found: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// The value is not of the field's kind.
    NotA {
        /// What the field needs.
        kind: &'static str,
        /// The field.
        field: &'static str,
        /// The value.
        value: String,
    },
    /// More of something than is allowed.
    TooMuch(&'static str, usize),
}

impl Error {
    pub(super) fn unexpected(column: usize, found: &str, expected: &'static str) -> Self {
        Self { column, cause: Cause::Unexpected { found: found.to_owned(), expected } }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self.column;
        match &self.cause {
            Cause::UnknownField { name, known } => {
                let known = known.join(", ");
                write!(f, "unknown field '{name}' at column {column} of the search, expected one of {known}")
            }
            Cause::Unexpected { found, expected } if found.is_empty() => {
                write!(f, "the search ends early at column {column}, expected {expected}")
            }
            Cause::Unexpected { found, expected } => {
                write!(f, "unexpected '{found}' at column {column} of the search, expected {expected}")
            }
            Cause::NotA { kind, field, value } => {
                write!(f, "'{value}' at column {column} of the search is no {kind}, which {field} needs")
            }
            Cause::TooMuch(what, count_max) => {
                write!(f, "more than {count_max} {what} at column {column} of the search")
            }
        }
    }
}

impl std::error::Error for Error {}
