//! Executions and attempts as JSON in the native format, which is Conductor's (`Workflow`, `Task`).
//!
//! Nulls are left out, times are Unix milliseconds with 0 for "not yet", `inputData` and `outputData` are always objects.

mod task;
mod workflow;

pub use task::{Sight, task};
pub use workflow::{Tasks, workflow};

use serde_json::{Map, Value};

/// An object in the making; absent values are not written.
#[derive(Default)]
pub(crate) struct Object(Map<String, Value>);

impl Object {
    pub(crate) fn put(&mut self, key: &str, value: impl Into<Value>) -> &mut Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    pub(crate) fn put_some<T: Into<Value>>(&mut self, key: &str, value: Option<T>) -> &mut Self {
        if let Some(value) = value {
            self.put(key, value);
        }
        self
    }

    pub(crate) fn build(&mut self) -> Value {
        Value::Object(std::mem::take(&mut self.0))
    }
}
