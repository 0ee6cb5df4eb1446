//! JOIN: waits for its references. A counter says when; nothing is scanned before that.

use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::event::Frame;
use crate::execution::Task;
use crate::plan::{Kind, NodeIndex};
use crate::status::TaskStatus;

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    turn.schedule(node, frame, |_| {});
    if turn.flaw.is_some() {
        return;
    }
    look(turn, node, frame);
}

/// Ends the JOIN if everything that it waits for is over.
pub(super) fn look(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let Some(join) = turn.exec.latest(node, frame) else { return };
    if let Kind::ExclusiveJoin { .. } = turn.node(node).kind {
        return super::exclusive_join::look(turn, node, frame);
    }
    if join.is_terminal() || join.waiting > 0 {
        return;
    }
    let ordinal = join.ordinal;
    let mut failures = Vec::new();
    let mut is_canceled = true;
    let mut errors = Vec::new();
    for task in turn.exec.joined(node, frame).iter().filter_map(|on| turn.exec.latest(*on, frame)) {
        let reason = task.reason.as_deref().unwrap_or_default();
        match task.status {
            TaskStatus::CompletedWithErrors => {
                let id = turn.exec.id.task(task.ordinal);
                errors.push(format!("{}/{id} {reason} completed with errors", turn.node(task.node).name));
            }
            status if !status.is_successful() => {
                is_canceled &= status == TaskStatus::Canceled;
                failures.push(reason.to_owned());
            }
            _ => {}
        }
    }
    let ending = if !failures.is_empty() {
        let status = if is_canceled { TaskStatus::Canceled } else { TaskStatus::Failed };
        Ending::new(status, Some(&failures.join(" ")))
    } else if !errors.is_empty() {
        Ending::new(TaskStatus::CompletedWithErrors, Some(&errors.join(" ")))
    } else {
        Ending::completed()
    };
    end_task(turn, ordinal, ending);
}

/// Fails a JOIN that waits although nothing but JOINs and loops is open, so that nothing can ever end it: it names
/// a task that was not chosen, or itself. True if there was one.
pub(super) fn give_up(turn: &mut Turn<'_>) -> bool {
    if turn.exec.open_leaves() > 0 || turn.exec.asked().next().is_some() || !turn.exec.deferred.is_empty() {
        return false;
    }
    let is_join = |task: &&Task| !task.is_terminal() && turn.plan.node(task.node).kind.joins_others();
    let Some(join) = turn.exec.tasks().iter().find(is_join) else { return false };
    let ordinal = join.ordinal;
    let reason = format!("waits for {}, which can no longer come", turn.exec.awaited_by(join).join(", "));
    turn.fail_task(ordinal, TaskStatus::FailedWithTerminalError, &reason);
    true
}
