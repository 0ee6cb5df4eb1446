//! The two ways to stop an execution: the TERMINATE task, and a call from outside.

use std::sync::Arc;

use serde_json::{Value, json};

use super::end::{Conclusion, Ending, emit_end, end_execution};
use super::turn::Turn;
use super::{Compensate, Outcome, Refusal};
use crate::event::Frame;
use crate::json::Json;
use crate::plan::NodeIndex;
use crate::status::{ExecutionStatus, TaskStatus};

/// A call. A COMPLETED execution refuses, a TERMINATED one stays, other ended ones become TERMINATED.
pub(super) fn decide(
    turn: &mut Turn<'_>,
    reason: &Arc<str>,
    compensate: Compensate,
) -> Result<Outcome, Refusal> {
    match turn.exec.status {
        ExecutionStatus::Completed => return Err(Refusal::Ended(ExecutionStatus::Completed)),
        ExecutionStatus::Terminated => return Ok(Outcome::Ignored),
        _ => {}
    }
    let failed = turn.exec.failed.clone();
    end_execution(
        turn,
        Conclusion {
            status: ExecutionStatus::Terminated,
            reason: Some(reason.to_string()),
            output: None,
            failed,
            compensate,
        },
    );
    Ok(Outcome::Applied)
}

/// The task: ends the execution with the status that its input names.
pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let ordinal = turn.schedule(node, frame, |_| {});
    if turn.flaw.is_some() {
        return;
    }
    let mut input = turn.exec.task(ordinal).map(|task| task.input.object()).unwrap_or_default();
    let status = match input.get("terminationStatus").and_then(Value::as_str) {
        Some("COMPLETED") => ExecutionStatus::Completed,
        Some("FAILED") => ExecutionStatus::Failed,
        Some("TERMINATED") => ExecutionStatus::Terminated,
        _ => return turn.fail_task(ordinal, TaskStatus::Failed, "given termination status is not valid"),
    };
    let reason = match input.get("terminationReason").and_then(Value::as_str) {
        Some(reason) => reason.to_owned(),
        None => format!("Workflow is {status} by TERMINATE task: {}", turn.exec.id.task(ordinal)),
    };
    let output = input.remove("workflowOutput").map_or_else(Json::empty_object, |output| match output {
        Value::Null => Json::empty_object(),
        Value::Object(_) => Json::of(&output),
        other => Json::of(&json!({"output": other})),
    });
    // Nothing follows it.
    emit_end(turn, ordinal, Ending { output: Some(output.clone()), ..Ending::completed() }, false);
    end_execution(
        turn,
        Conclusion {
            status,
            reason: Some(reason),
            output: Some(output),
            failed: Vec::new(),
            compensate: Compensate::Yes,
        },
    );
}
