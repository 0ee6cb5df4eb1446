//! Every place that is expanded holds well-formed expressions.

use serde_json::{Map, Value};

use super::Violation;
use super::outline::Node;
use crate::definition::{InlineDefinition, SubWorkflowParams, TaskDef, WorkflowDef};
use crate::expression::{ExpressionStyle, Template};

pub(super) fn definition(def: &WorkflowDef, found: &mut Vec<Violation>) {
    let mut check = Check { style: def.expression_style, found };
    check.map("outputParameters", &def.output_parameters);
    check.text("failureWorkflow", def.failure_workflow.as_deref());
}

pub(super) fn task(node: &Node<'_>, style: ExpressionStyle, found: &mut Vec<Violation>) {
    let task = node.task;
    let mut check = Check { style, found };
    check.map(&node.at("inputParameters"), &task.input_parameters);
    check.text(&node.at("sink"), task.sink.as_deref());
    if let Some(input) = &task.input_value {
        check.value(&node.at("inputValue"), input);
    }
    if let Some(items) = &task.items {
        check.value(&node.at("items"), items);
    }
    if let Some(def) = &task.task_definition {
        check.map(&node.at("taskDefinition.inputTemplate"), &def.input_template);
    }
    if let Some(params) = &task.sub_workflow_param {
        check.sub_workflow(&node.at("subWorkflowParam"), params);
    }
}

/// The default input of a task definition, which definitions in any style may use.
pub(super) fn task_def(def: &TaskDef, found: &mut Vec<Violation>) {
    Check { style: ExpressionStyle::Conductor, found }.map("inputTemplate", &def.input_template);
}

struct Check<'f> {
    style: ExpressionStyle,
    found: &'f mut Vec<Violation>,
}

impl Check<'_> {
    fn sub_workflow(&mut self, path: &str, params: &SubWorkflowParams) {
        self.text(&format!("{path}.name"), params.name.as_deref());
        self.text(&format!("{path}.idempotencyKey"), params.idempotency_key.as_deref());
        let values = [("version", &params.version), ("priority", &params.priority)];
        for (property, given) in values {
            if let Some(given) = given {
                self.value(&format!("{path}.{property}"), given);
            }
        }
        if let Some(domains) = &params.task_to_domain {
            self.map(&format!("{path}.taskToDomain"), domains);
        }
        if let Some(InlineDefinition::Expression(expression)) = &params.workflow_definition {
            self.text(&format!("{path}.workflowDefinition"), Some(expression));
        }
    }

    fn map(&mut self, path: &str, values: &Map<String, Value>) {
        for (key, item) in values {
            self.value(&format!("{path}.{key}"), item);
        }
    }

    fn text(&mut self, path: &str, given: Option<&str>) {
        if let Some(given) = given.filter(|given| given.contains("${")) {
            self.value(path, &Value::from(given));
        }
    }

    fn value(&mut self, path: &str, given: &Value) {
        if let Err(error) = Template::compile_in(self.style, given) {
            let message = format!("Expression is not well formatted: {error}");
            self.found.push(Violation::of(format!("{path}{}", error.path), message, error.text));
        }
    }
}
