//! What a block gives: as operands of an expression, or as a list of such.

use serde_json::Value;

use super::super::placeholder::native::{key, path, placeholder};

/// The output of a block or task.
pub(super) enum Output {
    /// The first of these that is there.
    Chain(Vec<String>),
    /// One for each of the tasks that ran at once.
    List(Vec<Output>),
}

impl Output {
    /// Of a block without tasks.
    pub(super) fn nothing() -> Self {
        Self::Chain(Vec::new())
    }

    /// The output of a node at a path.
    pub(super) fn of_path(reference: &str, names: &[&str]) -> Self {
        let steps: Vec<_> = names.iter().map(|name| key(*name)).collect();
        Self::Chain(vec![path(reference, &steps)])
    }

    /// The template of a workflow's output.
    pub(super) fn template(&self) -> Value {
        match self {
            Self::List(items) => items.iter().map(Self::template).collect(),
            Self::Chain(operands) if operands.is_empty() => Value::Null,
            Self::Chain(operands) => {
                let operands: Vec<String> = operands.iter().cloned().chain(["null".to_owned()]).collect();
                placeholder(&operands).into()
            }
        }
    }

    /// This, else the other.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Chain(mut operands), Self::Chain(more)) => {
                operands.extend(more);
                Self::Chain(operands)
            }
            (list @ Self::List(_), _) => list,
            (_, list) => list,
        }
    }
}

/// What a handler returned.
pub(super) fn result_of(reference: &str) -> Output {
    Output::of_path(reference, &["output", "result"])
}
