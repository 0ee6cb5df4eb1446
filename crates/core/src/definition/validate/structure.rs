//! Names, versions, and what must stand next to what.

use super::Violation;
use super::outline::Node;
use crate::definition::WorkflowDef;

pub(super) fn definition(def: &WorkflowDef) -> Vec<Violation> {
    let mut found = Vec::new();
    if def.name.is_empty() {
        found.push(Violation::of("name", "WorkflowDef name cannot be null or empty", ""));
    }
    if def.name.contains(':') {
        let message = "Workflow name cannot contain the following set of characters: ':'";
        found.push(Violation::of("name", message, def.name.as_str()));
    }
    for (path, version) in
        [("version", Some(def.version)), ("failureWorkflowVersion", def.failure_workflow_version)]
    {
        if let Some(version) = version.filter(|version| *version < 0) {
            found.push(Violation::of(path, format!("{path}: {version} should be minimum 0"), version));
        }
    }
    if def.tasks.is_empty() {
        found.push(Violation::missing("tasks", "WorkflowTask list cannot be empty"));
    }
    if def.schema_version != 2 {
        let message = "workflowDef schemaVersion: 2 is only supported";
        found.push(Violation::of("schemaVersion", message, def.schema_version));
    }
    found
}

pub(super) fn task(node: &Node<'_>, found: &mut Vec<Violation>) {
    let task = node.task;
    if task.name.is_empty() {
        found.push(Violation::of(node.at("name"), "WorkflowTask name cannot be empty or null", ""));
    }
    if task.task_reference_name.is_empty() {
        let message = "WorkflowTask taskReferenceName name cannot be empty or null";
        found.push(Violation::of(node.at("taskReferenceName"), message, ""));
    }
    let message = match task.type_.as_str() {
        "FORK_JOIN" => "Fork task definition is not followed by a join task.  Check the blueprint",
        "FORK_JOIN_DYNAMIC" => {
            "Dynamic join definition is not followed by a join task.  Check the workflow definition."
        }
        _ => return,
    };
    if node.next.is_none_or(|next| next.type_ != "JOIN") {
        found.push(Violation::of(node.path.as_str(), message, task.task_reference_name.as_str()));
    }
}
