//! `a.b ?? 'text' ?? 0}`: what stands between `${` and `}` in the styles that know choices.

use serde_json::Value;

use super::reader::{Place, Reader};
use super::{Path, PathError};

const OPERAND: &str = "a path, a quoted text, a number, true, false or null";

/// One of the operands of a choice.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Operand {
    /// It stands for itself.
    Literal(Value),
    /// What it finds.
    Path(Path),
}

/// Reads the operands in front of the closing brace, and how many bytes they take with it.
pub(in super::super) fn operands(text: &str) -> Result<(Vec<Operand>, usize), PathError> {
    let mut reader = Reader::new(text);
    let mut operands = Vec::new();
    loop {
        reader.skip_blanks();
        operands.push(reader.inside(Place::Choice, Reader::alternative)?);
        reader.skip_blanks();
        if reader.take("}") {
            return Ok((operands, reader.offset()));
        }
        if !reader.take("??") {
            return Err(reader.expected("`??` or `}`"));
        }
    }
}

impl Reader<'_> {
    fn alternative(&mut self) -> Result<Operand, PathError> {
        if let Some((word, value)) = self.constant() {
            self.advance(word.len());
            return Ok(Operand::Literal(value));
        }
        match self.peek() {
            Some('\'' | '"' | '0'..='9' | '-') => self.literal().map(Operand::Literal),
            Some(next) if !self.ends_path(next, self.rest()) => self.path().map(Operand::Path),
            _ => Err(self.expected(OPERAND)),
        }
    }

    /// The word in front, if it is a constant and not the beginning of a path.
    fn constant(&self) -> Option<(&'static str, Value)> {
        let constants = [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)];
        constants.into_iter().find(|(word, _)| {
            self.rest()
                .strip_prefix(word)
                .is_some_and(|behind| behind.chars().next().is_none_or(|next| self.ends_path(next, behind)))
        })
    }
}
