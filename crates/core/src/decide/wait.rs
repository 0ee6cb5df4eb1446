//! WAIT: for a time, an instant or a signal.

use serde_json::{Map, Value};

use super::turn::Turn;
use crate::event::Frame;
use crate::plan::{NodeIndex, parse_duration_ms, parse_until};
use crate::status::TaskStatus;
use crate::time::Timestamp;

/// Schedules an attempt; another attempt counts its duration from `ready_at`.
pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, ready_at: Option<Timestamp>) {
    let ordinal = turn.next_ordinal();
    let input = turn.input_of(node, frame, ordinal);
    let end = end_of(&input.object(), ready_at.unwrap_or(turn.ctx.now));
    turn.schedule_with(node, frame, input, |scheduled| {
        scheduled.due_at = end.as_ref().ok().copied().flatten();
    });
    if let Err(reason) = end {
        turn.fail_task(ordinal, TaskStatus::FailedWithTerminalError, &reason);
    }
}

/// When the wait ends by itself; `None` if only a signal ends it.
fn end_of(input: &Map<String, Value>, now: Timestamp) -> Result<Option<Timestamp>, String> {
    let text = |key| {
        let text = match input.get(key)? {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (!text.trim().is_empty()).then_some(text)
    };
    match (text("duration"), text("until")) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => {
            Err("Both 'duration' and 'until' specified. Please provide only one input".to_owned())
        }
        (Some(duration), None) => parse_duration_ms(&duration)
            .map(|ms| Some(now.plus_ms(ms)))
            .ok_or_else(|| format!("Not valid duration: {duration}")),
        (None, Some(until)) => parse_until(&until)
            .map(|instant| Some(instant.max(now)))
            .ok_or_else(|| format!("Invalid/Unsupported Wait Until format.  Provided: {until}")),
    }
}
