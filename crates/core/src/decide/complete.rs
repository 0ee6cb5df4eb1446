//! A result arrives, from a worker or from outside.
//!
//! | the attempt is | IN_PROGRESS | a final status |
//! |---|---|---|
//! | a worker's, open | back to its queue, ready after the callback time | ends |
//! | of a handler of the engine, open | waits for a call, or back to its queue | ends |
//! | waiting for a signal, open | output replaced, goes on waiting | ends |
//! | over, or its execution is over | recorded, ignored | recorded, ignored |

use serde_json::Value;

use super::turn::Turn;
use super::{Merge, Outcome, Refusal, TaskResult, cut_reason};
use crate::event::{AttemptDeferred, Event};
use crate::json::Json;
use crate::plan::Kind;
use crate::status::TaskStatus;

pub(super) fn decide(turn: &mut Turn<'_>, result: TaskResult) -> Result<Outcome, Refusal> {
    let over = turn.is_over();
    let task = turn.task(result.task)?;
    if over || task.is_terminal() {
        turn.emit(Event::ResultDiscarded { task: result.task, status: result.status, worker: result.worker });
        return Ok(Outcome::Ignored);
    }
    let output = result.output.map(|output| match result.merge {
        Merge::Replace => output,
        Merge::Overlay => overlay(&task.output, &output),
    });
    let excess = output.as_ref().and_then(|output| turn.excess_of_task(result.task, output));
    let status = if excess.is_some() { TaskStatus::FailedWithTerminalError } else { result.status };
    if status.is_terminal() {
        if !status.is_successful() {
            let task = task.clone();
            turn.stop_child(&task, status);
        }
        let ending = super::end::Ending {
            status,
            output,
            reason: result.reason.as_deref().map(cut_reason),
            worker: result.worker,
        };
        super::end::end_task_later(turn, result.task, ending, result.callback_after_ms);
        return Ok(Outcome::Applied);
    }
    let is_parked = matches!(turn.node(task.node).kind, Kind::Builtin(_)) && result.callback_after_ms == 0;
    match task.queue.clone() {
        Some(_) if is_parked => turn.emit(Event::AttemptParked { task: result.task, output }),
        Some(queue) => {
            let ready_at = turn.ctx.now.plus_ms(result.callback_after_ms.max(0));
            let output = output.unwrap_or_else(|| task.output.clone());
            let priority = turn.exec.started.priority;
            turn.emit(Event::AttemptDeferred(AttemptDeferred {
                task: result.task,
                queue,
                priority,
                ready_at,
                output,
                reason: result.reason.as_deref().map(cut_reason),
                worker: result.worker,
            }));
        }
        None => {
            if let Some(output) = output {
                turn.emit(Event::TaskUpdated { task: result.task, output });
            }
        }
    }
    Ok(Outcome::Applied)
}

fn overlay(below: &Json, above: &Json) -> Json {
    if below.is_empty_object() {
        return above.clone();
    }
    let mut merged = below.object();
    merged.extend(above.object());
    Json::of(&Value::Object(merged))
}

/// What a worker may send; anything else is bad input.
pub fn is_reportable(status: TaskStatus) -> bool {
    !matches!(
        status,
        TaskStatus::Scheduled | TaskStatus::TimedOut | TaskStatus::Skipped | TaskStatus::CompletedWithErrors
    )
}
