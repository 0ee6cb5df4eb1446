//! The names of a workflow: those of its author, and those of the nodes that stand in for parts of a task.

use std::collections::{HashMap, HashSet};

use super::model::{Block, Construct, Task};

/// What the engine's expressions call the workflow, and no node may be called.
const ENGINE: &str = "workflow";

/// All names of one workflow.
pub(crate) struct Names<'a> {
    tasks: HashMap<&'a str, Declared<'a>>,
    helpers: HashMap<(String, String), String>,
    taken: HashSet<String>,
}

/// A task by its name.
#[derive(Clone, Copy)]
pub(crate) struct Declared<'a> {
    pub(crate) task: &'a Task<'a>,
    /// The loop around it, and whether that is in no other loop.
    pub(crate) innermost_loop: Option<&'a Task<'a>>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(block: &'a Block<'a>) -> Self {
        let mut names = Self { tasks: HashMap::new(), helpers: HashMap::new(), taken: HashSet::new() };
        names.collect(block, None);
        names.taken = names.tasks.keys().map(|name| (*name).to_owned()).collect();
        names
    }

    fn collect(&mut self, block: &'a Block<'a>, innermost_loop: Option<&'a Task<'a>>) {
        for task in block.tasks() {
            self.tasks.insert(&task.name, Declared { task, innermost_loop });
            let is_loop = matches!(task.construct, Construct::Counted { .. } | Construct::While { .. });
            let around = if is_loop { Some(task) } else { innermost_loop };
            task.blocks().for_each(|block| self.collect(block, around));
        }
    }

    pub(crate) fn task(&self, name: &str) -> Option<Declared<'a>> {
        self.tasks.get(name).copied()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &'a str> {
        self.tasks.keys().copied()
    }

    /// The name of the node that is a task: the task's, unless the engine calls something else so.
    pub(crate) fn reference(&mut self, name: &str) -> String {
        if name == ENGINE { self.helper(name, "task") } else { name.to_owned() }
    }

    /// The name of a node that does a part of a task: its name and the part's, made different from all others.
    pub(crate) fn helper(&mut self, owner: &str, part: &str) -> String {
        let key = (owner.to_owned(), part.to_owned());
        if let Some(name) = self.helpers.get(&key) {
            return name.clone();
        }
        let base = if owner.is_empty() { part.to_owned() } else { format!("{owner}_{part}") };
        let more = (2u32..).map(|number| format!("{base}_{number}"));
        let name = std::iter::once(base.clone()).chain(more).find(|name| !self.taken.contains(name));
        let name = name.unwrap_or(base);
        self.taken.insert(name.clone());
        self.helpers.insert(key, name.clone());
        name
    }
}
