//! Attempts that wait for their time in a queue are handed out at once.

use super::turn::Turn;
use super::{Outcome, Refusal};
use crate::event::{AttemptDeferred, Event};
use crate::status::TaskStatus;

pub(super) fn decide(turn: &mut Turn<'_>) -> Result<Outcome, Refusal> {
    if turn.is_over() {
        return Err(Refusal::Ended(turn.exec.status));
    }
    let now = turn.ctx.now;
    let is_early =
        |task: &&crate::execution::Task| task.status == TaskStatus::Scheduled && task.ready_at > now;
    let early = turn.exec.tasks().iter().filter(is_early);
    let resets: Vec<AttemptDeferred> = early
        .filter_map(|task| {
            Some(AttemptDeferred {
                task: task.ordinal,
                queue: task.queue.clone()?,
                priority: turn.exec.started.priority,
                ready_at: now,
                output: task.output.clone(),
                reason: task.reason.clone(),
                worker: None,
            })
        })
        .collect();
    let outcome = if resets.is_empty() { Outcome::Ignored } else { Outcome::Applied };
    for reset in resets {
        turn.emit(Event::AttemptDeferred(reset));
    }
    Ok(outcome)
}
