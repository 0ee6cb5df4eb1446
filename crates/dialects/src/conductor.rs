//! Conductor's definitions, which are the native format.

use segue_core::definition::{TaskDef, WorkflowDef};

use crate::{Diagnostic, json};

/// Reads a definition from JSON.
///
/// # Errors
/// The first thing that is wrong.
pub fn workflow(text: &str) -> Result<WorkflowDef, Diagnostic> {
    json::read_object(text)
}

/// Reads a list of definitions from JSON.
///
/// # Errors
/// The first thing that is wrong.
pub fn workflows(text: &str) -> Result<Vec<WorkflowDef>, Diagnostic> {
    json::read(text)
}

/// Reads a task definition from JSON.
///
/// # Errors
/// The first thing that is wrong.
pub fn task(text: &str) -> Result<TaskDef, Diagnostic> {
    json::read_object(text)
}

/// Reads a list of task definitions from JSON.
///
/// # Errors
/// The first thing that is wrong.
pub fn tasks(text: &str) -> Result<Vec<TaskDef>, Diagnostic> {
    json::read(text)
}
