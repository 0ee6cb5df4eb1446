//! The rules of event handlers.

use super::Violation;
use crate::definition::{ActionKind, EventAction, EventHandler, TaskAction};
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
    let at = format!("{path}.{kind}");
    let before = found.len();
    let demand = |is_given: bool, field: &str, message: &str, found: &mut Vec<Violation>| {
        if !is_given {
            found.push(Violation::missing(format!("{at}{field}"), message));
        }
    };
    let lacks = format!("{kind} is missing for the action {kind}");
    let is_given = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
    match kind {
        ActionKind::StartWorkflow => match &action.start_workflow {
            None => demand(false, "", &lacks, found),
            Some(start) => {
                demand(!start.name.is_empty(), ".name", "Workflow name cannot be null or empty", found);
            }
        },
        ActionKind::CompleteTask | ActionKind::FailTask => {
            let task =
                if kind == ActionKind::CompleteTask { &action.complete_task } else { &action.fail_task };
            let is_named = |task: &TaskAction| {
                is_given(&task.task_id) || is_given(&task.workflow_id) && is_given(&task.task_ref_name)
            };
            let message = "taskId, or workflowId and taskRefName, must say which task";
            match task {
                None => demand(false, "", &lacks, found),
                Some(task) => demand(is_named(task), "", message, found),
            }
        }
        ActionKind::TerminateWorkflow => match &action.terminate_workflow {
            None => demand(false, "", &lacks, found),
            Some(terminate) => {
                let message = "Workflow Id cannot be null or empty";
                demand(is_given(&terminate.workflow_id), ".workflowId", message, found);
            }
        },
        ActionKind::UpdateWorkflowVariables => match &action.update_workflow_variables {
            None => demand(false, "", &lacks, found),
            Some(update) => {
                let message = "Workflow Id cannot be null or empty";
                demand(is_given(&update.workflow_id), ".workflowId", message, found);
            }
        },
        ActionKind::StartAgent => {
            let message = format!(
                "Action not supported start_agent for event {}: there are no agents here yet",
                handler.event
            );
            found.push(Violation::of(format!("{path}.action"), message, kind.as_str()));
        }
    }
    if found.len() == before {
        templates(action, path, found);
    }
}

/// Every text of an action is a template; its place is told as it was written.
fn templates(action: &EventAction, path: &str, found: &mut Vec<Violation>) {
    let Ok(written) = serde_json::to_value(action) else { return };
    if let Err(error) = Template::compile(&written) {
        let message = format!("Expression is not well formatted: {error}");
        found.push(Violation::of(format!("{path}{}", error.path), message, error.text));
    }
}
