//! START_WORKFLOW: another execution, on its own: nothing waits for it. Its id is derived from the attempt, so a start
//! that is delivered twice starts nothing twice.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::definition::WorkflowDef;
use crate::event::{ExecutionStarted, Frame};
use crate::id::ExecutionId;
use crate::json::Json;
use crate::plan::{NodeIndex, Plan};
use crate::record::MessageBody;
use crate::status::TaskStatus;

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let ordinal = turn.schedule(node, frame, |_| {});
    if turn.flaw.is_some() {
        return;
    }
    let mut input = turn.exec.task(ordinal).map(|task| task.input.object()).unwrap_or_default();
    let Some(Value::Object(request)) = input.remove("startWorkflow") else {
        return turn.fail_task(ordinal, TaskStatus::Failed, "Missing 'startWorkflow' in input data.");
    };
    let plan = match target(turn, &request) {
        Ok(plan) => plan,
        Err(reason) => return turn.fail_task(ordinal, TaskStatus::Failed, &reason),
    };
    let id = ExecutionId::derived(turn.exec.id.task(ordinal), "start");
    let started = started(turn, &plan, &request);
    turn.pinned.push(plan);
    turn.send(id, MessageBody::Start(Box::new(started)));
    let output = Some(Json::of(&json!({"workflowId": id.to_string()})));
    end_task(turn, ordinal, Ending { output, ..Ending::completed() });
}

/// What the request starts.
fn target(turn: &Turn<'_>, request: &Map<String, Value>) -> Result<Arc<Plan>, String> {
    let depth_max = turn.ctx.limits.depth_max;
    if turn.exec.started.depth >= depth_max {
        return Err(format!("started workflows nest deeper than {depth_max} levels"));
    }
    if let Some(given) = request.get("workflowDef").filter(|given| !given.is_null()) {
        let definition: WorkflowDef = serde_json::from_value(given.clone())
            .map_err(|error| format!("startWorkflow validation failed. 'workflowDef' -> {error}. "))?;
        return turn.ctx.definitions.compile(definition).map_err(|violations| {
            let first = violations.first();
            let first =
                first.map_or_else(String::new, |found| format!("{} -> {}", found.path, found.message));
            format!("startWorkflow validation failed. 'workflowDef.{first}'. ")
        });
    }
    let name = request.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let name =
        name.ok_or("startWorkflow validation failed. 'name' -> Workflow name cannot be null or empty. ")?;
    let version = match request.get("version") {
        Some(Value::String(text)) => text.trim().parse().ok(),
        other => other.and_then(Value::as_u64).and_then(|version| u32::try_from(version).ok()),
    };
    let version = version.filter(|version: &u32| *version > 0);
    turn.ctx.definitions.find(name, version).ok_or_else(|| {
        let version = version.map_or("null".to_owned(), |version| version.to_string());
        format!("No such workflow defined. name={name}, version={version}")
    })
}

fn started(turn: &Turn<'_>, plan: &Plan, request: &Map<String, Value>) -> ExecutionStarted {
    let own = &turn.exec.started;
    let text = |key: &str| request.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let domains = match request.get("taskToDomain") {
        Some(Value::Object(domains)) if !domains.is_empty() => domains.clone(),
        _ => own.domains.clone(),
    };
    let start = super::Start {
        input: request.get("input").filter(|input| input.is_object()).map(Json::of).unwrap_or_default(),
        correlation_id: correlation_id(request).or_else(|| own.correlation_id.clone()),
        priority: u8::try_from(request.get("priority").and_then(Value::as_u64).unwrap_or(0).min(99))
            .unwrap_or(0),
        domains,
        start_key: None,
        created_by: text("createdBy").map(Into::into).or_else(|| own.created_by.clone()),
        event: text("event").map(Into::into),
    };
    ExecutionStarted { depth: own.depth + 1, ..start.event(plan) }
}

/// A number or a boolean is taken for its text, as upstream.
fn correlation_id(request: &Map<String, Value>) -> Option<Arc<str>> {
    match request.get("correlationId")? {
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text.as_str().into()),
        scalar @ (Value::Number(_) | Value::Bool(_)) => Some(scalar.to_string().into()),
        _ => None,
    }
}
