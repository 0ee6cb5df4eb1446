//! A bound on what the expressions of one template read, so that no definition makes more of its data than fits into memory:
//! a few tasks that each name the one before twice would double it every time.

use std::cell::Cell;

use serde_json::Value;

use super::Scope;
use crate::expression::{Environment, Segment};

/// An execution as seen from one frame, as long as not more than so many bytes are read of it.
pub(crate) struct Rationed<'a> {
    scope: Scope<'a>,
    /// What may still be read; nothing once too much was asked for.
    left: Cell<Option<usize>>,
}

impl<'a> Rationed<'a> {
    pub(crate) fn new(scope: Scope<'a>, bytes_max: usize) -> Self {
        Self { scope, left: Cell::new(Some(bytes_max)) }
    }

    /// Whether more was asked for than there was; what was made of it is worthless.
    pub(crate) fn is_used_up(&self) -> bool {
        self.left.get().is_none()
    }

    fn take(&self, value: Value) -> Option<Value> {
        let left = self.left.get()?;
        self.left.set(left.checked_sub(bytes(&value)));
        (!self.is_used_up()).then_some(value)
    }
}

impl Environment for Rationed<'_> {
    fn resolve(&self, path: &[Segment]) -> Option<Value> {
        if self.is_used_up() {
            return None;
        }
        self.take(self.scope.resolve(path)?)
    }

    fn document(&self) -> Value {
        if self.is_used_up() {
            return Value::Null;
        }
        self.take(self.scope.document()).unwrap_or_default()
    }

    fn task_id(&self) -> Option<String> {
        self.scope.task_id()
    }
}

/// About the length of a value as JSON text.
fn bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(|item| bytes(item) + 1).sum::<usize>() + 2,
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| key.len() + bytes(value) + 4).sum::<usize>() + 2
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 4,
    }
}
