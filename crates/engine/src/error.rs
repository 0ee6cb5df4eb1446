//! What the engine answers when it cannot do what it was asked.

use segue_core::decide::Refusal;
use segue_core::definition::Violation;
use segue_core::id::{ExecutionId, TaskId};

/// Why a call failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// There is no such execution.
    #[error("No such workflow found by id: {0}")]
    NoSuchExecution(ExecutionId),
    /// There is no such attempt.
    #[error("No such task found by id: {0}")]
    NoSuchTask(TaskId),
    /// No attempt that is open goes by this reference.
    #[error("no open task {reference} in execution {execution}")]
    NoOpenTask {
        /// The execution.
        execution: ExecutionId,
        /// The reference.
        reference: String,
    },
    /// No such definition is registered.
    #[error("No such workflow defined. name={name}, version={}", version.map_or("null".to_owned(), |version| version.to_string()))]
    NoSuchDefinition {
        /// Its name.
        name: String,
        /// Its version; none for the latest.
        version: Option<u32>,
    },
    /// No such schedule is registered.
    #[error("Schedule '{0}' not found")]
    NoSuchSchedule(String),
    /// A schedule that fires anyway was to be resumed.
    #[error("Schedule '{0}' is not paused")]
    ScheduleNotPaused(String),
    /// The definition cannot run.
    #[error("the definition cannot run: {}", first(.0))]
    InvalidDefinition(Vec<Violation>),
    /// The execution does not allow it in its present state.
    #[error("{refusal}")]
    Refused {
        /// Which.
        execution: ExecutionId,
        /// Why.
        refusal: Refusal,
    },
    /// The start key belongs to another execution.
    #[error("an execution with this key exists: {existing}")]
    DuplicateKey {
        /// The one that has it.
        existing: ExecutionId,
    },
    /// The execution cannot be brought to its state; it is quarantined.
    #[error("execution {execution} is quarantined: {reason}")]
    Quarantined {
        /// Which.
        execution: ExecutionId,
        /// Why.
        reason: String,
    },
    /// Too much is under way; nothing was done.
    #[error("overloaded: {0} records wait for the disk")]
    Overloaded(usize),
    /// Somebody else kept winning.
    #[error("execution {0} is too busy; nothing was done")]
    Contended(ExecutionId),
    /// The engine is going down.
    #[error("the engine is shutting down")]
    ShuttingDown,
    /// A rehearsal was given up.
    #[error(transparent)]
    Rehearsal(#[from] crate::rehearsal::RehearsalError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] segue_store::contract::Error),
}

fn first(violations: &[Violation]) -> String {
    let text =
        violations.first().map_or_else(String::new, |first| format!("{}: {}", first.path, first.message));
    match violations.len() {
        0 | 1 => text,
        n => format!("{text} (and {} more)", n - 1),
    }
}
