//! The state as text, so that a long execution need not be folded from its first record. What can be counted
//! from the attempts is not written.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fold::Misfit;
use super::{Execution, Task, Trial};
use crate::event::{ExecutionStarted, Frame, Limit, QueueName, Step};
use crate::expression::SecretAt;
use crate::id::{BlueprintHash, ExecutionId};
use crate::json::Json;
use crate::plan::Plan;
use crate::record::MessageId;
use crate::status::{ExecutionStatus, TaskStatus};
use crate::time::Timestamp;

/// A whole execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// How the execution came to be; names its blueprint.
    pub started: ExecutionStarted,
    status: ExecutionStatus,
    created_at: Timestamp,
    updated_at: Timestamp,
    ended_at: Option<Timestamp>,
    last_retried_at: Option<Timestamp>,
    reason: Option<Arc<str>>,
    output: Json,
    failed: Vec<u32>,
    generation: u32,
    variables: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inbox: Vec<Json>,
    deferred: Vec<Step>,
    timeout_noted: bool,
    tasks: Vec<SavedTask>,
    applied: Vec<MessageId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    extensions: Vec<(Arc<str>, Frame, BlueprintHash)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SavedTask {
    reference: Arc<str>,
    #[serde(default, skip_serializing_if = "Frame::is_root")]
    frame: Frame,
    attempt: u32,
    retry_of: Option<u32>,
    retried: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
    /// Absent: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    generation: Option<u32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_child_changed: bool,
    status: TaskStatus,
    input: Json,
    output: Json,
    reason: Option<Arc<str>>,
    queue: Option<QueueName>,
    worker: Option<Arc<str>>,
    poll_count: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<SecretAt>,
    scheduled_at: Timestamp,
    first_scheduled_at: Timestamp,
    ready_at: Timestamp,
    started_at: Option<Timestamp>,
    updated_at: Timestamp,
    ended_at: Option<Timestamp>,
    lease: Option<(Timestamp, Timestamp)>,
    due_at: Option<Timestamp>,
    child: Option<ExecutionId>,
    noted: Vec<Limit>,
    iteration: u32,
    scope: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept_from: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trial: Option<Trial>,
}

impl Snapshot {
    /// Writes an execution.
    pub fn of(execution: &Execution) -> Self {
        Self {
            started: ExecutionStarted::clone(&execution.started),
            status: execution.status,
            created_at: execution.created_at,
            updated_at: execution.updated_at,
            ended_at: execution.ended_at,
            last_retried_at: execution.last_retried_at,
            reason: execution.reason.clone(),
            output: execution.output.clone(),
            failed: execution.failed.clone(),
            generation: execution.generation,
            variables: execution.variables.clone(),
            inbox: execution.inbox.iter().cloned().collect(),
            deferred: execution.deferred.clone(),
            timeout_noted: execution.timeout_noted,
            tasks: execution.tasks.iter().map(|task| SavedTask::of(task, &execution.plan)).collect(),
            applied: execution.applied.iter().copied().collect(),
            extensions: execution.extensions.log.clone(),
        }
    }

    /// The fragments that its plan was extended with.
    pub fn fragments(&self) -> impl Iterator<Item = BlueprintHash> {
        self.extensions.iter().map(|(_, _, fragment)| *fragment)
    }

    /// Reads an execution back.
    ///
    /// # Errors
    /// If an attempt names a reference that the plan lacks, or a fragment is not among those given.
    pub fn restore(self, id: ExecutionId, plan: Arc<Plan>, known: &[Arc<Plan>]) -> Result<Execution, Misfit> {
        let mut execution = Execution::new(id, plan, Arc::new(self.started), self.created_at);
        execution.status = self.status;
        execution.updated_at = self.updated_at;
        execution.ended_at = self.ended_at;
        execution.last_retried_at = self.last_retried_at;
        execution.reason = self.reason;
        execution.output = self.output;
        execution.failed = self.failed;
        execution.generation = self.generation;
        execution.variables = self.variables;
        execution.inbox = self.inbox.into();
        execution.deferred = self.deferred;
        execution.timeout_noted = self.timeout_noted;
        execution.applied = self.applied.into_iter().collect();
        known.iter().for_each(|plan| execution.know(plan.clone()));
        for (reference, frame, fragment) in self.extensions {
            execution.extend(&reference, &frame, fragment)?;
        }
        for (ordinal, saved) in (1u32..).zip(self.tasks) {
            let task = saved.restore(ordinal, &execution)?;
            execution.tasks.push(task);
        }
        execution.recount();
        Ok(execution)
    }
}

impl SavedTask {
    fn of(task: &Task, plan: &Plan) -> Self {
        Self {
            reference: plan.node(task.node).reference.clone(),
            frame: task.frame.clone(),
            attempt: task.attempt,
            retry_of: task.retry_of,
            retried: task.retried,
            hidden: task.hidden,
            generation: Some(task.generation).filter(|generation| *generation > 0),
            is_child_changed: task.is_child_changed,
            status: task.status,
            input: task.input.clone(),
            output: task.output.clone(),
            reason: task.reason.clone(),
            queue: task.queue.clone(),
            worker: task.worker.clone(),
            poll_count: task.poll_count,
            secrets: task.secrets.clone(),
            scheduled_at: task.scheduled_at,
            first_scheduled_at: task.first_scheduled_at,
            ready_at: task.ready_at,
            started_at: task.started_at,
            updated_at: task.updated_at,
            ended_at: task.ended_at,
            lease: task.lease,
            due_at: task.due_at,
            child: task.child,
            noted: task.noted.clone(),
            iteration: task.iteration,
            scope: task.scope,
            asked_at: task.asked_at,
            kept_from: Some(task.kept_from).filter(|number| *number > 0),
            trial: Some(task.trial).filter(|trial| *trial != Trial::default()),
        }
    }

    fn restore(self, ordinal: u32, execution: &Execution) -> Result<Task, Misfit> {
        let node = execution
            .find(&self.reference, &self.frame)
            .ok_or_else(|| Misfit { problem: format!("no such task: {}", self.reference) })?;
        Ok(Task {
            ordinal,
            node,
            frame: self.frame,
            scope: self.scope,
            attempt: self.attempt,
            retry_of: self.retry_of,
            retried: self.retried,
            hidden: self.hidden,
            generation: self.generation.unwrap_or(0),
            is_child_changed: self.is_child_changed,
            status: self.status,
            input: self.input,
            output: self.output,
            reason: self.reason,
            queue: self.queue,
            worker: self.worker,
            poll_count: self.poll_count,
            secrets: self.secrets,
            scheduled_at: self.scheduled_at,
            first_scheduled_at: self.first_scheduled_at,
            ready_at: self.ready_at,
            started_at: self.started_at,
            updated_at: self.updated_at,
            ended_at: self.ended_at,
            lease: self.lease,
            due_at: self.due_at,
            child: self.child,
            noted: self.noted,
            iteration: self.iteration,
            waiting: 0,
            kept_from: self.kept_from.unwrap_or(0),
            trial: self.trial.unwrap_or_default(),
            asked_at: self.asked_at,
            items: None,
            armed: None,
        })
    }
}
