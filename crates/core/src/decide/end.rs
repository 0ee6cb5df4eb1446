//! How attempts and executions end (Conductor's decider: retry, optional, permissive, fail).

use std::sync::Arc;

use super::failure::{execution_status, fail};
use super::failure_workflow::FailureWorkflow;
use super::turn::Turn;
use super::{Compensate, cut_reason};
use crate::event::{Event, ExecutionEnded, Step, TaskEnded};
use crate::execution::Task;
use crate::id::ExecutionId;
use crate::json::Json;
use crate::plan::retry_delay_ms;
use crate::record::MessageBody;
use crate::status::{ExecutionStatus, TaskStatus};

/// What a handler may ask for at most between two attempts.
const PAUSE_MS_MAX: i64 = 86_400_000;

/// How an attempt ends.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    pub(super) status: TaskStatus,
    /// Absent: the output stays.
    pub(super) output: Option<Json>,
    pub(super) reason: Option<Arc<str>>,
    pub(super) worker: Option<Arc<str>>,
}

impl Ending {
    pub(super) fn new(status: TaskStatus, reason: Option<&str>) -> Self {
        Self { status, output: None, reason: reason.map(cut_reason), worker: None }
    }

    pub(super) fn completed() -> Self {
        Self::new(TaskStatus::Completed, None)
    }
}

/// Ends an attempt: repeats it, goes on behind it, or fails the execution.
pub(super) fn end_task(turn: &mut Turn<'_>, ordinal: u32, ending: Ending) {
    end_task_later(turn, ordinal, ending, 0);
}

/// The same; another attempt follows after so many milliseconds at least.
pub(super) fn end_task_later(turn: &mut Turn<'_>, ordinal: u32, ending: Ending, pause_ms: i64) {
    let Some(task) = turn.exec.task(ordinal).cloned() else { return };
    let ending = turn.within_bounds(ordinal, ending);
    let node = turn.node(task.node);
    let (optional, permissive) = (node.task.optional, node.task.permissive);
    if node.kind.is_scope() && turn.exec.open_count(ordinal) > 0 {
        turn.prune_scope(&task, None);
        turn.cancel_inside(ordinal, &|_| false, "canceled with what it belongs to");
    }
    if ending.status.is_retriable()
        && let Some(delay_ms) = retry_after(turn, &task)
    {
        emit_end(turn, ordinal, ending, true);
        let ready_at = turn.ctx.now.plus_ms(delay_ms.max(pause_ms.clamp(0, PAUSE_MS_MAX)));
        turn.next(Step::Repeat { task: ordinal, ready_at });
        return;
    }
    if ending.status.is_successful() || (permissive && !optional) {
        emit_end(turn, ordinal, ending, false);
        turn.advance_next(task.node, &task.frame);
    } else if optional {
        emit_end(turn, ordinal, Ending { status: TaskStatus::CompletedWithErrors, ..ending }, false);
        turn.advance_next(task.node, &task.frame);
    } else {
        let cause = cause(turn, &task, &ending);
        emit_end(turn, ordinal, ending, false);
        fail(turn, ordinal, &cause);
    }
}

pub(super) fn emit_end(turn: &mut Turn<'_>, task: u32, ending: Ending, retried: bool) {
    turn.emit(Event::TaskEnded(Box::new(TaskEnded {
        task,
        status: ending.status,
        output: ending.output,
        reason: ending.reason,
        worker: ending.worker,
        retried,
    })));
}

/// Ends an attempt as timed out and the execution with it, whatever the retry rules say (policy TIME_OUT_WF).
pub(super) fn end_task_and_execution(turn: &mut Turn<'_>, ordinal: u32, reason: &str) {
    emit_end(turn, ordinal, Ending::new(TaskStatus::TimedOut, Some(reason)), false);
    fail(turn, ordinal, reason);
}

/// Milliseconds until the attempt is repeated; `None` if it is not.
fn retry_after(turn: &mut Turn<'_>, task: &Task) -> Option<i64> {
    let node = turn.node(task.node);
    if node.retry_max <= task.attempt || over_total(turn, task).is_some() {
        return None;
    }
    // A count without a task definition goes with the defaults of one.
    let def = node.task_def.clone().unwrap_or_default();
    Some(retry_delay_ms(&def, task.attempt, turn.draw()))
}

