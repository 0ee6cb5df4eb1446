//! Single nodes: the task that runs a handler, and helpers.

use segue_core::definition::WorkflowTask;
use serde_json::{Map, Value, json};

use super::super::compiled::{HandlerUse, NOTES};
use super::super::handler::Handler;
use super::super::model::{Block, Task};
use super::super::placeholder::native::escaped;
use super::super::source::{At, member};
use super::{Compiler, retry};

impl<'a> Compiler<'a, '_, '_> {
    /// The node that is a task, and runs its handler.
    pub(super) fn main(&mut self, task: &'a Task<'a>) -> WorkflowTask {
        let reference = self.names.reference(&task.name);
        self.head(task, &reference)
    }

    /// The node that runs a task's handler.
    pub(super) fn head(&mut self, task: &'a Task<'a>, reference: &str) -> WorkflowTask {
        let queue = self.queue(task);
        if !matches!(task.handler, Handler::System(_)) {
            self.session.handlers.push(HandlerUse {
                text: task.handler_text.to_owned(),
                handler: task.handler.clone(),
                task: task.name.clone(),
                path: member(&task.path, "handler"),
                origin: self.origin.clone(),
            });
        }
        let path = member(&task.path, "parameters");
        let parameters =
            task.parameters.map(|fields| self.rewriter().fields(fields, &path)).unwrap_or_default();
        let mut node = WorkflowTask::new("SIMPLE", &queue, reference);
        node.input_parameters = input(task, task.handler_text);
        node.input_parameters.insert("parameters".to_owned(), Value::Object(parameters));
        node.task_definition = Some(Box::new(self.policy.task_def(&queue)));
        node.retry_count = Some(self.policy.retries());
        node.optional = task.ignore_error;
        self.count(&node);
        match reference == self.names.reference(&task.name) {
            true => describe(&mut node, task),
            false => mark(&mut node, &task.name),
        }
        node
    }

    /// A node that stands in for a part of a task.
    pub(super) fn helper(&mut self, type_: &str, owner: &str, part: &str) -> WorkflowTask {
        let reference = self.names.helper(owner, part);
        let mut node = WorkflowTask::new(type_, &reference, &reference);
        mark(&mut node, owner);
        self.count(&node);
        node
    }

    /// A helper that a system handler runs, without retries.
    pub(super) fn system_helper(&mut self, system: &str, task: &Task<'_>, part: &str) -> WorkflowTask {
        let mut node = self.helper("SIMPLE", &task.name, part);
        node.name = format!("letrun.{system}");
        node.input_parameters = input(task, system);
        node.retry_count = Some(0);
        node
    }

    /// The operator that a task as a whole is.
    pub(super) fn scope(&mut self, type_: &str, task: &Task<'_>) -> WorkflowTask {
        let reference = self.names.reference(&task.name);
        let mut node = WorkflowTask::new(type_, &reference, &reference);
        describe(&mut node, task);
        self.count(&node);
        node
    }

    /// What the workflow is, for expressions that ask for it.
    pub(super) fn show_workflow(&self, node: &mut WorkflowTask, expression: &str) {
        if expression.contains("workflow") {
            let shown = json!({
                "id": "${workflow.workflowId}",
                "name": "${workflow.workflowType}",
                "status": "executing",
                "input": "${workflow.input}",
                "variables": "${workflow.variables}",
            });
            node.input_parameters.insert("workflow".to_owned(), shown);
        }
    }

    /// One more node; too many are told once.
    fn count(&mut self, node: &WorkflowTask) {
        use segue_core::definition::validate::TASKS_MAX;
        self.session.nodes += 1;
        if self.session.nodes == TASKS_MAX + 1 {
            let at = At { source: self.source, path: "" };
            let name = &node.task_reference_name;
            let message =
                format!("from `{name}` on it takes more than {TASKS_MAX} nodes, inner workflows included");
            self.session.findings.add(at.error(message));
        }
    }
}

/// What every handler is told of its task.
fn input(task: &Task<'_>, handler: &str) -> Map<String, Value> {
    let fields = [("handler", escaped(handler)), ("task", escaped(&task.name))];
    fields.into_iter().map(|(key, text)| (key.to_owned(), text.into())).collect()
}

/// What was written at a task and has no place of its own in the native format.
fn describe(node: &mut WorkflowTask, task: &Task<'_>) {
    node.description = task.title.map(str::to_owned);
    let mut notes = retry::notes(&task.retry, task.raw);
    if node.task_reference_name != task.name {
        notes.insert("name".to_owned(), task.name.clone().into());
    }
    match &task.nested {
        Some(Block::Ordered(nested)) => {
            notes.insert("tasks".to_owned(), nested.len().into());
        }
        Some(Block::Concurrent(_)) => {
            notes.insert("tasks".to_owned(), "concurrent".into());
        }
        None => {}
    }
    if !notes.is_empty() {
        node.metadata.insert(NOTES.to_owned(), Value::Object(notes));
    }
}

/// Notes one more thing at a task.
pub(super) fn note(node: &mut WorkflowTask, key: &str, value: Value) {
    let notes = node.metadata.entry(NOTES).or_insert_with(|| json!({}));
    if let Value::Object(notes) = notes {
        notes.insert(key.to_owned(), value);
    }
}

fn mark(node: &mut WorkflowTask, owner: &str) {
    node.metadata.insert(NOTES.to_owned(), json!({"of": owner}));
}
