//! The search language: `status = FAILED AND (startTime >= 2026-01-31 OR NOT correlationId IN ('a', b*))`, and
//! `startTime:DESC,workflowId` for an order.
//!
//! It reads what Conductor's servers read (`=`, `<`, `>`, `IN`, `AND`), with the rest of what their different search engines
//! know each for itself. A field that is not known is an error here, not ignored.

mod error;
mod parser;

pub use error::{Cause, Error};

use parser::Parser;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// An instant: milliseconds since 1970, or an ISO date with or without a time.
    Instant,
}

/// The fields that a query may name.
#[derive(Debug, Clone, Copy)]
pub struct Vocabulary<F: 'static>(pub &'static [(&'static str, F, Kind)]);

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
    /// A text.
    Text(String),
    /// A number, or an instant in milliseconds.
    Number(i64),
}

/// A query as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression<F> {
    /// All of these; empty: everything.
    All(Vec<Self>),
    /// At least one of these.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// A comparison.
    Compare(F, Operator, Value),
    /// The text fits a pattern, in which `*` stands for any run of characters.
    Fits(F, String),
    /// The field has no value.
    IsNull(F),
}

/// Sort direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Direction {
    Ascending,
    Descending,
}

/// How deep parentheses and negations may nest.
pub const DEPTH_MAX: usize = 32;
/// How many comparisons a query may have, each value of a list counted.
pub const TERMS_MAX: usize = 256;
/// How many fields an order may have.
pub const ORDER_MAX: usize = 16;

/// Reads a query; an empty one asks for everything.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse<F: Copy>(query: &str, vocabulary: Vocabulary<F>) -> Result<Expression<F>, Error> {
    Parser::new(query, vocabulary).query()
}

/// Reads an order: `startTime:DESC|workflowId`, also with commas.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse_order<F: Copy>(order: &str, vocabulary: Vocabulary<F>) -> Result<Vec<(F, Direction)>, Error> {
    let mut items = Vec::new();
    let mut column = 1;
    for item in order.split(['|', ',']) {
        let begin = column + item.chars().take_while(|letter| letter.is_whitespace()).count();
        column += item.chars().count() + 1;
        if item.trim().is_empty() {
            continue;
        }
        if items.len() == ORDER_MAX {
            return Err(Error { column: begin, cause: Cause::TooMuch("fields in the order", ORDER_MAX) });
        }
        let (name, direction) = item.split_once(':').unwrap_or((item, "ASC"));
        let (field, _) = vocabulary.find(name.trim(), begin)?;
        let direction = match direction.trim() {
            text if text.eq_ignore_ascii_case("ASC") => Direction::Ascending,
            text if text.eq_ignore_ascii_case("DESC") => Direction::Descending,
            text => {
                let column = begin + name.trim_start().chars().count() + 1;
                return Err(Error::unexpected(column, text, "ASC or DESC"));
            }
        };
        items.push((field, direction));
    }
    Ok(items)
}

impl<F: Copy> Vocabulary<F> {
    /// Case and underscores do not matter.
    fn find(self, name: &str, column: usize) -> Result<(F, Kind), Error> {
        let plain = name.replace('_', "");
        let found = self.0.iter().find(|(known, ..)| known.eq_ignore_ascii_case(&plain));
        found.map(|(_, field, kind)| (*field, *kind)).ok_or_else(|| {
            let known = self.0.iter().map(|(known, ..)| *known).collect();
            Error { column, cause: Cause::UnknownField { name: name.to_owned(), known } }
        })
    }
}
