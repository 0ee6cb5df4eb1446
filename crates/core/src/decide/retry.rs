//! Retry: an execution that ended unsuccessfully runs again from its failures. Also what a revived child does
//! to its parent.

use super::turn::Turn;
use super::{Outcome, Refusal, worker};
use crate::event::Event;
use crate::execution::Task;
use crate::record::MessageBody;
use crate::status::ExecutionStatus;

pub(super) fn decide(turn: &mut Turn<'_>) -> Result<Outcome, Refusal> {
    match turn.exec.status {
        ExecutionStatus::Running | ExecutionStatus::Paused => {
            return Err(Refusal::StillRunning(turn.exec.status));
        }
        ExecutionStatus::Completed => return Err(Refusal::NothingToRetry),
        ExecutionStatus::Failed | ExecutionStatus::TimedOut | ExecutionStatus::Terminated => {}
    }
    let failures = unsuccessful(turn);
    let timed_out = turn.exec.status == ExecutionStatus::TimedOut;
    if failures.is_empty() && turn.exec.deferred.is_empty() && !timed_out {
        return Err(Refusal::NothingToRetry);
    }
    revive(turn, &failures, None);
    Ok(Outcome::Applied)
}

/// A child runs again, so the attempt that started it is open again.
pub(super) fn child_revived(turn: &mut Turn<'_>, ordinal: u32) -> Outcome {
    let Some(task) = turn.exec.task(ordinal).cloned() else { return Outcome::Ignored };
    if task.retried || !task.is_terminal() || task.status.is_successful() {
        return Outcome::Ignored;
    }
    if turn.is_over() {
        let failures = unsuccessful(turn);
        revive(turn, &failures, Some(ordinal));
    } else {
        turn.emit(Event::TaskReopened { task: ordinal });
    }
    Outcome::Applied
}

/// Makes the execution run again: what holds others together is reopened in place, the rest is attempted
/// anew. `reopen` is reopened in place too.
fn revive(turn: &mut Turn<'_>, failures: &[Task], reopen: Option<u32>) {
    turn.emit(Event::ExecutionRetried);
    for task in failures {
        if turn.node(task.node).kind.is_structural() || reopen == Some(task.ordinal) {
            turn.emit(Event::TaskReopened { task: task.ordinal });
        }
    }
    for task in failures {
        if !turn.node(task.node).kind.is_structural() && reopen != Some(task.ordinal) {
            worker::repeat(turn, task, turn.ctx.now);
        }
    }
    super::wake::take_up(turn);
    if let Some(task) = failures.last() {
        turn.settle_later(task.node, &task.frame);
    }
    if let Some(parent) = turn.exec.started.parent {
        turn.send(parent.execution(), MessageBody::ChildRevived { task: parent });
    }
}

/// The latest attempts that did not succeed, in the order in which they were scheduled.
fn unsuccessful(turn: &Turn<'_>) -> Vec<Task> {
    let is_latest =
        |task: &&Task| turn.exec.latest(task.node, &task.frame).is_some_and(|l| l.ordinal == task.ordinal);
    let failed = turn.exec.tasks().iter().filter(|task| task.is_terminal() && !task.status.is_successful());
    failed.filter(is_latest).cloned().collect()
}
