//! What a native definition says beside its tasks.

use segue_core::definition::WorkflowDef;
use serde_json::{Map, Value, json};

use super::Loss;
use super::index::Index;

/// Fields of a definition that letrun says in its own way, or that say nothing about what runs.
const SAID: [&str; 12] = [
    "name",
    "description",
    "tasks",
    "inputTemplate",
    "outputParameters",
    "metadata",
    "createTime",
    "updateTime",
    "createdBy",
    "updatedBy",
    "inputParameters",
    "expressionStyle",
];

/// The tasks with one behind them that gives what the workflow is to give.
pub(super) fn with_output(tasks: Value, output: &Value, index: &Index<'_>) -> Value {
    if output.as_object().is_none_or(Map::is_empty) {
        return tasks;
    }
    let name = index.free("output");
    let last =
        json!({"name": name, "handler": "lambda", "parameters": {"expression": "input", "input": output}});
    match tasks {
        Value::Array(mut tasks) => {
            tasks.push(last);
            Value::Array(tasks)
        }
        concurrent => {
            let mut last = last;
            last["tasks"] = concurrent;
            json!([last])
        }
    }
}

/// Everything else that is not as it would be without a word.
pub(super) fn unsaid(definition: &WorkflowDef, losses: &mut Vec<Loss>) {
    let fields = |definition: &WorkflowDef| match serde_json::to_value(definition) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let usual = fields(&WorkflowDef::default());
    for (name, value) in fields(definition) {
        if !SAID.contains(&name.as_str()) && usual.get(&name) != Some(&value) {
            let what = format!("letrun has no such field ({value})");
            losses.push(Loss { place: name, what });
        }
    }
}
