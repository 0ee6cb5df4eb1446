//! What handlers see of the other tasks, and the placeholders that they fill in themselves.

use segue_core::execution::Execution;
use segue_core::expression::{Document, ExpressionStyle, Template};
use segue_core::status::TaskStatus;
use segue_handlers::host::{TaskError, Workflow};
use serde_json::{Map, Value, json};

use super::shown;
use crate::print::field;

/// Tasks that a handler is shown at most, and what their inputs and outputs may take: of those that were begun last.
pub(super) const TASKS_MAX: usize = 200;
const BYTES_MAX: usize = 256 * 1024;

/// The tasks that are over, by name. A loop's have the number of their round behind it.
pub(super) fn finished(execution: &Execution) -> Map<String, Value> {
    let mut tasks = Map::new();
    let mut bytes = 0;
    for task in execution.tasks().iter().rev().filter(|task| task.status.is_terminal()) {
        bytes += task.input.text().len() + task.output.text().len();
        if tasks.len() == TASKS_MAX || bytes > BYTES_MAX {
            break;
        }
        let node = execution.plan.node(task.node);
        let input = task.input.value();
        // What holds others together has no handler.
        let Some(handler) = input.get("handler") else { continue };
        let name = shown::name(&task.frame.name(&node.reference));
        if tasks.contains_key(&name) {
            continue;
        }
        let seen = json!({
            "name": name,
            "status": task.status.in_plain_words(),
            "taskDef": { "name": name, "handler": handler },
            "parameters": input.get("parameters"),
            "output": task.output.value().get("result"),
        });
        tasks.insert(name, seen);
    }
    tasks
}

/// The same of attempts as Conductor's JSON shows them.
pub(super) fn finished_of(attempts: &[Value]) -> Map<String, Value> {
    let mut tasks = Map::new();
    let mut bytes = 0;
    for attempt in attempts.iter().rev().take(TASKS_MAX) {
        let Some(handler) = attempt.pointer("/inputData/handler") else { continue };
        let name = shown::name(&field(attempt, "referenceTaskName"));
        if tasks.contains_key(&name) {
            continue;
        }
        let status = serde_json::from_value::<TaskStatus>(attempt["status"].clone());
        let seen = json!({
            "name": name,
            "status": status.map(TaskStatus::in_plain_words).unwrap_or_default(),
            "taskDef": { "name": name, "handler": handler },
            "parameters": attempt.pointer("/inputData/parameters"),
            "output": attempt.pointer("/outputData/result"),
        });
        bytes += seen.to_string().len();
        if bytes > BYTES_MAX {
            break;
        }
        tasks.insert(name, seen);
    }
    tasks
}

/// Fills in placeholders as those of the attempt's own parameters; what finds nothing stays as it is written.
pub(super) fn resolve(value: &Value, workflow: &Workflow) -> Result<Value, TaskError> {
    let template = Template::compile_in(ExpressionStyle::Lenient, value);
    let template = template.map_err(|error| TaskError::invalid(error.to_string()))?;
    template.render(&Document::new(document(workflow))).map_err(|error| TaskError::invalid(error.to_string()))
}

fn document(workflow: &Workflow) -> Value {
    let mut seen = workflow.tasks.clone();
    seen.insert("input".into(), workflow.input.clone());
    seen.insert("variables".into(), Value::Object(workflow.variables.clone()));
    let whole = serde_json::to_value(workflow).unwrap_or_default();
    seen.insert("workflow".into(), whole);
    Value::Object(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_with_what_an_attempt_sees() {
        let tasks = json!({ "say hello": { "output": { "n": 1 } } });
        let workflow = Workflow {
            name: "w".into(),
            input: json!({ "v": [3] }),
            tasks: tasks.as_object().cloned().unwrap_or_default(),
            ..Workflow::default()
        };
        let value =
            json!(["${input.v}", "${workflow.name}-${['say hello'].output.n}", "${nobody.output}", 5]);
        let resolved = resolve(&value, &workflow).expect("in the grammar");
        assert_eq!(resolved, json!([[3], "w-1", "${nobody.output}", 5]));
    }
}
