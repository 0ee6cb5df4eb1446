//! Something is due: a deadline of an attempt or of the execution, or work that an earlier record left.

use super::end::{Conclusion, Ending, end_execution, end_task};
use super::turn::Turn;
use super::{Compensate, Outcome};
use crate::definition::{TimeoutPolicy, WorkflowTimeoutPolicy};
use crate::event::{Event, Limit};
use crate::status::{ExecutionStatus, TaskStatus};

pub(super) fn decide(turn: &mut Turn<'_>) -> Outcome {
    if turn.is_over() {
        return Outcome::Ignored;
    }
    if turn.exec.execution_deadline().is_some_and(|due| due <= turn.ctx.now) {
        execution_expired(turn);
    }
    if turn.exec.status == ExecutionStatus::Running {
        turn.take_up();
        let mut budget = turn.ctx.limits.transitions_max;
        while let Some((task, limit)) = turn.exec.expired(turn.ctx.now).filter(|_| budget > 0) {
            expired(turn, task, limit);
            budget -= 1;
        }
    }
    Outcome::Applied
}

fn expired(turn: &mut Turn<'_>, ordinal: u32, limit: Limit) {
    let Some(task) = turn.exec.task(ordinal).cloned() else { return };
    let def = turn.node(task.node).task_def.clone().unwrap_or_default();
    let id = turn.exec.id.task(ordinal);
    let now = turn.ctx.now;
    let seconds_since = |at| (now - at) / 1000;
    let start_delay = i64::from(turn.node(task.node).task.start_delay.max(0));
    let started_at = task.started_at.unwrap_or(now).plus_seconds(start_delay);
    let policy = match def.timeout_policy {
        TimeoutPolicy::Retry => "RETRY",
        TimeoutPolicy::TimeOutWf => "TIME_OUT_WF",
        TimeoutPolicy::AlertOnly => "ALERT_ONLY",
    };
    let reason = match limit {
        Limit::Wait if task.status == TaskStatus::Scheduled => {
            return super::sub_workflow::begin(turn, ordinal);
        }
        Limit::Wait => return end_task(turn, ordinal, Ending::completed()),
        Limit::Response => {
            let reason = format!(
                "responseTimeout: {} exceeded for the taskId: {id} with Task Definition: {}",
                turn.exec.lease_ms(ordinal).unwrap_or(0) / 1000,
                turn.node(task.node).name
            );
            return end_task(turn, ordinal, Ending::new(TaskStatus::TimedOut, Some(&reason)));
        }
        Limit::Total => format!(
            "Task {}/{id} exceeded total timeout of {} seconds (elapsed {} seconds across all attempts including retry delays). Timeout policy: {policy}",
            def.name,
            def.total_timeout_seconds,
            seconds_since(task.first_scheduled_at)
        ),
        Limit::Run => format!(
            "Task timed out after {} seconds. Timeout configured as {} seconds. Timeout policy configured to {policy}",
            seconds_since(started_at),
            def.timeout_seconds
        ),
        Limit::Poll => format!(
            "Task poll timed out after {} seconds. Poll timeout configured as {} seconds. Timeout policy configured to {policy}",
            seconds_since(task.scheduled_at),
            def.poll_timeout_seconds.unwrap_or(0)
        ),
        Limit::Evaluation => return turn.ask(ordinal),
        Limit::Execution => return,
    };
    match def.timeout_policy {
        TimeoutPolicy::AlertOnly => turn.emit(Event::TimeoutNoted { task: ordinal, limit }),
        TimeoutPolicy::Retry => {
            turn.stop_child(&task, TaskStatus::TimedOut);
            end_task(turn, ordinal, Ending::new(TaskStatus::TimedOut, Some(&reason)));
        }
        TimeoutPolicy::TimeOutWf => {
            turn.stop_child(&task, TaskStatus::TimedOut);
            super::end::end_task_and_execution(turn, ordinal, &reason);
        }
    }
}

fn execution_expired(turn: &mut Turn<'_>) {
    if turn.plan.definition.timeout_policy == WorkflowTimeoutPolicy::AlertOnly {
        turn.emit(Event::TimeoutNoted { task: 0, limit: Limit::Execution });
        return;
    }
    let limit = turn.plan.definition.timeout_seconds;
    let base = turn.exec.last_retried_at.unwrap_or(turn.exec.created_at);
    let elapsed = (turn.ctx.now - base) / 1000;
    let reason = format!(
        "Workflow timed out after {elapsed} seconds. Timeout configured as {limit} seconds. Timeout policy configured to TIME_OUT_WF"
    );
    end_execution(
        turn,
        Conclusion {
            status: ExecutionStatus::TimedOut,
            reason: Some(reason),
            output: None,
            failed: Vec::new(),
            compensate: Compensate::Yes,
        },
    );
}
