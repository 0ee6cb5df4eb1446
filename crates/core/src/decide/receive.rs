//! Messages from other executions. Each is taken at most once; one that comes too late is only ticked off.

use super::turn::Turn;
use super::{Compensate, Outcome};
use crate::execution::Task;
use crate::record::{MessageBody, MessageId};

pub(super) fn decide(turn: &mut Turn<'_>, id: MessageId, body: MessageBody) -> Outcome {
    turn.applied.push(id);
    if turn.exec.has_applied(&id) {
        return Outcome::Ignored;
    }
    match body {
        // The execution exists, so it was started before.
        MessageBody::Start(_) => Outcome::Ignored,
        MessageBody::Terminate { reason } if !turn.is_over() => {
            super::terminate::decide(turn, &reason, Compensate::No).unwrap_or(Outcome::Ignored)
        }
        MessageBody::Terminate { .. } => Outcome::Ignored,
        // A child that ended, was revived and ended again may be heard in any order: its last word counts.
        MessageBody::ChildEnded { .. } | MessageBody::ChildRevived { .. }
            if turn.exec.has_applied_later(&id) =>
        {
            Outcome::Ignored
        }
        MessageBody::ChildEnded { task, status, output, reason } => {
            let is_open = |task: &&Task| !task.is_terminal() && task.child == Some(id.sender);
            let Some(open) = turn.exec.task(task.ordinal()).filter(is_open).cloned() else {
                return Outcome::Ignored;
            };
            if turn.is_over() {
                return Outcome::Ignored;
            }
            super::sub_workflow::ended(turn, &open, status, &output, reason.as_deref());
            Outcome::Applied
        }
        MessageBody::ChildRevived { task, rewinds } => {
            let is_own = |task: &&Task| task.child == Some(id.sender);
            match turn.exec.task(task.ordinal()).filter(is_own).cloned() {
                Some(task) => super::retry::child_revived(turn, &task, rewinds),
                None => Outcome::Ignored,
            }
        }
    }
}
