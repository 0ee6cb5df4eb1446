//! JOIN: waits for its references. A counter says when; nothing is scanned before that.

use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::event::Frame;
use crate::plan::{Kind, NodeIndex};
use crate::status::TaskStatus;

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    // Only one JOIN per frame: a second path to it finds it waiting.
    if turn.exec.latest(node, frame).is_some_and(|task| !task.is_terminal()) {
        return;
    }
    turn.schedule(node, frame, |_| {});
    look(turn, node, frame);
}

/// Ends the JOIN if everything that it waits for is over.
pub(super) fn look(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let Some(join) = turn.exec.latest(node, frame) else { return };
    if join.is_terminal() || join.waiting > 0 {
        return;
    }
    let ordinal = join.ordinal;
    let plan = turn.plan.clone();
    let Kind::Join { on } = &plan.node(node).kind else { return };
    let mut failures = Vec::new();
    let mut errors = Vec::new();
    for task in on.iter().filter_map(|on| turn.exec.latest(*on, frame)) {
        let reason = task.reason.as_deref().unwrap_or_default();
        match task.status {
            TaskStatus::CompletedWithErrors => {
                let id = turn.exec.id.task(task.ordinal);
                errors.push(format!("{}/{id} {reason} completed with errors", turn.node(task.node).name));
            }
            status if !status.is_successful() => failures.push(reason.to_owned()),
            _ => {}
        }
    }
    let ending = if !failures.is_empty() {
        Ending::new(TaskStatus::Failed, Some(&failures.join(" ")))
    } else if !errors.is_empty() {
        Ending::new(TaskStatus::CompletedWithErrors, Some(&errors.join(" ")))
    } else {
        Ending::completed()
    };
    end_task(turn, ordinal, ending);
}
