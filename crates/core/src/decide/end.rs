//! How attempts and executions end (Conductor's decider: retry, optional, permissive, fail).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::turn::Turn;
use super::{Compensate, cut_reason};
use crate::event::{Event, ExecutionEnded, ExecutionStarted, Frame, TaskEnded};
use crate::execution::{Scope, Task};
use crate::id::ExecutionId;
use crate::json::Json;
use crate::plan::retry_delay_ms;
use crate::record::MessageBody;
use crate::status::{ExecutionStatus, TaskStatus};

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
    let Some(task) = turn.exec.task(ordinal).cloned() else { return };
    let node = turn.node(task.node);
    let (optional, permissive) = (node.task.optional, node.task.permissive);
    if ending.status.is_retriable()
        && let Some(delay_ms) = retry_after(turn, &task)
    {
        emit_end(turn, ordinal, ending, true);
        super::worker::repeat(turn, &task, turn.ctx.now.plus_ms(delay_ms));
        return;
    }
    if ending.status.is_successful() || (permissive && !optional) {
        emit_end(turn, ordinal, ending, false);
        turn.advance_next(task.node, &task.frame);
    } else if optional {
        emit_end(turn, ordinal, Ending { status: TaskStatus::CompletedWithErrors, ..ending }, false);
        turn.advance_next(task.node, &task.frame);
    } else {
        let cause = total_timeout_reason(turn, &task, &ending);
        emit_end(turn, ordinal, ending.clone(), false);
        fail(turn, &task, ending.status, cause.as_deref().or(ending.reason.as_deref()));
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
    let Some(task) = turn.exec.task(ordinal).cloned() else { return };
    emit_end(turn, ordinal, Ending::new(TaskStatus::TimedOut, Some(reason)), false);
    fail(turn, &task, TaskStatus::TimedOut, Some(reason));
}

/// Milliseconds until the attempt is repeated; `None` if it is not.
fn retry_after(turn: &mut Turn<'_>, task: &Task) -> Option<i64> {
    let node = turn.node(task.node);
    if node.kind.is_structural() || node.retry_max <= task.attempt || over_total(turn, task).is_some() {
        return None;
    }
    let def = node.task_def.clone();
    let draw = turn.draw();
    Some(def.map_or(0, |def| retry_delay_ms(&def, task.attempt, draw)))
}

/// Seconds spent on all attempts, if that is more than `totalTimeoutSeconds` allows.
fn over_total(turn: &Turn<'_>, task: &Task) -> Option<i64> {
    let limit = turn.node(task.node).task_def.as_ref().map_or(0, |def| def.total_timeout_seconds);
    let elapsed = (turn.ctx.now - task.first_scheduled_at) / 1000;
    (limit > 0 && elapsed >= limit).then_some(elapsed)
}

fn total_timeout_reason(turn: &Turn<'_>, task: &Task, ending: &Ending) -> Option<String> {
    let elapsed = over_total(turn, task).filter(|_| ending.status == TaskStatus::Failed)?;
    let node = turn.node(task.node);
    let limit = node.task_def.as_ref().map_or(0, |def| def.total_timeout_seconds);
    let id = turn.exec.id.task(task.ordinal);
    Some(format!(
        "Task {}/{id} exceeded total timeout of {limit} seconds (elapsed {elapsed} seconds across all attempts). No further retries will be attempted.",
        node.name
    ))
}

