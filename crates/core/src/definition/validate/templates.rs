//! Every place that is expanded holds well-formed expressions.

use serde_json::{Map, Value};

use super::Violation;
use super::outline::Node;
use crate::definition::{SubWorkflowParams, WorkflowDef};
use crate::expression::Template;

pub(super) fn definition(def: &WorkflowDef, found: &mut Vec<Violation>) {
    map("outputParameters", &def.output_parameters, found);
    text("failureWorkflow", def.failure_workflow.as_deref(), found);
}

pub(super) fn task(node: &Node<'_>, found: &mut Vec<Violation>) {
    let task = node.task;
    map(&node.at("inputParameters"), &task.input_parameters, found);
    text(&node.at("sink"), task.sink.as_deref(), found);
    if let Some(items) = &task.items {
        value(&node.at("items"), items, found);
    }
    if let Some(def) = &task.task_definition {
        map(&node.at("taskDefinition.inputTemplate"), &def.input_template, found);
    }
    if let Some(params) = &task.sub_workflow_param {
        sub_workflow(&node.at("subWorkflowParam"), params, found);
    }
}

fn sub_workflow(path: &str, params: &SubWorkflowParams, found: &mut Vec<Violation>) {
    text(&format!("{path}.name"), params.name.as_deref(), found);
    text(&format!("{path}.idempotencyKey"), params.idempotency_key.as_deref(), found);
    let values = [("version", &params.version), ("priority", &params.priority)];
    for (property, given) in values {
        if let Some(given) = given {
            value(&format!("{path}.{property}"), given, found);
        }
    }
    if let Some(domains) = &params.task_to_domain {
        map(&format!("{path}.taskToDomain"), domains, found);
    }
    if let Some(crate::definition::InlineDefinition::Expression(expression)) = &params.workflow_definition {
        text(&format!("{path}.workflowDefinition"), Some(expression), found);
    }
}

pub(super) fn map(path: &str, values: &Map<String, Value>, found: &mut Vec<Violation>) {
    for (key, item) in values {
        value(&format!("{path}.{key}"), item, found);
    }
}

fn text(path: &str, given: Option<&str>, found: &mut Vec<Violation>) {
    if let Some(given) = given.filter(|given| given.contains("${")) {
        value(path, &Value::from(given), found);
    }
}

fn value(path: &str, given: &Value, found: &mut Vec<Violation>) {
    if let Err(error) = Template::compile(given) {
        let message = format!("Expression is not well formatted: {error}");
        found.push(Violation::of(format!("{path}{}", error.path), message, error.text));
    }
}
