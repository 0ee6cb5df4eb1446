//! Retry: an execution that ended unsuccessfully runs again from its failures. Also what a revived child does
//! to its parent.

use super::reopen::Back;
use super::turn::Turn;
use super::{Outcome, Refusal};
use crate::event::{Event, Frame, Rewound, Step};
use crate::execution::{Excuse, Task};
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
    let is_excused = turn.exec.is_excused(task);
    if rewinds && (turn.exec.is_settled(task) || is_excused && !task.retried) {
        return super::rewind::child_rewound(turn, task);
    }
    let completed = turn.exec.status == ExecutionStatus::Completed;
    if completed || is_excused || task.retried || !task.is_terminal() || task.status.is_successful() {
        return Outcome::Ignored;
    }
    let is_own = |step: &Step| matches!(step, Step::Repeat { task, .. } if *task == ordinal);
    if !turn.is_over() && turn.exec.deferred.iter().any(is_own) {
        return Outcome::Ignored;
    }
    if !turn.is_over() && super::reopen::is_left(turn, task) {
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
/// Scopes come first, for they take in what is attempted inside them; JOINs last, for they count what they wait for.
fn revive(turn: &mut Turn<'_>, failures: &[Task], child: Option<u32>, rewinds: bool) {
    turn.emit(Event::ExecutionRetried);
    turn.take_up();
    turn.forget_attempts();
    let mut failures = failures.to_vec();
    let back = Back::of(turn, &mut failures);
    back.prune(turn);
    if !back.dropped.is_empty() {
        let dropped = back.dropped.iter().copied().collect();
        turn.emit(Event::Rewound(Box::new(Rewound { dropped, loops: Vec::new() })));
    }
    let is_scope = |task: &&Task| turn.node(task.node).kind.is_scope();
    let scopes = failures.iter().filter(is_scope).map(|task| task.ordinal).collect();
    super::reopen::reopen_all(turn, scopes);
    back.go(turn);
    let mut steps = Vec::with_capacity(failures.len());
    let mut joins = Vec::new();
    for task in &failures {
        match &turn.node(task.node).kind {
            kind if kind.joins_others() => joins.push(Step::Reopen { task: task.ordinal }),
            kind if kind.is_scope() => {}
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

/// The latest attempts that did not succeed, and that nothing around them has dealt with, in the order in which they were scheduled.
pub(super) fn unsuccessful(turn: &Turn<'_>) -> Vec<Task> {
    unsuccessful_but(turn, &|_, _| false)
}

/// The same, without the excuses that `lapses` says of some scopes.
pub(super) fn unsuccessful_but(turn: &Turn<'_>, lapses: &dyn Fn(&Task, Excuse) -> bool) -> Vec<Task> {
    let is_latest =
        |task: &&Task| turn.exec.latest(task.node, &task.frame).is_some_and(|l| l.ordinal == task.ordinal);
    let failed = turn.exec.tasks().iter().filter(|task| task.is_terminal() && !task.status.is_successful());
    failed.filter(is_latest).filter(|task| !turn.exec.is_excused_but(task, lapses)).cloned().collect()
}
