//! The rules of event handlers.

use super::Violation;
use crate::definition::{ActionKind, EventAction, EventHandler, StartAction, TaskAction};
use crate::expression::Template;
use crate::plan::compile;
use crate::trigger;

/// Checks an event handler; an empty list means that it may be registered. Whether the condition is a script is
/// found out by an evaluator, of the handler's [`trigger::definition`].
pub fn validate_event_handler(handler: &EventHandler) -> Vec<Violation> {
    let mut found = Vec::new();
    if handler.name.is_empty() {
        found.push(Violation::of("name", "Missing event handler name", ""));
    }
    if handler.event.is_empty() {
        found.push(Violation::of("event", "Missing event location", ""));
    } else if !handler
        .event
        .split_once(':')
        .is_some_and(|(type_, queue)| !type_.is_empty() && !queue.is_empty())
    {
        let message = format!("Illegal event {}: expected <type>:<queue>", handler.event);
        found.push(Violation::of("event", message, handler.event.as_str()));
    }
    if handler.actions.is_empty() {
        let message = "No actions specified. Please specify at-least one action";
        found.push(Violation::missing("actions", message));
    }
    for (at, given) in handler.actions.iter().enumerate() {
        action(handler, given, &format!("actions[{at}]"), &mut found);
    }
    if found.is_empty() {
        found = compile(trigger::definition(handler)).err().unwrap_or_default();
    }
    found
}

fn action(handler: &EventHandler, action: &EventAction, path: &str, found: &mut Vec<Violation>) {
    let Some(kind) = action.action else {
        let message = "action must be one of start_workflow, complete_task, fail_task, terminate_workflow, \
                       update_workflow_variables";
        return found.push(Violation::missing(format!("{path}.action"), message));
    };
    if kind == ActionKind::StartAgent {
        let event = &handler.event;
        let message =
            format!("Action not supported start_agent for event {event}: there are no agents here yet");
        return found.push(Violation::of(format!("{path}.action"), message, kind.as_str()));
    }
    match lacking(action, kind) {
        Some((below, message)) => found.push(Violation::missing(format!("{path}.{kind}{below}"), message)),
        None => templates(action, path, found),
    }
}

/// What an action needs and is not told: where in its details, and Conductor's words where it has some.
fn lacking(action: &EventAction, kind: ActionKind) -> Option<(&'static str, String)> {
    let of_execution = |id: &Option<String>| {
        (!is_told(id)).then(|| (".workflowId", "Workflow Id cannot be null or empty".to_owned()))
    };
    let of_task = |task: &TaskAction| {
        let is_named = is_told(&task.task_id) || is_told(&task.workflow_id) && is_told(&task.task_ref_name);
        let message = "taskId, or workflowId and taskRefName, must say which task";
        (!is_named).then(|| ("", message.to_owned()))
    };
    let of_start = |start: &StartAction| {
        let nameless = start.name.is_empty();
        let version = start.version.filter(|version| *version < 0);
        let negative = version.map(|version| (".version", format!("version: {version} should be minimum 0")));
        nameless.then(|| (".name", "Workflow name cannot be null or empty".to_owned())).or(negative)
    };
    let checked = match kind {
        ActionKind::StartWorkflow => action.start_workflow.as_ref().map(of_start),
        ActionKind::CompleteTask => action.complete_task.as_ref().map(of_task),
        ActionKind::FailTask => action.fail_task.as_ref().map(of_task),
        ActionKind::TerminateWorkflow => {
            action.terminate_workflow.as_ref().map(|details| of_execution(&details.workflow_id))
        }
        ActionKind::UpdateWorkflowVariables => {
            action.update_workflow_variables.as_ref().map(|details| of_execution(&details.workflow_id))
        }
        ActionKind::StartAgent => Some(None),
    };
    checked.unwrap_or_else(|| Some(("", format!("{kind} is missing for the action {kind}"))))
}

fn is_told(text: &Option<String>) -> bool {
    text.as_deref().is_some_and(|text| !text.trim().is_empty())
}

/// Every text of an action is a template; its place is told as it was written.
fn templates(action: &EventAction, path: &str, found: &mut Vec<Violation>) {
    let Ok(written) = serde_json::to_value(action) else { return };
    if let Err(error) = Template::compile(&written) {
        let message = format!("Expression is not well formatted: {error}");
        found.push(Violation::of(format!("{path}{}", error.path), message, error.text));
    }
}
