//! Failures: what failed for good goes outwards through the scopes around it, until one of them deals with it; else
//! the execution fails. What is open beside it in that scope is canceled.

use super::Compensate;
use super::end::{Conclusion, Ending, emit_end, end_execution};
use super::turn::Turn;
use crate::event::{Section, Step};
use crate::execution::Task;
use crate::plan::Kind;
use crate::status::{ExecutionStatus, TaskStatus};

/// How a scope deals with a failure inside it.
enum Way {
    /// A TRY_CATCH goes on with another part.
    Part(Section),
    /// It ends, and the flow goes on behind it.
    Tolerated,
}

/// Fails what is around an attempt that has ended. During a pause that waits for the resume.
pub(super) fn fail(turn: &mut Turn<'_>, ordinal: u32, cause: &str) {
    if turn.exec.status == ExecutionStatus::Paused {
        return turn.next(Step::Fail { task: ordinal, reason: cause.into() });
    }
    // A child that ran again during the pause is no failure any more.
    let failed = turn.exec.task(ordinal).filter(|task| task.is_terminal() && !task.status.is_successful());
    let Some(task) = failed.cloned() else { return };
    go_outwards(turn, &task, task.scope, cause);
}

/// The failure that a TRY_CATCH did not catch goes on outwards when its last part is over.
pub(super) fn rethrow(turn: &mut Turn<'_>, holder: &Task, failed: &Task) {
    let id = turn.exec.id.task(failed.ordinal);
    let status = execution_status(failed.status);
    let reason = failed.reason.as_deref().unwrap_or_default();
    let cause = format!("Task {id} failed with status: {status} and reason: '{reason}'");
    go_outwards(turn, failed, holder.ordinal, &cause);
}

/// How an execution ends that fails with an attempt of this status.
pub(super) fn execution_status(status: TaskStatus) -> ExecutionStatus {
    match status {
        TaskStatus::Canceled => ExecutionStatus::Terminated,
        TaskStatus::TimedOut => ExecutionStatus::TimedOut,
        _ => ExecutionStatus::Failed,
    }
}

fn go_outwards(turn: &mut Turn<'_>, failed: &Task, from: u32, cause: &str) {
    let mut scope = from;
    let mut through: Vec<Task> = Vec::new();
    while let Some(around) = turn.exec.task(scope).filter(|around| !around.is_terminal()).cloned() {
        if let Some(way) = way_of(turn, &around, failed, &through) {
            return contain(turn, &around, failed, &through, way);
        }
        scope = around.scope;
        through.push(around);
    }
    for around in &through {
        emit_end(turn, around.ordinal, Ending::new(TaskStatus::Failed, failed.reason.as_deref()), false);
    }
    let conclusion = Conclusion {
        status: execution_status(failed.status),
        reason: Some(cause.to_owned()),
        output: None,
        failed: vec![failed.ordinal],
        compensate: Compensate::Yes,
    };
    end_execution(turn, conclusion);
}

fn way_of(turn: &Turn<'_>, around: &Task, failed: &Task, through: &[Task]) -> Option<Way> {
    let node = turn.node(around.node);
    let part = match &node.kind {
        Kind::TryCatch(tried) => super::try_catch::after_failure(turn, around, tried, failed, through),
        _ => None,
    };
    let tolerates = node.kind.may_tolerate() && node.tolerates_failure();
    part.map(Way::Part).or_else(|| tolerates.then_some(Way::Tolerated))
}

/// Stops what else goes on in the scope that deals with a failure, and goes on from there.
fn contain(turn: &mut Turn<'_>, holder: &Task, failed: &Task, through: &[Task], way: Way) {
    let plan = turn.plan.clone();
    let node = plan.node(holder.node);
    let section = matches!(node.kind, Kind::TryCatch(_)).then_some(holder.trial.section);
    turn.prune_scope(holder, section);
    let reason = format!("canceled because {} failed", failed.frame.name(&plan.node(failed.node).reference));
    let is_ended_below = |ordinal| through.iter().any(|scope| scope.ordinal == ordinal);
    turn.cancel_inside(failed.ordinal, &is_ended_below, &reason);
    turn.cancel_inside(holder.ordinal, &is_ended_below, &reason);
    for around in through {
        emit_end(turn, around.ordinal, Ending::new(TaskStatus::Failed, failed.reason.as_deref()), false);
    }
    match (way, &node.kind) {
        (Way::Part(section), Kind::TryCatch(tried)) => {
            super::try_catch::begin(turn, holder, tried, section, Some(failed.ordinal));
        }
        _ => {
            let status = match node.task.optional {
                true => TaskStatus::CompletedWithErrors,
                false => TaskStatus::Failed,
            };
            emit_end(turn, holder.ordinal, Ending::new(status, failed.reason.as_deref()), false);
            turn.advance_next(holder.node, &holder.frame);
        }
    }
}
