//! The rules that a definition must meet before it is registered, grouped by subject; the messages are
//! Conductor's where it has them.
//!
//! Two things are checked elsewhere: the syntax of scripts, where an evaluator is at hand, and inline
//! sub-workflows, which are validated on their own when they start.

mod event_handler;
mod fields;
mod native;
mod outline;
mod references;
mod schedule;
mod structure;
mod task_def;
mod templates;
#[cfg(test)]
mod tests;
mod wait;

use serde_json::Value;

use super::{TaskDef, WorkflowDef};
use outline::Outline;

pub use event_handler::validate_event_handler;
pub use outline::{DEPTH_MAX, TASKS_MAX};
pub use schedule::validate_schedule;
pub use task_def::validate_task_def;

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

impl Violation {
    fn missing(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), invalid_value: None }
    }

    fn of(path: impl Into<String>, message: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { path: path.into(), message: message.into(), invalid_value: Some(value.into()) }
    }
}

/// Checks a definition; an empty list means that it may be registered. `task_defs` gives the registered task
/// definition of a name. A definition beyond [`TASKS_MAX`] or [`DEPTH_MAX`] is told that and nothing else.
pub fn validate(def: &WorkflowDef, task_defs: &dyn Fn(&str) -> Option<TaskDef>) -> Vec<Violation> {
    let outline = match Outline::of(def) {
        Ok(outline) => outline,
        Err(violation) => return vec![violation],
    };
    let mut found = structure::definition(def);
    native::top(def, &mut found);
    for node in outline.nodes() {
        structure::task(node, &mut found);
        fields::task(node, task_defs, &mut found);
        native::misplaced(node, &mut found);
        wait::task(node, &mut found);
        templates::task(node, def.expression_style, &mut found);
    }
    references::unique(def, &outline, &mut found);
    references::known(def, &outline, &mut found);
    templates::definition(def, &mut found);
    found
}
