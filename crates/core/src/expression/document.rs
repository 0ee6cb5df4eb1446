//! What expressions see where there is no execution: in tools and tests.

use serde_json::Value;

use super::Environment;
use super::path::{Segment, select};

/// A JSON object whose members are the root names.
#[derive(Debug, Clone)]
pub struct Document {
    /// The object.
    pub value: Value,
    /// The id of the attempt that is said to be rendered for.
    pub task_id: Option<String>,
}

impl Document {
    /// An object, with no attempt.
    pub fn new(value: Value) -> Self {
        Self { value, task_id: None }
    }

    /// The same, for an attempt.
    pub fn for_task(self, id: &str) -> Self {
        Self { task_id: Some(id.to_owned()), ..self }
    }
}

impl Environment for Document {
    fn resolve(&self, path: &[Segment]) -> Option<Value> {
        select(&self.value, path)
    }

    fn document(&self) -> Value {
        self.value.clone()
    }

    fn task_id(&self) -> Option<String> {
        self.task_id.clone()
    }
}
