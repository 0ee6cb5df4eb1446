//! GET_WORKFLOW, UPDATE_TASK, TERMINATE_WORKFLOW and UPDATE_WORKFLOW_VARIABLES: tasks about other executions.

use segue_core::decide::Merge;
use segue_core::execution::Execution;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::status::TaskStatus;
use segue_core::view::Tasks;
use serde_json::{Map, Value, json};

use super::{completed, failed};
use crate::engine::{Engine, Report};
use crate::error::Error;

type Done = Result<Value, String>;

pub(super) fn serve(engine: &Engine) {
    let own = engine.clone();
    engine.serve("GET_WORKFLOW", move |assignment| {
        let engine = own.clone();
        async move { report(get(&engine, assignment.input().object()).await) }
    });
    let own = engine.clone();
    engine.serve("UPDATE_TASK", move |assignment| {
        let engine = own.clone();
        async move { report(update(&engine, assignment.input().object()).await) }
    });
    let own = engine.clone();
    engine.serve("TERMINATE_WORKFLOW", move |assignment| {
        let engine = own.clone();
        async move { report(terminate(&engine, assignment.input().object()).await) }
    });
    let own = engine.clone();
    engine.serve("UPDATE_WORKFLOW_VARIABLES", move |assignment| {
        let engine = own.clone();
        async move { report(set_variables(&engine, assignment.input().object()).await) }
    });
}

fn report(done: Done) -> Report {
    match done {
        Ok(output) => completed(&output),
        Err(reason) => failed(reason),
    }
}

/// `id` (or `workflowId`), `includeTasks`; the output is the execution.
async fn get(engine: &Engine, input: Map<String, Value>) -> Done {
    let id = execution(input.get("id").or_else(|| input.get("workflowId")))?;
    let tasks = match input.get("includeTasks") {
        Some(Value::Bool(true)) => Tasks::Included,
        _ => Tasks::LeftOut,
    };
    engine.view(id, tasks).await.map_err(|error| error.to_string())
}

/// `taskId`, or `workflowId` and `taskRefName`; `taskStatus`, `taskOutput`, `mergeOutput`, `reasonForIncompletion`.
async fn update(engine: &Engine, input: Map<String, Value>) -> Done {
    let text = |key: &str| input.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let status = text("taskStatus").unwrap_or("COMPLETED");
    let status: TaskStatus = serde_json::from_value(status.into())
        .map_err(|_| format!("taskStatus must be a status that a worker may send, found {status}"))?;
    if !segue_core::decide::is_reportable(status) {
        return Err(format!("taskStatus must be a status that a worker may send, found {status}"));
    }
    let report = Report {
        output: input.get("taskOutput").filter(|output| output.is_object()).map(Json::of),
        merge: match input.get("mergeOutput") {
            Some(Value::Bool(true)) => Merge::Overlay,
            _ => Merge::Replace,
        },
        reason: text("reasonForIncompletion").map(Into::into),
        ..Report::of(status)
    };
    if let Some(id) = text("taskId") {
        let task: TaskId = id.parse().map_err(|_| format!("taskId is no id: {id}"))?;
        engine.report(task, &report).await.map_err(|error| error.to_string())?;
        return Ok(json!({"taskId": id}));
    }
    let id = execution(input.get("workflowId"))?;
    let reference =
        text("taskRefName").ok_or("taskId, or workflowId and taskRefName, must say which task")?;
    let task = match engine.report_by_reference(id, reference, &report).await {
        Err(error @ Error::NoOpenTask { .. }) => match taken(engine, id, reference, &report).await {
            Some(task) => task,
            None => return Err(error.to_string()),
        },
        task => task.map_err(|error| error.to_string())?,
    };
    Ok(json!({"taskId": task.to_string()}))
}

/// The attempt that ended with this very result: an earlier try reported it and did not live to say so.
async fn taken(engine: &Engine, id: ExecutionId, reference: &str, report: &Report) -> Option<TaskId> {
    let (reference, status, output) = (reference.to_owned(), report.status, report.output.clone()?);
    let look = move |execution: &Execution| {
        let task = execution.newest(&reference).filter(|task| task.status == status)?;
        (execution.output_of(task).value() == output.value()).then(|| execution.id.task(task.ordinal))
    };
    engine.read(id, look).await.ok().flatten()
}

/// `workflowId`, `variables`, `appendArray`.
async fn set_variables(engine: &Engine, input: Map<String, Value>) -> Done {
    let id = execution(input.get("workflowId"))?;
    let Some(Value::Object(variables)) = input.get("variables") else {
        return Err("variables must be an object".to_owned());
    };
    let done = match input.get("appendArray") {
        Some(Value::Bool(true)) => engine.append_variables(id, variables.clone()).await,
        _ => engine.set_variables(id, variables.clone()).await,
    };
    done.map_err(|error| error.to_string())?;
    Ok(json!({"workflowId": id.to_string()}))
}

/// `workflowId` (one or a list), `terminationReason`, `triggerFailureWorkflow`.
async fn terminate(engine: &Engine, input: Map<String, Value>) -> Done {
    let ids = match input.get("workflowId") {
        Some(Value::Array(list)) => {
            list.iter().map(|id| execution(Some(id))).collect::<Result<Vec<_>, _>>()?
        }
        one => vec![execution(one)?],
    };
    let reason = input.get("terminationReason").and_then(Value::as_str).unwrap_or("terminated by a task");
    let compensate = match input.get("triggerFailureWorkflow") {
        Some(Value::Bool(true)) => segue_core::decide::Compensate::Yes,
        _ => segue_core::decide::Compensate::No,
    };
    for id in &ids {
        engine.terminate(*id, reason, compensate).await.map_err(|error| format!("{id}: {error}"))?;
    }
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    Ok(json!({"workflowIds": ids}))
}

fn execution(value: Option<&Value>) -> Result<ExecutionId, String> {
    let text = value.and_then(Value::as_str).ok_or("workflowId must be the id of an execution")?;
    text.parse().map_err(|_| format!("workflowId is no id of an execution: {text}"))
}
