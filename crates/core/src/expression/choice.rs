//! Choices: `${a.b ?? c.d ?? 'text'}`, the expressions of the lenient and the strict style.
//!
//! The first operand that finds something counts, a `null` that is there included. An expression is read once from left
//! to right; there are no expressions inside expressions, and no escape: `${'${'}` stands for `${`.

use serde_json::Value;

use super::compile::{TASK_ID, is_below_secrets};
use super::path::{Segment, root_name};
use super::query::{self, Path, PathError, Query};
use super::{Environment, Part, Reference};

/// Several ways to a value, in order of preference.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    operands: Vec<Operand>,
    /// The expression as it stands in the definition.
    written: String,
    missing: Missing,
}

/// What a choice comes to that finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// It stays as it is written.
    Stays,
    /// It is an error.
    Fails,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Literal(Value),
    TaskId,
    /// As the hand-off looks for it.
    Secret(String),
    Path(Vec<Segment>),
    Query(Box<Query>),
}

impl Choice {
    /// What the first operand finds that finds something; else the text as it is written.
    ///
    /// # Errors
    /// In the strict style, that text: nothing was found.
    pub(super) fn value(&self, env: &dyn Environment) -> Result<Value, String> {
        match (self.operands.iter().find_map(|operand| operand.find(env)), self.missing) {
            (Some(found), _) => Ok(found),
            (None, Missing::Stays) => Ok(Value::String(self.written.clone())),
            (None, Missing::Fails) => Err(self.written.clone()),
        }
    }

    /// The root names of its paths.
    pub(super) fn roots(&self) -> impl Iterator<Item = &str> {
        self.operands.iter().filter_map(|operand| match operand {
            Operand::Path(path) => root_name(path),
            Operand::Query(query) => root_name(query.prefix()),
            Operand::Literal(_) | Operand::TaskId | Operand::Secret(_) => None,
        })
    }

    /// True if it may come to a secret.
    pub(super) fn may_be_secret(&self) -> bool {
        self.operands.iter().any(|operand| matches!(operand, Operand::Secret(_)))
    }

    /// True if it comes to a secret.
    pub(super) fn is_secret(&self, env: &dyn Environment) -> bool {
        let found = self.operands.iter().find(|operand| operand.find(env).is_some());
        matches!(found, Some(Operand::Secret(_)))
    }

    /// The value, where it is the same in every environment.
    pub(super) fn constant(&self) -> Option<&Value> {
        match self.operands.first() {
            Some(Operand::Literal(value)) => Some(value),
            _ => None,
        }
    }
}

impl Operand {
    fn of(operand: query::Operand) -> Self {
        match operand {
            query::Operand::Literal(value) => Self::Literal(value),
            query::Operand::Path(Path::Plain(path)) => match path.as_slice() {
                [Segment::Key(name)] if name == TASK_ID => Self::TaskId,
                secret if is_below_secrets(secret) => Self::Secret(secret_text(secret)),
                _ => Self::Path(path),
            },
            query::Operand::Path(Path::Query(query)) => Self::Query(query),
        }
    }

    fn find(&self, env: &dyn Environment) -> Option<Value> {
        match self {
            Self::Literal(value) => Some(value.clone()),
            Self::Secret(written) => Some(Value::String(written.clone())),
            Self::TaskId => env.task_id().map(Value::String),
            Self::Path(path) => env.resolve(path),
            Self::Query(query) => query.find(env),
        }
    }
}

/// The parts of a text.
pub(super) fn parts(text: &str, missing: Missing) -> Result<Vec<Part>, PathError> {
    let last_close = text.rfind('}');
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(open) =
        text[at..].find("${").map(|found| at + found).filter(|open| Some(*open) < last_close)
    {
        push_literal(&mut parts, &text[at..open]);
        let inner = open + 2;
        let (operands, length) = query::operands(&text[inner..])
            .map_err(|error| PathError { offset: error.offset + inner, ..error })?;
        at = inner + length;
        let operands = operands.into_iter().map(Operand::of).collect();
        let choice = Choice { operands, written: text[open..at].to_owned(), missing };
        parts.push(Part::Reference(Reference::Choice(Box::new(choice))));
    }
    push_literal(&mut parts, &text[at..]);
    Ok(parts)
}

fn push_literal(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Literal(text.to_owned()));
    }
}

/// A secret as the hand-off looks for it.
fn secret_text(path: &[Segment]) -> String {
    let below = path.iter().skip(2).map(|segment| match segment {
        Segment::Key(key) if key.chars().all(|next| next.is_alphanumeric() || next == '_') => {
            format!(".{key}")
        }
        other => other.to_string(),
    });
    format!("${{workflow.secrets{}}}", below.collect::<String>())
}

/// Appends a value to a text: texts as they are, all else as JSON.
pub(super) fn write(value: &Value, text: &mut String) {
    match value {
        Value::String(own) => text.push_str(own),
        other => text.push_str(&other.to_string()),
    }
}