/// Seconds spent on all attempts, if that is as much as `totalTimeoutSeconds` allows.
fn over_total(turn: &Turn<'_>, task: &Task) -> Option<i64> {
    let limit = turn.node(task.node).task_def.as_ref().map_or(0, |def| def.total_timeout_seconds);
    let elapsed = (turn.ctx.now - task.first_scheduled_at) / 1000;
    (limit > 0 && elapsed >= limit).then_some(elapsed)
}

/// Why the execution fails with the attempt: the total timeout if it alone stood against another attempt.
fn cause(turn: &Turn<'_>, task: &Task, ending: &Ending) -> String {
    let node = turn.node(task.node);
    let id = turn.exec.id.task(task.ordinal);
    let would_repeat = ending.status.is_retriable() && node.retry_max > task.attempt;
    if let Some(elapsed) = over_total(turn, task).filter(|_| would_repeat) {
        let limit = node.task_def.as_ref().map_or(0, |def| def.total_timeout_seconds);
        return format!(
            "Task {}/{id} exceeded total timeout of {limit} seconds (elapsed {elapsed} seconds across all attempts). No further retries will be attempted.",
            node.name
        );
    }
    let status = execution_status(ending.status);
    let reason = ending.reason.as_deref().unwrap_or_default();
    format!("Task {id} failed with status: {status} and reason: '{reason}'")
}

/// How an execution ends.
pub(super) struct Conclusion {
    pub(super) status: ExecutionStatus,
    pub(super) reason: Option<String>,
    /// In place of the definition's own.
    pub(super) output: Option<Json>,
    pub(super) failed: Vec<u32>,
    pub(super) compensate: Compensate,
}

/// The end with the definition's own output. An execution that would be completed fails if its output lacks
/// something or is too large.
fn with_own_output(turn: &Turn<'_>, conclusion: Conclusion) -> Conclusion {
    let (output, flaw) = turn.exec.final_output(turn.ration());
    let excess = turn.excess_of_workflow(&output);
    let output = if excess.is_some() { Json::empty_object() } else { output };
    let conclusion = Conclusion { output: Some(output), ..conclusion };
    match excess.or(flaw).filter(|_| conclusion.status == ExecutionStatus::Completed) {
        Some(flaw) => Conclusion {
            status: ExecutionStatus::Failed,
            reason: Some(flaw),
            compensate: Compensate::Yes,
            ..conclusion
        },
        None => conclusion,
    }
}

/// Ends the execution: tells its open children, its parent and its failure workflow.
pub(super) fn end_execution(turn: &mut Turn<'_>, conclusion: Conclusion) {
    let was_over = turn.is_over();
    let conclusion = match conclusion.output {
        None if !was_over => with_own_output(turn, conclusion),
        _ => conclusion,
    };
    let status = conclusion.status;
    let reason: Option<Arc<str>> = conclusion.reason.as_deref().map(Into::into);
    let open = turn.exec.tasks().iter().filter(|task| !task.is_terminal());
    let children: Vec<ExecutionId> = open.filter_map(|task| task.child).collect();
    let mut output = conclusion.output.unwrap_or_else(|| turn.exec.output.clone());
    let compensates = conclusion.compensate == Compensate::Yes && status != ExecutionStatus::Completed;
    let failure = compensates.then(|| FailureWorkflow::of(turn)).flatten();
    if let Some(failure) = &failure {
        output = failure.noted_in(&output);
    }
    turn.stop_flow();
    turn.emit(Event::ExecutionEnded(Box::new(ExecutionEnded {
        status,
        output: output.clone(),
        reason: reason.clone(),
        failed: conclusion.failed,
    })));
    for child in children {
        let reason = match &reason {
            Some(reason) => format!("Parent workflow has been terminated with reason: {reason}"),
            None => format!("Parent workflow has been terminated with status {status}"),
        };
        turn.send(child, MessageBody::Terminate { reason: cut_reason(&reason) });
    }
    if let Some(failure) = failure {
        failure.start(turn);
    }
    if let Some(parent) = turn.exec.started.parent.filter(|_| !was_over) {
        turn.send(parent.execution(), MessageBody::ChildEnded { task: parent, status, output, reason });
    }
}
