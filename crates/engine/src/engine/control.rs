//! Running executions again, and taking running ones elsewhere. What concerns parents and children reaches them as
//! messages; a call answers when those are applied, or after ten seconds.

use std::sync::Arc;
use std::time::Duration;

use segue_core::decide::{Command, Outcome, Refusal, Restart, RestartKind, Skip, Upgrade};
use segue_core::execution::Execution;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::plan::Plan;
use serde_json::{Map, Value};

use super::Engine;
use super::executions::StartBy;
use crate::error::Error;

/// How long a call waits for the ancestors that it concerns.
const ANCESTORS_MS_MAX: u64 = 10_000;

/// What is wanted of an execution.
#[derive(Debug, Clone)]
pub enum Control {
    /// From the beginning.
    Restart(By),
    /// From the beginning or from a task on.
    Rerun(Box<Rerun>),
    /// From the failures.
    Retry(RetryFrom),
    /// Mark a task as skipped.
    Skip(Box<Skip>),
    /// Go on at a task.
    Jump {
        /// Its reference.
        reference: String,
        /// In place of its input.
        input: Option<Json>,
    },
    /// Go on by another version.
    Upgrade {
        /// Which; absent: the latest.
        version: Option<u32>,
        /// Laid over the input of the workflow.
        input: Map<String, Value>,
        /// Outputs of tasks that are to count as done.
        outputs: Map<String, Value>,
    },
    /// Hand out at once what waits for its time.
    ResetCallbacks,
}

/// By which definition an execution runs again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The one that it ran by.
    Pinned,
    /// The latest version that is registered.
    Latest,
}

/// Where a retry begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryFrom {
    /// At the failures of the execution; failed children are started anew.
    Itself,
    /// At the deepest failed child.
    DeepestChild,
}

/// From where an execution runs again, and with what.
#[derive(Debug, Clone, Default)]
pub struct Rerun {
    /// The attempt, in this execution or below it; absent: from the beginning.
    pub task: Option<TaskId>,
    /// In place of the task's input.
    pub task_input: Option<Json>,
    /// In place of the workflow's input, from the beginning.
    pub workflow_input: Option<Json>,
    /// In place of the correlation id, from the beginning.
    pub correlation_id: Option<Arc<str>>,
}

/// An ancestor as it was before a command.
struct Ancestor {
    id: ExecutionId,
    generation: u32,
}

impl Engine {
    /// Does what is wanted. It is durable when this returns.
    ///
    /// # Errors
    /// [`Error::Refused`] with the reason, [`Error::NoSuchExecution`], [`Error::NoSuchTask`],
    /// [`Error::NoSuchDefinition`], or the store's.
    pub async fn control(&self, id: ExecutionId, control: Control) -> Result<Outcome, Error> {
        let (target, command) = self.commanded(id, control).await?;
        let ancestors = match command {
            Command::Restart(_) | Command::Rerun { .. } | Command::Retry => self.ancestors(target).await?,
            _ => Vec::new(),
        };
        let outcome = self.command(target, command).await?;
        self.await_revival(&ancestors).await?;
        Ok(outcome)
    }

    /// The command that it comes to, and for which execution.
    pub(super) async fn commanded(
        &self,
        id: ExecutionId,
        control: Control,
    ) -> Result<(ExecutionId, Command), Error> {
        let command = match control {
            Control::Restart(by) => {
                let plan = match by {
                    By::Pinned => None,
                    By::Latest => Some(self.other_plan(id, None).await?),
                };
                Command::Restart(Box::new(Restart { plan, ..Restart::default() }))
            }
            Control::Rerun(rerun) => return self.rerun(id, *rerun).await,
            Control::Retry(RetryFrom::Itself) => Command::Retry,
            Control::Retry(RetryFrom::DeepestChild) => return Ok((self.deepest(id).await?, Command::Retry)),
            Control::Skip(skip) => Command::Skip(skip),
            Control::Jump { reference, input } => Command::Jump { reference, input },
            Control::Upgrade { version, input, outputs } => {
                let plan = self.other_plan(id, version).await?;
                Command::Upgrade(Box::new(Upgrade { plan, input, outputs }))
            }
            Control::ResetCallbacks => Command::ResetCallbacks,
        };
        Ok((id, command))
    }

