//! The definition that an event handler stands for.

use serde_json::{Map, json};

use super::{EVENT, EXPANDED, MESSAGE_ID, PAYLOAD, actions};
use crate::definition::{Cases, EventHandler, WorkflowDef, WorkflowTask};
use crate::expression::escaped;
use crate::plan::Language;

/// What the names of these definitions begin with. Nobody can register one like it: Conductor's names have no colon.
pub const PREFIX: &str = "event-handler:";

/// What a condition may come to that does not count, as names of cases: JavaScript's falsy values.
const FALSY: [&str; 4] = ["false", "null", "0", ""];

/// The name of the definition that a handler stands for; its executions are found by it.
pub fn workflow_name(handler: &str) -> String {
    format!("{PREFIX}{handler}")
}

/// The definition: a switch if there is a condition, and behind it the actions, side by side.
pub fn definition(handler: &EventHandler) -> WorkflowDef {
    let condition = handler.condition.as_deref().filter(|text| !text.trim().is_empty());
    let needs_expanded =
        condition.is_some() || handler.actions.iter().any(|action| action.expand_inline_json);
    let inputs = [Some(EVENT), Some(MESSAGE_ID), Some(PAYLOAD), needs_expanded.then_some(EXPANDED)];
    let actions = beside(actions::tasks(&handler.actions));
    let outputs = (1..=handler.actions.len()).map(|number| json!(format!("${{action_{number}.output}}")));
    WorkflowDef {
        name: workflow_name(&handler.name),
        description: Some(format!("What the event handler {} does with an event", handler.name)),
        input_parameters: inputs.into_iter().flatten().map(str::to_owned).collect(),
        tasks: match condition {
            Some(condition) => vec![switch(handler, condition, actions)],
            None => actions,
        },
        output_parameters: Map::from_iter([("actions".to_owned(), outputs.collect())]),
        ..WorkflowDef::default()
    }
}

/// One action alone, or several at once; one that fails leaves the others alone, and the execution fails in the end.
fn beside(mut actions: Vec<WorkflowTask>) -> Vec<WorkflowTask> {
    if actions.len() < 2 {
        return actions;
    }
    actions.iter_mut().for_each(|action| action.permissive = true);
    let on = actions.iter().map(|action| action.task_reference_name.clone()).collect();
    vec![
        WorkflowTask {
            fork_tasks: actions.into_iter().map(|action| vec![action]).collect(),
            ..WorkflowTask::new("FORK_JOIN", "actions", "actions")
        },
        WorkflowTask { join_on: on, ..WorkflowTask::new("JOIN", "all_actions", "all_actions") },
    ]
}

fn switch(handler: &EventHandler, condition: &str, actions: Vec<WorkflowTask>) -> WorkflowTask {
    // One that nobody knows counts as JavaScript, as upstream.
    let evaluator = handler.evaluator_type.as_deref();
    let evaluator = evaluator.filter(|name| *name == "value-param" || Language::of_evaluator(name).is_some());
    let skips = FALSY.iter().enumerate().map(|(at, case)| ((*case).to_owned(), vec![skip(at, condition)]));
    WorkflowTask {
        input_value: Some(format!("${{workflow.input.{EXPANDED}}}").into()),
        evaluator_type: Some(evaluator.unwrap_or("javascript").to_owned()),
        expression: Some(condition.to_owned()),
        decision_cases: Cases::from_iter(skips),
        default_case: actions,
        ..WorkflowTask::new("SWITCH", "condition", "condition")
    }
}

/// The end where the condition does not hold (Conductor: an EventExecution that is SKIPPED).
fn skip(at: usize, condition: &str) -> WorkflowTask {
    let output = json!({
        "terminationStatus": "COMPLETED",
        "workflowOutput": {"status": "SKIPPED", "condition": escaped(condition)},
    });
    WorkflowTask {
        input_parameters: actions::object(output),
        ..WorkflowTask::new("TERMINATE", "skip", format!("skip_{}", at + 1))
    }
}
