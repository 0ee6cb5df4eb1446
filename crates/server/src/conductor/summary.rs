//! Conductor's WorkflowSummary and TaskSummary.

use segue_core::execution::{Execution, Task};
use segue_core::time::Timestamp;
use serde_json::{Map, Value};

/// An execution in a search result: times in ISO form, input and output as JSON text.
pub(super) fn summary(execution: &Execution) -> Value {
    let started = &execution.started;
    let blamed = || execution.failed.iter().filter_map(|ordinal| execution.task(*ordinal));
    let references: Vec<String> =
        blamed().map(|task| task.frame.name(&execution.plan.node(task.node).reference)).collect();
    let names: Vec<Value> = blamed().map(|task| Value::from(&*execution.plan.node(task.node).name)).collect();
    let parent = started.parent.map(|parent| parent.execution().to_string());
    let until = execution.ended_at.unwrap_or(execution.updated_at);
    let mut summary = Map::new();
    let mut put = |key: &str, value: Value| drop(summary.insert(key.to_owned(), value));
    put("workflowType", (&*started.name).into());
    put("version", started.version.into());
    put("workflowId", execution.id.to_string().into());
    put("startTime", iso(execution.created_at).into());
    put("updateTime", iso(execution.updated_at).into());
    put("status", execution.status.as_str().into());
    put("input", started.input.text().into());
    put("output", execution.output.text().into());
    put("inputSize", started.input.text().len().into());
    put("outputSize", execution.output.text().len().into());
    put("executionTime", (until - execution.created_at).max(0).into());
    put("failedReferenceTaskNames", references.join(",").into());
    put("failedTaskNames", names.into());
    put("priority", started.priority.into());
    put("parentWorkflowId", parent.unwrap_or_default().into());
    let mut put_some = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            put(key, value.into());
        }
    };
    put_some("correlationId", started.correlation_id.as_deref().map(str::to_owned));
    put_some("endTime", execution.ended_at.map(iso));
    put_some("reasonForIncompletion", execution.reason.as_deref().map(str::to_owned));
    put_some("event", started.event.as_deref().map(str::to_owned));
    put_some("createdBy", started.created_by.as_deref().map(str::to_owned));
    put_some("idempotencyKey", started.start_key.as_deref().map(str::to_owned));
    Value::Object(summary)
}

/// An attempt in a search result: times in ISO form, input and output as JSON text.
pub(super) fn task_summary(execution: &Execution, task: &Task) -> Value {
    let (started, node) = (&execution.started, execution.plan.node(task.node));
    let output = execution.output_of(task);
    let until = task.ended_at.unwrap_or(task.updated_at);
    let mut summary = Map::new();
    let mut put = |key: &str, value: Value| drop(summary.insert(key.to_owned(), value));
    put("workflowId", execution.id.to_string().into());
    put("workflowType", (&*started.name).into());
    put("scheduledTime", iso(task.scheduled_at).into());
    put("updateTime", iso(task.updated_at).into());
    put("status", task.status.as_str().into());
    put("executionTime", task.started_at.map_or(0, |from| (until - from).max(0)).into());
    put("queueWaitTime", task.started_at.map_or(0, |from| (from - task.scheduled_at).max(0)).into());
    put("taskDefName", (&*node.name).into());
    put("taskType", node.task_type().into());
    put("input", task.input.text().into());
    put("output", output.text().into());
    put("taskId", execution.id.task(task.ordinal).to_string().into());
    put("workflowPriority", started.priority.into());
    let mut put_some = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            put(key, value.into());
        }
    };
    put_some("correlationId", started.correlation_id.as_deref().map(str::to_owned));
    put_some("startTime", task.started_at.map(iso));
    put_some("endTime", task.ended_at.map(iso));
    put_some("reasonForIncompletion", task.reason.as_deref().map(str::to_owned));
    let domain = task.queue.as_ref().and_then(|queue| queue.domain());
    put_some("domain", domain.map(str::to_owned));
    Value::Object(summary)
}

/// `2026-01-31T23:59:59.123Z`.
fn iso(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(|_| at.0.to_string(), |at| format!("{at:.3}"))
}
