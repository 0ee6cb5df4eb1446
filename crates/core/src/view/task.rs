//! An attempt as Conductor's Task.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::event::ExecutionStarted;
use crate::execution::{Execution, Task};
use crate::id::ExecutionId;
use crate::json::Json;
use crate::plan::{Kind, NodeIndex, Plan};
use crate::time::Timestamp;

/// An attempt with what its view takes from its execution. Serialises as Conductor's Task, payloads unparsed.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// Whose attempt.
    pub id: ExecutionId,
    /// How the execution came to be.
    pub started: &'a ExecutionStarted,
    /// What it runs.
    pub plan: &'a Plan,
    /// The attempt.
    pub task: &'a Task,
    /// Its output.
    pub output: &'a Json,
    /// Its effect key.
    pub effect_key: &'a str,
}

/// The JSON of an attempt of an execution.
pub fn task(execution: &Execution, task: &Task) -> Value {
    let output = execution.output_of(task);
    let effect_key = execution.effect_key(task);
    let shown = with_references(execution, task);
    let task = shown.as_ref().unwrap_or(task);
    let sight = Sight {
        id: execution.id,
        started: &execution.started,
        plan: &execution.plan,
        task,
        output: &output,
        effect_key: &effect_key,
    };
    sight.json()
}

/// A JOIN with the references that it waits for in its input (Conductor: `joinOn`), a dynamic fork with the tasks that it
/// began (`forkedTaskDefs`). They follow from the plan, so they are no part of what is kept.
fn with_references(execution: &Execution, task: &Task) -> Option<Task> {
    let (key, value) = match execution.plan.node(task.node).kind {
        Kind::Join { .. } | Kind::ExclusiveJoin { .. } => {
            let on = execution.joined(task.node, &task.frame);
            let reference = |on: &NodeIndex| task.frame.name(&execution.plan.node(*on).reference);
            ("joinOn", Some(on.iter().map(reference).collect()).filter(|_| !on.is_empty())?)
        }
        Kind::DynamicFork { .. } => {
            ("forkedTaskDefs", serde_json::to_value(execution.forked(task.node, &task.frame)).ok()?)
        }
        _ => return None,
    };
    let mut input = task.input.value();
    input.as_object_mut()?.insert(key.to_owned(), value);
    let mut shown = task.clone();
    shown.input = Json::of(&input);
    Some(shown)
}

impl Sight<'_> {
    /// The JSON of the attempt. Data that nests too deep to be read is left out.
    pub fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_else(|_| {
            let mut task = self.task.clone();
            task.input = Json::empty_object();
            let bare = Sight { task: &task, output: &Json::empty_object(), ..*self };
            serde_json::to_value(bare).unwrap_or_default()
        })
    }
}

impl Serialize for Sight<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let task = self.task;
        let node = self.plan.node(task.node);
        let def = node.task_def.as_deref();
        let at = |instant: Option<Timestamp>| instant.map_or(0, |instant| instant.0);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("taskType", node.task_type())?;
        map.serialize_entry("status", task.status.as_str())?;
        map.serialize_entry("inputData", &task.input)?;
        map.serialize_entry("referenceTaskName", &task.frame.name(&node.reference))?;
        map.serialize_entry("retryCount", &task.attempt)?;
        map.serialize_entry("seq", &task.ordinal)?;
        put(&mut map, "correlationId", self.started.correlation_id.as_deref())?;
        map.serialize_entry("pollCount", &task.poll_count)?;
        map.serialize_entry("taskDefName", &*node.name)?;
        map.serialize_entry("scheduledTime", &task.scheduled_at)?;
        map.serialize_entry("startTime", &at(task.started_at))?;
        map.serialize_entry("endTime", &at(task.ended_at))?;
        map.serialize_entry("updateTime", &task.updated_at)?;
        map.serialize_entry("startDelayInSeconds", &start_delay(task, node.task.start_delay))?;
        put(&mut map, "retriedTaskId", task.retry_of.map(|earlier| self.id.task(earlier)))?;
        map.serialize_entry("retried", &task.retried)?;
        map.serialize_entry("executed", &task.is_terminal())?;
        map.serialize_entry("callbackFromWorker", &true)?;
        map.serialize_entry("responseTimeoutSeconds", &def.map_or(0, |def| def.response_timeout_seconds))?;
        map.serialize_entry("workflowInstanceId", &self.id)?;
        map.serialize_entry("workflowType", &*self.started.name)?;
        map.serialize_entry("taskId", &self.id.task(task.ordinal))?;
        put(&mut map, "reasonForIncompletion", task.reason.as_deref())?;
        map.serialize_entry("callbackAfterSeconds", &task.callback_after_seconds(self.plan))?;
        put(&mut map, "workerId", task.worker.as_deref())?;
        match task.child {
            // A child's id is there as soon as there is a child.
            Some(child) if self.output.is_empty_object() => {
                map.serialize_entry("outputData", &serde_json::json!({"subWorkflowId": child}))?;
            }
            _ => map.serialize_entry("outputData", self.output)?,
        }
        map.serialize_entry("workflowTask", &node.task_json)?;
        put(&mut map, "domain", task.queue.as_ref().and_then(|queue| queue.domain()))?;
        map.serialize_entry("rateLimitPerFrequency", &def.map_or(0, |def| def.rate_limit_per_frequency))?;
        let window = def.map_or(0, |def| def.rate_limit_frequency_in_seconds);
        map.serialize_entry("rateLimitFrequencyInSeconds", &window)?;
        map.serialize_entry("workflowPriority", &self.started.priority)?;
        map.serialize_entry("iteration", &task.frame.innermost())?;
        put(&mut map, "subWorkflowId", task.child)?;
        map.serialize_entry("subworkflowChanged", &task.is_child_changed)?;
        map.serialize_entry("firstStartTime", &0)?;
        map.serialize_entry("loopOverTask", &(task.frame.innermost() > 0))?;
        let waited = task.started_at.map_or(0, |started| (started - task.scheduled_at).max(0));
        map.serialize_entry("queueWaitTime", &waited)?;
        map.serialize_entry("effectKey", self.effect_key)?;
        map.end()
    }
}

fn put<M: SerializeMap, T: Serialize>(map: &mut M, key: &str, value: Option<T>) -> Result<(), M::Error> {
    match value {
        Some(value) => map.serialize_entry(key, &value),
        None => Ok(()),
    }
}

fn start_delay(task: &Task, configured: i32) -> i64 {
    if task.attempt == 0 {
        i64::from(configured.max(0))
    } else {
        (task.ready_at - task.scheduled_at).max(0).saturating_add(999) / 1000
    }
}
