//! A rehearsal: an execution played in memory, with results from a script and a clock that jumps.
//!
//! The pure core is driven directly. Nothing is stored and nobody is asked: where a worker or a signal would
//! come, the script says with what and how much later; when nothing is left to do now, the clock goes to the next instant at
//! which something is due, so waits, delays, retries and timeouts take no time. What the script says nothing about stays open, as if
//! nobody came.

mod script;
mod stage;

use std::sync::Arc;

use segue_core::decide::{Definitions, Limits, Refusal, Start};
use segue_core::execution::Execution;
use segue_core::plan::Plan;
use segue_core::time::Timestamp;

pub use script::{Mock, Script};

use crate::evaluator::Evaluator;

/// Transitions of all executions of one rehearsal together.
pub const TRANSITIONS_MAX: usize = 20_000;

/// What is to be played.
pub struct Rehearsal<'a> {
    /// The definition.
    pub plan: Arc<Plan>,
    /// How the execution is started.
    pub start: Start,
    /// What its tasks come to.
    pub script: Script,
    /// Registered definitions, for sub-workflows.
    pub definitions: &'a dyn Definitions,
    /// Runs the scripts of definitions.
    pub evaluator: &'a dyn Evaluator,
    /// Bounds of each execution.
    pub limits: Limits,
    /// When it begins.
    pub now: Timestamp,
    /// Decides ids and jitter.
    pub entropy: u64,
}

/// How a rehearsal ended: with the end of the execution, or where nothing would ever happen again.
pub struct Rehearsed {
    /// The execution.
    pub execution: Execution,
    /// Its sub-workflows, theirs included, in the order of their ids.
    pub children: Vec<Execution>,
}

/// Why a rehearsal was given up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RehearsalError {
    /// It did not come to an end.
    #[error("the rehearsal was given up after {TRANSITIONS_MAX} transitions, of which the last was at {at}")]
    TooLong {
        /// Reference of the newest attempt.
        at: String,
    },
    /// The definition contradicts itself.
    #[error("the definition cannot be played: {0}")]
    Refused(#[from] Refusal),
}

impl Rehearsal<'_> {
    /// Plays it. Waits for nothing but the evaluator; at most [`TRANSITIONS_MAX`] transitions.
    ///
    /// # Errors
    /// [`RehearsalError`].
    pub async fn play(self) -> Result<Rehearsed, RehearsalError> {
        let mut stage = stage::Stage::set(&self);
        let root = stage.begin(&self)?;
        stage.run(root).await?;
        stage.close(root)
    }
}
