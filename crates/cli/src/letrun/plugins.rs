//! Where plugins of the project take part in a whole run.

use segue_core::definition::WorkflowDef;
use segue_handlers::host::{Host, TaskError, Workflow};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::input;
use crate::print::field;

/// The input of a run: as a plugin reads it, else JSON, a file, or standard input.
pub(crate) async fn input(host: &Host, raw: Option<&str>) -> Result<Map<String, Value>> {
    let Some(text) = raw else { return Ok(Map::new()) };
    match host.read_input(text).await.map_err(failed)? {
        Some(Value::Object(input)) => Ok(input),
        Some(other) => {
            Err(Error::usage(format!("an input-parameter plugin read {other}; expected an object")))
        }
        None => input::object(raw),
    }
}

/// Lets plugins look at a workflow before it starts. What one returns in its place may change input and variables.
pub(crate) async fn before(
    host: &Host,
    definition: &mut WorkflowDef,
    input: Map<String, Value>,
) -> Result<Map<String, Value>> {
    let shown = Workflow {
        name: definition.name.clone(),
        status: "open".to_owned(),
        input: Value::Object(input.clone()),
        variables: definition.variables.clone(),
        ..Workflow::default()
    };
    let Some(replaced) = host.before_workflow(&shown).await.map_err(failed)? else { return Ok(input) };
    if let Some(Value::Object(variables)) = replaced.get("variables") {
        definition.variables = variables.clone();
    }
    match replaced.get("input") {
        Some(Value::Object(input)) => Ok(input.clone()),
        _ => Ok(input),
    }
}

/// Tells plugins how a workflow ended.
pub(crate) async fn after(host: &Host, workflow: &Value) -> Result<()> {
    let map = |key: &str| workflow.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
    let is_done = field(workflow, "status") == "COMPLETED";
    let shown = Workflow {
        id: field(workflow, "workflowId"),
        name: field(workflow, "workflowName"),
        status: if is_done { "completed" } else { "error" }.to_owned(),
        input: Value::Object(map("input")),
        variables: map("variables"),
        tasks: Map::new(),
    };
    let error = workflow.get("reasonForIncompletion").and_then(Value::as_str);
    host.after_workflow(&shown, super::output::of(workflow), error).await.map_err(failed)
}

/// A plugin that fails a run.
pub(crate) fn failed(error: TaskError) -> Error {
    Error::failed(error.message)
}
