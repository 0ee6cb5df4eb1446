//! FOR_EACH: the body once for each item, at most so many at a time. Whenever something in it has ended, iterations
//! are begun as long as there is room.

use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::event::Frame;
use crate::execution::Task;
use crate::plan::{ForEach, NodeIndex};
use crate::status::TaskStatus;

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let (ordinal, items) = super::do_while::schedule(turn, node, frame);
    if turn.flaw.is_some() {
        return;
    }
    let Some(task) = turn.exec.task(ordinal).cloned() else { return };
    if task.items.is_none() {
        let found = items.or_else(|| task.input.object().remove("items")).unwrap_or_default();
        let found = super::do_while::kind_of(&found);
        let reason = format!("items must be a list or an object, found {found}");
        return turn.fail_task(ordinal, TaskStatus::FailedWithTerminalError, &reason);
    }
    turn.settle_scope(&task, None);
}

/// Begins another iteration if there is room for it, or ends when all are over.
pub(super) fn settle(turn: &mut Turn<'_>, task: &Task, each: &ForEach) {
    let count = task.items.as_ref().map_or(0, |items| items.len());
    if (task.iteration as usize) < count {
        if turn.exec.running_count(task.ordinal) < each.concurrency {
            let number = task.iteration + 1;
            super::scope::begin_iteration(turn, task, each.body, number);
            turn.settle_scope(task, Some(number));
        }
    } else if turn.exec.open_count(task.ordinal) == 0 {
        super::scope::drop_iterations(turn, task);
        end_task(turn, task.ordinal, Ending::completed());
    }
}
