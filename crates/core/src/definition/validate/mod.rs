//! The rules that a definition must meet before it is registered.

use serde_json::Value;

use super::{TaskDef, WorkflowDef};

/// One broken rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// JSON path of the offending place, such as `tasks[2].decisionCases['a'][0].name`.
    pub path: String,
    /// What is wrong, in Conductor's words where it has some.
    pub message: String,
    /// The offending value, where there is one.
    pub invalid_value: Option<Value>,
}

/// Checks a definition. `task_defs` gives the registered task definition of a name.
pub fn validate(_def: &WorkflowDef, _task_defs: &dyn Fn(&str) -> Option<TaskDef>) -> Vec<Violation> {
    Vec::new()
}

/// Checks a task definition.
pub fn validate_task_def(_def: &TaskDef) -> Vec<Violation> {
    Vec::new()
}