/// Fails the execution because of an attempt that has ended; loops around it fail first.
fn fail(turn: &mut Turn<'_>, task: &Task, status: TaskStatus, reason: Option<&str>) {
    let mut scope = task.scope;
    while let Some(around) = turn.exec.task(scope).cloned() {
        emit_end(turn, scope, Ending::new(TaskStatus::Failed, reason), false);
        scope = around.scope;
    }
    let status = match status {
        TaskStatus::Canceled => ExecutionStatus::Terminated,
        TaskStatus::TimedOut => ExecutionStatus::TimedOut,
        _ => ExecutionStatus::Failed,
    };
    let id = turn.exec.id.task(task.ordinal);
    let reason =
        format!("Task {id} failed with status: {status} and reason: '{}'", reason.unwrap_or_default());
    end_execution(
        turn,
        Conclusion {
            status,
            reason: Some(reason),
            output: None,
            failed: vec![task.ordinal],
            compensate: Compensate::Yes,
        },
    );
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

/// Ends the execution: tells its open children, its parent and its failure workflow.
pub(super) fn end_execution(turn: &mut Turn<'_>, conclusion: Conclusion) {
    let status = conclusion.status;
    let reason: Option<Arc<str>> = conclusion.reason.as_deref().map(Into::into);
    let was_over = turn.is_over();
    let children: Vec<ExecutionId> =
        turn.exec.tasks().iter().filter(|task| !task.is_terminal()).filter_map(|task| task.child).collect();
    let mut output = conclusion.output.unwrap_or_else(|| turn.exec.final_output());
    let compensates = conclusion.compensate == Compensate::Yes && status != ExecutionStatus::Completed;
    let failure =
        compensates.then(|| failure_workflow(turn, status, reason.as_deref(), &conclusion.failed)).flatten();
    if let Some(started) = &failure {
        output = with_failure_workflow(&output, started);
    }
    turn.emit(Event::ExecutionEnded(Box::new(ExecutionEnded {
        status,
        output: output.clone(),
        reason: reason.clone(),
        failed: conclusion.failed,
    })));
    turn.agenda.clear();
    for child in children {
        let reason = match &reason {
            Some(reason) => format!("Parent workflow has been terminated with reason: {reason}"),
            None => format!("Parent workflow has been terminated with status {status}"),
        };
        turn.send(child, MessageBody::Terminate { reason: cut_reason(&reason) });
    }
    if let Some(Ok((id, started))) = failure {
        turn.send(id, MessageBody::Start(Box::new(started)));
    }
    if let Some(parent) = turn.exec.started.parent.filter(|_| !was_over) {
        turn.send(parent.execution(), MessageBody::ChildEnded { task: parent, status, output, reason });
    }
}

type FailureStart = Result<(ExecutionId, ExecutionStarted), String>;

/// The failure workflow's start, or why it cannot start.
fn failure_workflow(
    turn: &mut Turn<'_>,
    status: ExecutionStatus,
    reason: Option<&str>,
    failed: &[u32],
) -> Option<FailureStart> {
    let plan = turn.plan.clone();
    let root = Frame::default();
    let name =
        plan.failure_workflow.as_ref()?.render(&Scope { execution: turn.exec, frame: &root, task: None });
    let name = name.as_str().unwrap_or_default().to_owned();
    let version = plan.definition.failure_workflow_version.and_then(|version| u32::try_from(version).ok());
    let Some(target) = turn.ctx.definitions.find(&name, version) else {
        return Some(Err(format!(
            "No such workflow defined. name={name}, version={}",
            version.map_or("null".to_owned(), |v| v.to_string())
        )));
    };
    let mut input = turn.exec.started.input.object();
    input.insert("workflowId".to_owned(), turn.exec.id.to_string().into());
    input.insert("reason".to_owned(), reason.map_or(Value::Null, Value::from));
    input.insert("failureStatus".to_owned(), status.as_str().into());
    let blamed = failed.first().map(|ordinal| turn.exec.id.task(*ordinal).to_string());
    input.insert("failureTaskId".to_owned(), blamed.map_or(Value::Null, Value::from));
    input.insert("failedWorkflow".to_owned(), crate::view::workflow(turn.exec, crate::view::Tasks::Included));
    let origin = turn.exec.id.task(u32::MAX - turn.exec.generation);
    let id = ExecutionId::derived(origin, "failure workflow");
    let started = ExecutionStarted {
        domains: turn.exec.started.domains.clone(),
        ..super::Start {
            input: Json::of(&Value::Object(input)),
            correlation_id: turn.exec.started.correlation_id.clone(),
            ..Default::default()
        }
        .event(&target)
    };
    turn.pinned.push(target);
    Some(Ok((id, started)))
}

fn with_failure_workflow(output: &Json, failure: &FailureStart) -> Json {
    let mut merged: Map<String, Value> = output.object();
    let note = match failure {
        Ok((id, _)) => id.to_string(),
        Err(problem) => problem.clone(),
    };
    merged.insert("conductor.failure_workflow".to_owned(), note.into());
    Json::of(&Value::Object(merged))
}
