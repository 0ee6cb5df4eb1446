//! What a worker is handed.

use std::sync::Arc;

use segue_core::event::ExecutionStarted;
use segue_core::execution::{Execution, Task};
use segue_core::id::{ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::plan::Plan;

/// A claimed attempt, as it was when it was handed out.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// Whose attempt.
    pub execution: ExecutionId,
    /// How the execution came to be.
    pub started: Arc<ExecutionStarted>,
    /// What it runs.
    pub plan: Arc<Plan>,
    /// The attempt.
    pub task: Task,
    /// The same for all attempts at one effect.
    pub effect_key: String,
}

impl Assignment {
    pub(crate) fn of(execution: &Execution, task: &Task) -> Self {
        Self {
            execution: execution.id,
            started: execution.started.clone(),
            plan: execution.plan.clone(),
            effect_key: execution.effect_key(task),
            task: task.clone(),
        }
    }

    /// The attempt's id.
    pub fn id(&self) -> TaskId {
        self.execution.task(self.task.ordinal)
    }

    /// The attempt as its view shows it.
    pub fn sight(&self) -> segue_core::view::Sight<'_> {
        segue_core::view::Sight {
            id: self.execution,
            started: &self.started,
            plan: &self.plan,
            task: &self.task,
            output: &self.task.output,
            effect_key: &self.effect_key,
        }
    }

    /// Conductor's JSON of the attempt.
    pub fn json(&self) -> serde_json::Value {
        self.sight().json()
    }

    /// Its resolved input.
    pub fn input(&self) -> &Json {
        &self.task.input
    }

    /// How long the claim lasts unless extended, in milliseconds.
    pub fn lease_ms(&self) -> Option<i64> {
        self.task.lease.map(|(from, until)| until - from)
    }
}
