//! The nodes of a definition by reference, and which of them are a letrun task or a part of one.

use std::collections::HashMap;

use segue_core::definition::{WorkflowDef, WorkflowTask};
use serde_json::Value;

use super::super::compiled::{note, notes};
use super::super::handler::Handler;

/// The nodes of one definition.
pub(super) struct Index<'a> {
    nodes: HashMap<&'a str, &'a WorkflowTask>,
    /// Whether it was compiled from a letrun file.
    pub(super) is_ours: bool,
    /// How its expressions are written.
    pub(super) is_conductor: bool,
}

impl<'a> Index<'a> {
    pub(super) fn of(definition: &'a WorkflowDef) -> Self {
        let mut nodes = HashMap::new();
        let mut open: Vec<&WorkflowTask> = definition.tasks.iter().collect();
        while let Some(task) = open.pop() {
            nodes.insert(task.task_reference_name.as_str(), task);
            open.extend(task.children().flat_map(|(_, tasks)| tasks));
        }
        let is_ours = notes(&definition.metadata).is_some();
        let is_conductor = definition.expression_style.is_conductor();
        Self { nodes, is_ours, is_conductor }
    }

    pub(super) fn node(&self, reference: &str) -> Option<&'a WorkflowTask> {
        self.nodes.get(reference).copied()
    }

    /// Whether a text begins with the name of a task.
    pub(super) fn begins_with_task(&self, text: &str) -> bool {
        self.nodes.values().any(|node| text.starts_with(task_name(node)))
    }

    /// A name that no node has.
    pub(super) fn free(&self, name: &str) -> String {
        let more = (2u32..).map(|number| format!("{name}_{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(more);
        names.find(|name| !self.nodes.contains_key(name.as_str())).unwrap_or_default()
    }
}

/// Whether a node runs a letrun task or a part of one; then of which system task.
pub(super) fn part(node: &WorkflowTask) -> Option<Option<&'static str>> {
    handler_text(node)?;
    Some(owner(node).and_then(|_| system(node)))
}

/// The task that a helper does a part of.
pub(super) fn owner(node: &WorkflowTask) -> Option<&str> {
    note(node, "of")?.as_str()
}

/// The handler of a node that runs one, as it stands there.
pub(super) fn handler_text(node: &WorkflowTask) -> Option<&str> {
    let is_ours = node.type_ == "SIMPLE" && node.name.starts_with("letrun.");
    node.input_parameters.get("handler").and_then(Value::as_str).filter(|_| is_ours)
}

/// The name of the task that a node is or does a part of.
pub(super) fn task_name(node: &WorkflowTask) -> &str {
    let noted = owner(node).or_else(|| note(node, "name")?.as_str());
    noted.unwrap_or(&node.task_reference_name)
}

/// The system task of a node that runs one.
pub(super) fn system(node: &WorkflowTask) -> Option<&'static str> {
    match Handler::parse(handler_text(node)?) {
        Handler::System(name) => Some(name),
        _ => None,
    }
}