    async fn other_plan(&self, id: ExecutionId, version: Option<u32>) -> Result<Arc<Plan>, Error> {
        let name = self.read(id, |execution| execution.started.name.to_string()).await?;
        self.fresh_catalog().await?;
        self.plan(&StartBy::Name(name, version))
    }

    async fn rerun(&self, id: ExecutionId, rerun: Rerun) -> Result<(ExecutionId, Command), Error> {
        let Some(task) = rerun.task else {
            let restart = Restart {
                plan: None,
                input: rerun.workflow_input,
                correlation_id: rerun.correlation_id,
                kind: RestartKind::Rerun,
            };
            return Ok((id, Command::Restart(Box::new(restart))));
        };
        let target = task.execution();
        let mut at = target;
        // The task may lie in any descendant; its id tells in which.
        while at != id {
            let parent = match self.read(at, |execution| execution.started.parent).await {
                Err(Error::NoSuchExecution(_)) => None,
                parent => parent?,
            };
            at = parent.ok_or(Error::NoSuchTask(task))?.execution();
        }
        let status = self.status(id).await?.status;
        if target != id && !status.is_terminal() {
            return Err(Error::Refused { execution: id, refusal: Refusal::NotEnded(status, "rerun") });
        }
        Ok((target, Command::Rerun { task: task.ordinal(), input: rerun.task_input }))
    }

    /// The deepest descendant whose failure is the first of each execution's on the way.
    async fn deepest(&self, id: ExecutionId) -> Result<ExecutionId, Error> {
        let mut at = id;
        loop {
            let failed_child = |execution: &Execution| {
                let over = execution.status.is_terminal();
                over.then(|| execution.first_failure().and_then(|task| task.child)).flatten()
            };
            let Some(child) = self.read(at, failed_child).await? else { return Ok(at) };
            match self.status(child).await {
                Ok(standing) if standing.status.is_terminal() && !standing.status.is_successful() => {
                    at = child;
                }
                Ok(_) | Err(Error::NoSuchExecution(_)) => return Ok(at),
                Err(error) => return Err(error),
            }
        }
    }

    /// The ancestors that will hear of a descendant running again, the nearest first.
    async fn ancestors(&self, id: ExecutionId) -> Result<Vec<Ancestor>, Error> {
        let mut ancestors = Vec::new();
        let mut at = id;
        while let Some(task) = self.read(at, |execution| execution.started.parent).await? {
            let ordinal = task.ordinal();
            let look = move |execution: &Execution| {
                let waits = execution.task(ordinal).is_some_and(|task| {
                    let is_optional = execution.plan.node(task.node).task.optional;
                    task.is_terminal() && !task.hidden && !task.retried && !is_optional
                });
                (waits && execution.status.is_terminal()).then_some(execution.generation)
            };
            match self.read(task.execution(), look).await {
                Ok(Some(generation)) => ancestors.push(Ancestor { id: task.execution(), generation }),
                Ok(None) | Err(Error::NoSuchExecution(_)) => break,
                Err(error) => return Err(error),
            }
            at = task.execution();
        }
        Ok(ancestors)
    }

    async fn await_revival(&self, ancestors: &[Ancestor]) -> Result<(), Error> {
        let deadline = tokio::time::Instant::now() + Duration::from_millis(ANCESTORS_MS_MAX);
        for ancestor in ancestors {
            let before = ancestor.generation;
            while !self.read(ancestor.id, move |execution| execution.generation > before).await? {
                if tokio::time::Instant::now() >= deadline {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        Ok(())
    }
}
