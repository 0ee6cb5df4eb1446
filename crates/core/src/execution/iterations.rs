//! Loops that keep only their last iterations (Conductor: `keepLastN`): the attempts of the others are hidden. Only
//! the iterations that are dropped are looked at.

use serde_json::Value;

use super::fold::{Misfit, misfit};
use super::{Execution, Task};
use crate::event::Frame;
use crate::plan::NodeIndex;

impl Execution {
    /// How many iterations a loop keeps; `None` for all.
    pub(crate) fn kept_count(&self, task: &Task) -> Option<u32> {
        let node = self.plan.node(task.node);
        let last = node.task.input_parameters.get("keepLastN").and_then(Value::as_u64);
        last.filter(|last| *last > 0).map(|last| u32::try_from(last).unwrap_or(u32::MAX))
    }

    /// The first iteration whose results a loop keeps.
    pub(crate) fn first_kept(&self, task: &Task) -> u32 {
        let last = self.kept_count(task).unwrap_or(u32::MAX);
        task.iteration.saturating_sub(last).saturating_add(1).max(task.kept_from)
    }

    pub(super) fn iterations_dropped(&mut self, ordinal: u32, below: u32) -> Result<(), Misfit> {
        let task = self.task_mut(ordinal)?;
        let (node, frame, from) = (task.node, task.frame.clone(), task.kept_from.max(1));
        task.kept_from = below;
        for number in from..below {
            self.drop_iteration(node, &frame.iteration(number))?;
        }
        Ok(())
    }

    fn drop_iteration(&mut self, around: NodeIndex, inside: &Frame) -> Result<(), Misfit> {
        let plan = self.plan.clone();
        let body = plan.nodes().filter(|(_, node)| node.enclosing_loop == Some(around));
        for (index, node) in body {
            let Some(task) = self.latest(index, inside) else { continue };
            let ordinal = task.ordinal;
            let inner = task.kept_from.max(1)..=task.iteration;
            if node.kind.is_loop() {
                for number in inner {
                    self.drop_iteration(index, &inside.iteration(number))?;
                }
            }
            self.drop_attempts(ordinal)?;
            self.note_step(index, inside);
        }
        Ok(())
    }

    /// Hides an attempt and those that it repeats.
    fn drop_attempts(&mut self, latest: u32) -> Result<(), Misfit> {
        let mut next = Some(latest);
        while let Some(ordinal) = next {
            let task = self.task_mut(ordinal)?;
            if !task.is_terminal() {
                return Err(misfit("an open attempt in a dropped iteration", &ordinal.to_string()));
            }
            next = task.retry_of;
            task.hide();
            self.unindex_task(ordinal);
        }
        Ok(())
    }
}
