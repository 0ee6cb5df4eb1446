//! Every task of a definition with its JSON path, collected once for all rules, within limits.

use super::Violation;
use crate::definition::{WorkflowDef, WorkflowTask};

/// Lists inside lists, at most.
pub const DEPTH_MAX: usize = 64;

/// Tasks in one definition, nested ones included, at most.
pub const TASKS_MAX: usize = 10_000;

/// A task in its place.
pub(super) struct Node<'a> {
    /// JSON path of the task.
    pub(super) path: String,
    pub(super) task: &'a WorkflowTask,
    /// The task that follows in the same list.
    pub(super) next: Option<&'a WorkflowTask>,
    /// Whether the task stands in the definition's own list.
    pub(super) is_top: bool,
}

impl Node<'_> {
    /// JSON path of a property of the task.
    pub(super) fn at(&self, property: &str) -> String {
        format!("{}.{property}", self.path)
    }
}

/// All tasks, parents before their children.
pub(super) struct Outline<'a>(Vec<Node<'a>>);

impl<'a> Outline<'a> {
    pub(super) fn of(def: &'a WorkflowDef) -> Result<Self, Violation> {
        let mut outline = Self(Vec::new());
        outline.add("tasks", &def.tasks, 1)?;
        Ok(outline)
    }

    pub(super) fn nodes(&self) -> &[Node<'a>] {
        &self.0
    }

    fn add(&mut self, path: &str, tasks: &'a [WorkflowTask], depth: usize) -> Result<(), Violation> {
        if depth > DEPTH_MAX {
            return Err(Violation::missing(path, format!("tasks may be nested at most {DEPTH_MAX} deep")));
        }
        for (at, task) in tasks.iter().enumerate() {
            if self.0.len() == TASKS_MAX {
                return Err(Violation::missing(
                    "tasks",
                    format!("a definition may have at most {TASKS_MAX} tasks, nested ones included"),
                ));
            }
            let path = format!("{path}[{at}]");
            self.0.push(Node { path: path.clone(), task, next: tasks.get(at + 1), is_top: depth == 1 });
            for (below, children) in task.children() {
                self.add(&format!("{path}.{below}"), children, depth + 1)?;
            }
        }
        Ok(())
    }
}
