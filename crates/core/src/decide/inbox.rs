//! The message queue of an execution: what is sent to it from outside waits until a PULL_WORKFLOW_MESSAGES task takes it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::end::{Ending, end_task};
use super::turn::Turn;
use super::{Outcome, Refusal};
use crate::event::{Event, Frame};
use crate::json::Json;
use crate::plan::NodeIndex;
use crate::status::ExecutionStatus;

/// What a task takes at once, at most.
const BATCH_MAX: usize = 100;

/// A message arrives.
pub(super) fn push(turn: &mut Turn<'_>, id: &Arc<str>, payload: &Json) -> Result<Outcome, Refusal> {
    if turn.exec.status != ExecutionStatus::Running {
        return Err(Refusal::NotRunning(turn.exec.status));
    }
    if turn.exec.inbox.len() >= turn.ctx.limits.inbox_max {
        return Err(Refusal::InboxFull(turn.ctx.limits.inbox_max));
    }
    let received_at = jiff::Timestamp::from_millisecond(turn.ctx.now.0).map(|at| format!("{at:.3}"));
    let message = json!({
        "id": &**id,
        "workflowId": turn.exec.id.to_string(),
        "payload": payload.value(),
        "receivedAt": received_at.unwrap_or_default(),
    });
    turn.emit(Event::MessageQueued { message: Json::of(&message) });
    while let Some(ordinal) = turn.exec.pulling().filter(|_| !turn.exec.inbox.is_empty()) {
        take(turn, ordinal);
    }
    Ok(Outcome::Applied)
}

/// The task: takes what is there, or waits for it.
pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let ordinal = turn.schedule(node, frame, |_| {});
    if turn.flaw.is_some() {
        return;
    }
    let blocks = input_of(turn, ordinal, "blocking").is_none_or(|blocking| blocking != false);
    if !turn.exec.inbox.is_empty() || !blocks {
        take(turn, ordinal);
    }
}

fn take(turn: &mut Turn<'_>, ordinal: u32) {
    let wanted = input_of(turn, ordinal, "batchSize").and_then(|size| size.as_u64()).unwrap_or(1);
    let wanted = usize::try_from(wanted).unwrap_or(BATCH_MAX).clamp(1, BATCH_MAX);
    let messages: Vec<Value> = turn.exec.inbox.iter().take(wanted).map(Json::value).collect();
    let count = u32::try_from(messages.len()).unwrap_or(u32::MAX);
    if count > 0 {
        turn.emit(Event::MessagesTaken { count });
    }
    let output = Some(Json::of(&json!({"messages": messages, "count": count})));
    end_task(turn, ordinal, Ending { output, ..Ending::completed() });
}

fn input_of(turn: &Turn<'_>, ordinal: u32, key: &str) -> Option<Value> {
    turn.exec.task(ordinal)?.input.object().remove(key)
}
