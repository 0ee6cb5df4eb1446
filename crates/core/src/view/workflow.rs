//! An execution as Conductor's Workflow.

use serde_json::Value;

use super::Object;
use crate::execution::Execution;

/// Whether the attempts are part of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Tasks {
    Included,
    LeftOut,
}

/// The JSON of an execution.
pub fn workflow(execution: &Execution, tasks: Tasks) -> Value {
    let started = &execution.started;
    let blamed = || execution.failed.iter().filter_map(|ordinal| execution.task(*ordinal));
    let references: Vec<Value> =
        blamed().map(|task| task.frame.name(&execution.plan.node(task.node).reference).into()).collect();
    let names: Vec<Value> = blamed().map(|task| Value::from(&*execution.plan.node(task.node).name)).collect();
    let listed: Vec<Value> = match tasks {
        Tasks::Included => execution.current_tasks().map(|task| super::task(execution, task)).collect(),
        Tasks::LeftOut => Vec::new(),
    };
    let mut object = Object::default();
    object
        .put_some("createdBy", started.created_by.as_deref())
        .put("createTime", execution.created_at.0)
        .put("updateTime", execution.updated_at.0)
        .put("status", execution.status.as_str())
        .put("endTime", execution.ended_at.map_or(0, |at| at.0))
        .put("workflowId", execution.id.to_string())
        .put_some("parentWorkflowId", started.parent.map(|parent| parent.execution().to_string()))
        .put_some("parentWorkflowTaskId", started.parent.map(|parent| parent.to_string()))
        .put("tasks", listed)
        .put("input", started.input.value())
        .put("output", execution.output.value())
        .put_some("correlationId", started.correlation_id.as_deref())
        .put_some("reasonForIncompletion", execution.reason.as_deref())
        .put_some("event", started.event.as_deref())
        .put("taskToDomain", Value::Object(started.domains.clone()))
        .put("failedReferenceTaskNames", references)
        .put("failedTaskNames", names)
        .put("workflowDefinition", serde_json::to_value(&execution.plan.definition).unwrap_or(Value::Null))
        .put("priority", started.priority)
        .put("variables", Value::Object(execution.variables.clone()))
        .put("lastRetriedTime", execution.last_retried_at.map_or(0, |at| at.0))
        .put_some("idempotencyKey", started.start_key.as_deref())
        .put("history", Vec::<Value>::new())
        .put("startTime", execution.created_at.0)
        .put("workflowName", &*started.name)
        .put("workflowVersion", started.version);
    object.build()
}
