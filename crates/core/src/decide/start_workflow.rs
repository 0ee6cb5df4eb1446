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
    let plan = match check(&request).and_then(|()| target(turn, &request)) {
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

/// What is wrong with a field of the request, in Conductor's words.
fn invalid(path: &str, message: impl std::fmt::Display) -> String {
    format!("startWorkflow validation failed. '{path}' -> {message}. ")
}

/// Nothing of the request is taken for something else than what it says.
fn check(request: &Map<String, Value>) -> Result<(), String> {
    let input = request.get("input").filter(|input| !input.is_null());
    if let Some(input) = input.filter(|input| !input.is_object()) {
        return Err(invalid("input", format!("must be a JSON object, found {input}")));
    }
    match whole_number(request.get("priority")) {
        Ok(None | Some(0..=99)) => Ok(()),
        Ok(Some(more)) => Err(invalid("priority", format!("priority: {more} should be maximum 99"))),
        Err(()) => {
            let found = &request["priority"];
            Err(invalid("priority", format!("must be a number from 0 to 99, found {found}")))
        }
    }
}

/// A number, also written as text. Nothing, null and the empty text are no number.
fn whole_number(given: Option<&Value>) -> Result<Option<u64>, ()> {
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => text.trim().parse().map(Some).map_err(|_| ()),
        Some(other) => other.as_u64().map(Some).ok_or(()),
    }
}

/// What the request starts.
fn target(turn: &Turn<'_>, request: &Map<String, Value>) -> Result<Arc<Plan>, String> {
    let depth_max = turn.ctx.limits.depth_max;
    if turn.exec.started.depth >= depth_max {
        return Err(format!("started workflows nest deeper than {depth_max} levels"));
    }
    if let Some(given) = request.get("workflowDef").filter(|given| !given.is_null()) {
        let definition: WorkflowDef =
            serde_json::from_value(given.clone()).map_err(|error| invalid("workflowDef", error))?;
        if definition.tasks.is_empty() {
            return Err(invalid("workflowDef.tasks", "WorkflowTask list cannot be empty"));
        }
        return turn.ctx.definitions.compile(definition).map_err(|violations| {
            let first = violations.first();
            let (path, message) =
                first.map_or(("", ""), |found| (found.path.as_str(), found.message.as_str()));
            invalid(&format!("workflowDef.{path}"), message)
        });
    }
    let name = request.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| invalid("name", "Workflow name cannot be null or empty"))?;
    let version = match whole_number(request.get("version")) {
        Ok(version) => version.map(u32::try_from).transpose().map_err(|_| ()),
        Err(()) => Err(()),
    };
    let version = version.ok().filter(|version| *version != Some(0)).ok_or_else(|| {
        invalid("version", format!("must be a positive integer, found {}", request["version"]))
    })?;
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
        priority: priority(request),
        domains,
        start_key: None,
        created_by: text("createdBy").map(Into::into).or_else(|| own.created_by.clone()),
        event: text("event").map(Into::into),
    };
    ExecutionStarted { depth: own.depth + 1, ..start.event(plan) }
}

/// It was checked before.
fn priority(request: &Map<String, Value>) -> u8 {
    let given = whole_number(request.get("priority")).ok().flatten();
    given.and_then(|priority| u8::try_from(priority).ok()).unwrap_or(0)
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
