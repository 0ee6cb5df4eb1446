//! Ids as callers write them. A text that is no id names nothing.

use segue_core::id::{ExecutionId, TaskId};

use crate::error::Problem;

pub(crate) fn workflow(text: &str) -> Result<ExecutionId, Problem> {
    text.trim().parse().map_err(|_| Problem::not_found(format!("No such workflow found by id: {text}")))
}

pub(super) fn task(text: &str) -> Result<TaskId, Problem> {
    text.trim().parse().map_err(|_| no_task(text))
}

pub(super) fn no_task(text: &str) -> Problem {
    Problem::not_found(format!("Task not found for taskId: {text}"))
}
