//! An attempt as Conductor's Task.

use serde_json::{Value, json};

use super::Object;
use crate::event::ExecutionStarted;
use crate::execution::{Execution, Task};
use crate::id::ExecutionId;
use crate::json::Json;
use crate::plan::Plan;

/// An attempt with what its view takes from its execution.
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

impl Sight<'_> {
    /// The JSON of the attempt, as polls and reads give it.
    pub fn json(&self) -> Value {
        let (execution, task) = (self, self.task);
        let node = self.plan.node(task.node);
        let def = node.task_def.as_deref();
        let at = |instant: Option<crate::time::Timestamp>| instant.map_or(0, |instant| instant.0);
        let id = self.id.task(task.ordinal);
        let mut object = Object::default();
        object
            .put("taskType", node.task_type())
            .put("status", task.status.as_str())
            .put("inputData", task.input.value())
            .put("referenceTaskName", task.frame.name(&node.reference))
            .put("retryCount", task.attempt)
            .put("seq", task.ordinal)
            .put_some("correlationId", execution.started.correlation_id.as_deref())
            .put("pollCount", task.poll_count)
            .put("taskDefName", &*node.name)
            .put("scheduledTime", task.scheduled_at.0)
            .put("startTime", at(task.started_at))
            .put("endTime", at(task.ended_at))
            .put("updateTime", task.updated_at.0)
            .put("startDelayInSeconds", start_delay(task, node.task.start_delay))
            .put_some("retriedTaskId", task.retry_of.map(|earlier| execution.id.task(earlier).to_string()))
            .put("retried", task.retried)
            .put("executed", task.is_terminal())
            .put("callbackFromWorker", true)
            .put("responseTimeoutSeconds", def.map_or(0, |def| def.response_timeout_seconds))
            .put("workflowInstanceId", execution.id.to_string())
            .put("workflowType", &*execution.started.name)
            .put("taskId", id.to_string())
            .put_some("reasonForIncompletion", task.reason.as_deref())
            .put("callbackAfterSeconds", task.callback_after_seconds(self.plan))
            .put_some("workerId", task.worker.as_deref())
            .put("outputData", output_data(self.output, task))
            .put("workflowTask", serde_json::to_value(&*node.task).unwrap_or(Value::Null))
            .put_some("domain", task.queue.as_ref().and_then(|queue| queue.domain()))
            .put("rateLimitPerFrequency", def.map_or(0, |def| def.rate_limit_per_frequency))
            .put("rateLimitFrequencyInSeconds", def.map_or(0, |def| def.rate_limit_frequency_in_seconds))
            .put("workflowPriority", execution.started.priority)
            .put("iteration", task.frame.innermost())
            .put_some("subWorkflowId", task.child.map(|child| child.to_string()))
            .put("subworkflowChanged", false)
            .put("firstStartTime", 0)
            .put("loopOverTask", task.frame.innermost() > 0)
            .put("queueWaitTime", task.started_at.map_or(0, |started| (started - task.scheduled_at).max(0)))
            .put("effectKey", self.effect_key);
        object.build()
    }
}

fn start_delay(task: &Task, configured: i32) -> i64 {
    if task.attempt == 0 {
        i64::from(configured.max(0))
    } else {
        ((task.ready_at - task.scheduled_at).max(0).saturating_add(999)) / 1000
    }
}

/// The output; a child's id is there as soon as it has one.
fn output_data(output: &Json, task: &Task) -> Value {
    match task.child {
        Some(child) if output.is_empty_object() => json!({"subWorkflowId": child.to_string()}),
        _ => output.value(),
    }
}
