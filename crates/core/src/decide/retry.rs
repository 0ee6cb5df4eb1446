//! Retry: an execution that ended unsuccessfully runs again from its failures. Also what a revived child does
//! to its parent.

use super::turn::Turn;
use super::{Outcome, Refusal};
use crate::event::{Event, Frame, Step};
use crate::execution::Task;
use crate::plan::Kind;
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
    revive(turn, &failures, None, false);
    Ok(Outcome::Applied)
}

/// A child runs again, so the attempt that started it is open again. Nothing happens if the execution has gone on
/// without the child: by another attempt, because the task is optional, or because it completed. A child that
/// `rewinds` takes along an execution that is over and had gone on behind it.
pub(super) fn child_revived(turn: &mut Turn<'_>, task: &Task, rewinds: bool) -> Outcome {
    let ordinal = task.ordinal;
    if rewinds && turn.exec.is_settled(task) {
        return super::rewind::child_rewound(turn, task);
    }
    let completed = turn.exec.status == ExecutionStatus::Completed;
    if completed || task.retried || !task.is_terminal() || task.status.is_successful() {
        return Outcome::Ignored;
    }
    let is_own = |step: &Step| matches!(step, Step::Repeat { task, .. } if *task == ordinal);
    if !turn.is_over() && turn.exec.deferred.iter().any(is_own) {
        return Outcome::Ignored;
    }
    if turn.is_over() {
        let failures = unsuccessful(turn);
        revive(turn, &failures, Some(ordinal), rewinds);
    } else {
        turn.emit(Event::TaskReopened { task: ordinal });
    }
    Outcome::Applied
}

/// Makes the execution run again: what holds others together is reopened in place, the rest is attempted
/// anew. `child` is reopened in place too.
///
/// Loops come first, for they take in what is attempted inside them; JOINs last, for they count what they wait for.
fn revive(turn: &mut Turn<'_>, failures: &[Task], child: Option<u32>, rewinds: bool) {
    turn.emit(Event::ExecutionRetried);
    turn.take_up();
    turn.forget_attempts();
    let mut steps = Vec::with_capacity(failures.len());
    let mut joins = Vec::new();
    for task in failures {
        match turn.node(task.node).kind {
            Kind::Join { .. } | Kind::ExclusiveJoin { .. } => joins.push(Step::Reopen { task: task.ordinal }),
            Kind::DoWhile(_) => {
                turn.emit(Event::TaskReopened { task: task.ordinal });
                let inside = task.frame.iteration(task.iteration);
                let reference = Some(turn.node(task.node).reference.clone());
                turn.settle(Step::Settle { frame: inside, reference });
            }
            _ if child == Some(task.ordinal) => turn.emit(Event::TaskReopened { task: task.ordinal }),
            _ => steps.push(Step::Repeat { task: task.ordinal, ready_at: turn.ctx.now }),
        }
    }
    for step in steps.into_iter().chain(joins).rev() {
        turn.next(step);
    }
    turn.settle(Step::Settle { frame: Frame::default(), reference: None });
    tell_parent(turn, rewinds);
}

/// Tells the parent that its child runs again.
pub(super) fn tell_parent(turn: &mut Turn<'_>, rewinds: bool) {
    if let Some(parent) = turn.exec.started.parent {
        turn.send(parent.execution(), MessageBody::ChildRevived { task: parent, rewinds });
    }
}

/// Reopens a JOIN in place.
pub(super) fn reopen(turn: &mut Turn<'_>, ordinal: u32) {
    let Some(task) = turn.exec.task(ordinal).filter(|task| task.is_terminal()).cloned() else { return };
    turn.emit(Event::TaskReopened { task: ordinal });
    super::join::look(turn, task.node, &task.frame);
}

/// The latest attempts that did not succeed, in the order in which they were scheduled.
pub(super) fn unsuccessful(turn: &Turn<'_>) -> Vec<Task> {
    let is_latest =
        |task: &&Task| turn.exec.latest(task.node, &task.frame).is_some_and(|l| l.ordinal == task.ordinal);
    let failed = turn.exec.tasks().iter().filter(|task| task.is_terminal() && !task.status.is_successful());
    failed.filter(is_latest).cloned().collect()
}
