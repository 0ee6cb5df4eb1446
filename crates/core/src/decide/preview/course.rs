//! The plan that the flow begins anew by. A restart may take another one than the execution ran by: then a task is the same
//! in both if its reference is, wherever it lies now and whatever does it, for what it did would be done again in its name.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::decide::Refusal;
use crate::event::{Event, Frame};
use crate::execution::{Execution, Task};
use crate::plan::{Node, NodeIndex};

pub(super) struct Course<'a> {
    before: &'a Execution,
    /// Another version, with the branches that dynamic forks had, and no attempts.
    other: Option<Execution>,
}

/// Where a former attempt lies in the plan to come.
pub(super) struct Place<'a> {
    pub(super) node: &'a Node,
    index: NodeIndex,
    frame: Cow<'a, Frame>,
}

impl<'a> Course<'a> {
    /// As the events of a command have it, which made `after` of `before`.
    pub(super) fn of(before: &'a Execution, after: &Execution, events: &[Event]) -> Result<Self, Refusal> {
        let is_anew = events.iter().any(|event| matches!(event, Event::Restarted(_)));
        let other = match is_anew && before.pinned.hash != after.pinned.hash {
            true => Some(before.replanned(&after.pinned).map_err(|misfit| Refusal::Misfit(misfit.problem))?),
            false => None,
        };
        Ok(Self { before, other })
    }

    /// The place of a former attempt, unless its task is gone.
    pub(super) fn place<'b>(&'b self, task: &'b Task) -> Option<Place<'b>> {
        let Some(other) = &self.other else {
            let node = self.before.plan.node(task.node);
            return Some(Place { node, index: task.node, frame: Cow::Borrowed(&task.frame) });
        };
        let index = other.find(&self.before.plan.node(task.node).reference, &task.frame)?;
        let node = other.plan.node(index);
        // In other loops its iterations are not those that were.
        let frame = match node.depth == task.frame.0.len() {
            true => Cow::Borrowed(&task.frame),
            false => Cow::Owned(Frame::default()),
        };
        Some(Place { node, index, frame })
    }

    /// References of the tasks of another version that were not attempted since the execution last began.
    pub(super) fn not_attempted(&self) -> Vec<String> {
        let Some(other) = &self.other else { return Vec::new() };
        let reference = |task: &Task| &*self.before.plan.node(task.node).reference;
        let attempted: HashSet<&str> = self.before.current_tasks().map(reference).collect();
        let nodes = other.pinned.nodes().map(|(_, node)| &*node.reference);
        nodes.filter(|reference| !attempted.contains(reference)).map(str::to_owned).collect()
    }
}

impl Place<'_> {
    /// Equal for attempts at the same place.
    pub(super) fn key(&self) -> (NodeIndex, Frame) {
        (self.index, Frame::clone(&self.frame))
    }

    /// The reference with its frame.
    pub(super) fn name(&self) -> String {
        self.frame.name(&self.node.reference)
    }
}
