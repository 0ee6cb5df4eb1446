//! Blocks: lists in order, objects at once.

use segue_core::definition::WorkflowTask;

use super::super::model::{Block, Task};
use super::Compiler;
use super::output::Output;

/// Nodes, and what they give.
pub(super) struct Emitted {
    pub(super) nodes: Vec<WorkflowTask>,
    pub(super) out: Output,
}

impl Emitted {
    pub(super) fn of(nodes: Vec<WorkflowTask>, out: Output) -> Self {
        Self { nodes, out }
    }
}

impl<'a> Compiler<'a, '_, '_> {
    /// A block of a task (`owner`), which calls it `part`. The output is that of the block if it is a tail: where the
    /// workflow ends.
    pub(super) fn block(&mut self, block: &'a Block<'a>, owner: &str, part: &str, is_tail: bool) -> Emitted {
        match block {
            Block::Ordered(tasks) => self.ordered(tasks, is_tail),
            Block::Concurrent(tasks) => self.concurrent(tasks, owner, part, is_tail),
        }
    }

    fn ordered(&mut self, tasks: &'a [Task<'a>], is_tail: bool) -> Emitted {
        let mut nodes = Vec::with_capacity(tasks.len());
        let mut out = Output::nothing();
        for (at, task) in tasks.iter().enumerate() {
            let emitted = self.task(task, is_tail && at + 1 == tasks.len());
            nodes.extend(emitted.nodes);
            out = emitted.out;
        }
        Emitted { nodes, out }
    }

    fn concurrent(&mut self, tasks: &'a [Task<'a>], owner: &str, part: &str, is_tail: bool) -> Emitted {
        if tasks.is_empty() {
            return Emitted::of(Vec::new(), Output::nothing());
        }
        let prefix = if part.is_empty() { String::new() } else { format!("{part}_") };
        let mut fork = self.helper("FORK_JOIN", owner, &format!("{prefix}fork"));
        let mut join = self.helper("JOIN", owner, &format!("{prefix}join"));
        let mut outputs = Vec::with_capacity(tasks.len());
        for task in tasks {
            let Emitted { mut nodes, out } = self.task(task, is_tail);
            // A switch has ended before its branch has.
            if nodes.last().is_some_and(|last| last.type_ == "SWITCH") {
                nodes.push(self.helper("NOOP", &task.name, "done"));
            }
            join.join_on.extend(nodes.last().map(|last| last.task_reference_name.clone()));
            fork.fork_tasks.push(nodes);
            outputs.push(out);
        }
        Emitted::of(vec![fork, join], Output::List(outputs))
    }

    /// The nodes of a block that the engine wants at least one of.
    pub(super) fn filled(
        &mut self,
        mut nodes: Vec<WorkflowTask>,
        owner: &str,
        part: &str,
    ) -> Vec<WorkflowTask> {
        if nodes.is_empty() {
            nodes.push(self.helper("NOOP", owner, part));
        }
        nodes
    }

    /// The nodes of a branch of a tail, which makes its output one value that is there if, and only if, it was taken.
    pub(super) fn closed(&mut self, emitted: Emitted, owner: &str, part: &str) -> Emitted {
        let Emitted { mut nodes, out } = emitted;
        let mut last = self.helper("NOOP", owner, part);
        last.input_parameters.insert("result".to_owned(), out.template());
        let out = Output::of_path(&last.task_reference_name, &["input", "result"]);
        nodes.push(last);
        Emitted { nodes, out }
    }
}
