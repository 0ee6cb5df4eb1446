//! WAIT: for a time, an instant or a signal.

use serde_json::Value;

use super::turn::Turn;
use crate::event::Frame;
use crate::execution::Task;
use crate::plan::{NodeIndex, parse_duration_ms, parse_until};
use crate::status::TaskStatus;
use crate::time::Timestamp;

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    attempt(turn, node, frame, None);
}

pub(super) fn repeat(turn: &mut Turn<'_>, task: &Task) {
    attempt(turn, task.node, &task.frame, Some(task));
}

fn attempt(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, repeats: Option<&Task>) {
    let ordinal = turn.next_ordinal();
    let input = turn.input_of(node, frame, ordinal);
    let end = end_of(&input.object().into_iter().collect(), turn.ctx.now);
    turn.schedule(node, frame, |scheduled| {
        scheduled.input = input;
        scheduled.due_at = end.as_ref().ok().copied().flatten();
        scheduled.attempt = repeats.map_or(0, |task| task.attempt + 1);
        scheduled.retry_of = repeats.map(|task| task.ordinal);
    });
    if let Err(reason) = end {
        turn.fail_task(ordinal, TaskStatus::FailedWithTerminalError, &reason);
    }
}

/// When the wait ends by itself; `None` if only a signal ends it.
fn end_of(
    input: &std::collections::HashMap<String, Value>,
    now: Timestamp,
) -> Result<Option<Timestamp>, String> {
    let text = |key| input.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    match (text("duration"), text("until")) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => {
            Err("Both 'duration' and 'until' specified. Please provide only one input".to_owned())
        }
        (Some(duration), None) => parse_duration_ms(duration)
            .map(|ms| Some(now.plus_ms(ms)))
            .ok_or_else(|| format!("Not valid duration: {duration}")),
        (None, Some(until)) => parse_until(until)
            .map(|instant| Some(instant.max(now)))
            .ok_or_else(|| format!("Invalid/Unsupported Wait Until format.  Provided: {until}")),
    }
}
