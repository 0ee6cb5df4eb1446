//! Loop and switch conditions that need no script engine.
//!
//! Most conditions of real definitions compare a path with a literal: `$.loop['iteration'] < 3`, often as
//! `if (…) { true; } else { false; }`. This grammar is evaluated in the core with JavaScript's meaning; what is
//! outside it is refused with a plain error, so that a caller can hand the text to an evaluator instead.
//!
//! ```text
//! script  = wrapped | or [ ";" ]
//! wrapped = "if" "(" or ")" branch "else" branch             branch: one boolean, with or without braces
//!         | "(" "function" "(" ")" "{" "return" or ";" "}" ")" "(" ")"
//! or      = and { "||" and }         and = equal { "&&" equal }
//! equal   = order { ("==" | "!=" | "===" | "!==") order }
//! order   = unary { ("<" | "<=" | ">" | ">=") unary }
//! unary   = "!" unary | "(" or ")" | ["-"] number | text | "true" | "false" | "null" | "undefined" | path
//! path    = "$" { "." name | "[" text "]" | "[" integer "]" }
//! ```

mod eval;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::expression::Segment;

/// A parsed condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(Expression);

/// A text outside the grammar of conditions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the condition is outside what is evaluated without a script engine: at byte {offset} expected {expected}"
)]
pub struct ConditionError {
    /// Where in the text, in bytes, the grammar was left.
    pub offset: usize,
    /// What would have been accepted there.
    pub expected: &'static str,
}

/// What JavaScript says of a property of nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("TypeError: cannot read property '{property}' of {of}")]
pub struct TypeError {
    /// What was to be read.
    pub property: String,
    /// `undefined` or `null`.
    pub of: &'static str,
}

#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Literal(Value),
    /// JavaScript's `undefined`, which JSON lacks.
    Undefined,
    Path(Vec<Segment>),
    Not(Box<Expression>),
    Binary(Box<Expression>, Operator, Box<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    LooseEqual,
    LooseUnequal,
    StrictEqual,
    StrictUnequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// Reads a condition.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        parser::parse(text).map(Self)
    }

    /// The condition's value. `lookup` gives the value at a path below `$` (the path `$` itself is empty);
    /// `None` is JavaScript's `undefined`. A result of `undefined` is given as `null`.
    ///
    /// # Errors
    /// If it reads a property of `undefined` or `null`.
    pub fn eval(&self, lookup: &dyn Fn(&[Segment]) -> Option<Value>) -> Result<Value, TypeError> {
        eval::evaluate(&self.0, lookup)
    }

    /// Whether a loop goes on: DO_WHILE goes on for `true` and for numbers above 0, and for nothing else.
    ///
    /// # Errors
    /// As [`Condition::eval`].
    pub fn holds(&self, lookup: &dyn Fn(&[Segment]) -> Option<Value>) -> Result<bool, TypeError> {
        Ok(match self.eval(lookup)? {
            Value::Bool(value) => value,
            Value::Number(number) => number.as_f64().is_some_and(|number| number > 0.0),
            _ => false,
        })
    }
}
