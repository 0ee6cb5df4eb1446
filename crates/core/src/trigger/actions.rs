//! The tasks that actions stand for. What starts something is done by the core, exactly once; what is done to
//! another execution is done by the engine, which tries again what fails.

use serde_json::{Map, Value, json};

use super::{EVENT, EXPANDED, MESSAGE_ID, PAYLOAD};
use crate::definition::{
    ActionKind, EventAction, RetryLogic, StartAction, TaskAction, TaskDef, WorkflowTask,
};
use crate::expression::{escaped, rebased};

/// How often an action is tried again, and with how many seconds between (Conductor: three times).
const RETRIES: i32 = 3;
const RETRY_DELAY_SECONDS: i32 = 1;

/// One task for each action: `action_1`, `action_2`, …
pub(super) fn tasks(actions: &[EventAction]) -> Vec<WorkflowTask> {
    actions.iter().enumerate().map(|(at, action)| task(at + 1, action)).collect()
}

fn task(number: usize, action: &EventAction) -> WorkflowTask {
    let (type_, input) = meaning(action);
    let name = action.action.map_or("nothing", ActionKind::as_str);
    let retries = if type_ == "START_WORKFLOW" { 0 } else { RETRIES };
    WorkflowTask {
        input_parameters: object(input),
        // Its own, so that no registered definition of that name has a say.
        task_definition: Some(Box::new(TaskDef {
            retry_count: retries,
            retry_logic: RetryLogic::Fixed,
            retry_delay_seconds: RETRY_DELAY_SECONDS.into(),
            ..TaskDef::named(name)
        })),
        ..WorkflowTask::new(type_, name, format!("action_{number}"))
    }
}

/// The type and the input of the task that does an action. What lacks its details fails when it is done; validation
/// refuses it.
fn meaning(action: &EventAction) -> (&'static str, Value) {
    let root = match action.expand_inline_json {
        true => format!("workflow.input.{EXPANDED}"),
        false => format!("workflow.input.{PAYLOAD}"),
    };
    let root = root.as_str();
    match action.action {
        Some(ActionKind::StartWorkflow) => {
            ("START_WORKFLOW", start(&action.start_workflow.clone().unwrap_or_default(), root))
        }
        Some(ActionKind::CompleteTask) => {
            ("UPDATE_TASK", update(&action.complete_task.clone().unwrap_or_default(), "COMPLETED", root))
        }
        Some(ActionKind::FailTask) => {
            ("UPDATE_TASK", update(&action.fail_task.clone().unwrap_or_default(), "FAILED", root))
        }
        Some(ActionKind::TerminateWorkflow) => {
            ("TERMINATE_WORKFLOW", rebased(&json(&action.terminate_workflow), root))
        }
        Some(ActionKind::UpdateWorkflowVariables) => {
            ("UPDATE_WORKFLOW_VARIABLES", rebased(&json(&action.update_workflow_variables), root))
        }
        Some(ActionKind::StartAgent) | None => ("TERMINATE", json!({"terminationStatus": "FAILED"})),
    }
}

fn start(start: &StartAction, root: &str) -> Value {
    let mut input = object(rebased(&Value::Object(start.input.clone()), root));
    told(&mut input);
    let domains = match &start.task_to_domain {
        Some(domains) => Value::Object(domains.clone()),
        None => format!("${{{root}.taskToDomain}}").into(),
    };
    json!({"startWorkflow": {
        "name": escaped(&start.name),
        "version": start.version,
        "correlationId": start.correlation_id.as_ref().map(|id| rebased(&id.as_str().into(), root)),
        "input": input,
        "taskToDomain": domains,
        "event": format!("${{workflow.input.{EVENT}}}"),
    }})
}

fn update(task: &TaskAction, status: &str, root: &str) -> Value {
    let mut output = object(rebased(&Value::Object(task.output.clone()), root));
    told(&mut output);
    let text = |text: &Option<String>| text.as_ref().map(|text| rebased(&text.as_str().into(), root));
    json!({
        "workflowId": text(&task.workflow_id),
        "taskRefName": text(&task.task_ref_name),
        "taskId": text(&task.task_id),
        "taskStatus": status,
        "taskOutput": output,
        "reasonForIncompletion": text(&task.reason_for_incompletion),
    })
}

/// What Conductor adds, so that the receiver knows where it comes from.
fn told(fields: &mut Map<String, Value>) {
    for (name, key) in [("conductor.event.messageId", MESSAGE_ID), ("conductor.event.name", EVENT)] {
        fields.insert(name.to_owned(), format!("${{workflow.input.{key}}}").into());
    }
}

fn json<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
