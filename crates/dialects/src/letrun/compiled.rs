//! What compiling gives.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use segue_core::definition::{WorkflowDef, WorkflowTask};
use serde_json::{Map, Value};

use super::handler::Handler;
use crate::Diagnostic;

/// Key of our notes in the metadata of definitions and tasks.
pub(crate) const NOTES: &str = "letrun";

/// A compiled letrun file.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The native definition.
    pub definition: WorkflowDef,
    /// Nodes that stand in for a part of a task. Trees hide them; [`owners`] says which task they belong to.
    pub helpers: HashSet<String>,
    /// The handlers that run on the user's machine, those of workflow files in place included.
    pub handlers: Vec<HandlerUse>,
    /// What can hardly be meant.
    pub warnings: Vec<Diagnostic>,
    /// Paths of fields that mean nothing.
    pub ignored: Vec<String>,
}

/// A handler where it is written.
#[derive(Clone, Debug)]
pub struct HandlerUse {
    /// As written.
    pub text: String,
    /// What it means.
    pub handler: Handler,
    /// The task's name.
    pub task: String,
    /// Path of the field.
    pub path: String,
    /// The text that it stands in.
    pub(crate) origin: Arc<Origin>,
}

/// A text that a definition was made of.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) file: Option<String>,
    pub(crate) text: String,
}

impl HandlerUse {
    /// A finding at the place where the handler is written.
    pub fn finding(&self, message: impl Into<String>) -> Diagnostic {
        let violation = segue_core::definition::Violation {
            path: self.path.clone(),
            message: message.into(),
            invalid_value: None,
        };
        let document = crate::Document::new(&self.origin.text);
        let found = document.locate(&violation);
        Diagnostic { file: self.origin.file.as_deref().map(Box::from), ..found }
    }

    /// The text that it stands in.
    pub fn text_around(&self) -> &str {
        &self.origin.text
    }
}

/// The helpers of a definition that was compiled from a letrun file, each with the task that it does a part of, which is
/// empty for the workflow itself. What befalls a helper befalls that task. Any other definition has none.
pub fn owners(definition: &WorkflowDef) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut open: Vec<&WorkflowTask> = definition.tasks.iter().collect();
    while let Some(task) = open.pop() {
        if let Some(of) = note(task, "of").and_then(Value::as_str) {
            found.insert(task.task_reference_name.clone(), of.to_owned());
        }
        open.extend(task.children().flat_map(|(_, tasks)| tasks));
    }
    found
}

/// One of our notes at a task.
pub(crate) fn note<'a>(task: &'a WorkflowTask, key: &str) -> Option<&'a Value> {
    notes(&task.metadata)?.get(key)
}

/// All of our notes.
pub(crate) fn notes(metadata: &Map<String, Value>) -> Option<&Map<String, Value>> {
    metadata.get(NOTES)?.as_object()
}
