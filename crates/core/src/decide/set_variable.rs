//! Workflow variables: SET_VARIABLE, whose inputs become variables, and a call from outside.

use serde_json::{Map, Value};

use super::end::{Ending, end_task};
use super::turn::Turn;
use super::{Outcome, Refusal};
use crate::event::{Event, Frame};
use crate::plan::NodeIndex;
use crate::status::TaskStatus;

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let ordinal = turn.schedule(node, frame, |_| {});
    if turn.flaw.is_some() {
        return;
    }
    let input = turn.exec.task(ordinal).map(|task| task.input.object()).unwrap_or_default();
    if let Some((bytes, bytes_max)) = excess(turn, &input) {
        let reason = format!(
            "The variables payload size: {bytes} of workflow: {} is greater than the permissible limit: {} kilobytes",
            turn.exec.id,
            bytes_max / 1024
        );
        turn.fail_task(ordinal, TaskStatus::FailedWithTerminalError, &reason);
        return;
    }
    turn.emit(Event::VariablesSet(input));
    end_task(turn, ordinal, Ending::completed());
}

/// A call. An execution that has ended refuses.
pub(super) fn decide(turn: &mut Turn<'_>, variables: Map<String, Value>) -> Result<Outcome, Refusal> {
    if turn.is_over() {
        return Err(Refusal::Ended(turn.exec.status));
    }
    if variables.is_empty() {
        return Ok(Outcome::Ignored);
    }
    if let Some((bytes, bytes_max)) = excess(turn, &variables) {
        return Err(Refusal::VariablesTooLarge { bytes, bytes_max });
    }
    turn.emit(Event::VariablesSet(variables));
    Ok(Outcome::Applied)
}

/// A call that adds to lists. What is there and no list is replaced.
pub(super) fn append(turn: &mut Turn<'_>, mut variables: Map<String, Value>) -> Result<Outcome, Refusal> {
    for (name, added) in &mut variables {
        if let (Some(Value::Array(present)), Value::Array(added)) = (turn.exec.variables.get(name), added) {
            added.splice(0..0, present.iter().cloned());
        }
    }
    decide(turn, variables)
}

/// The bytes that all variables would take, and how many they may, if that is less.
fn excess(turn: &Turn<'_>, added: &Map<String, Value>) -> Option<(usize, usize)> {
    let mut variables = turn.exec.variables.clone();
    variables.extend(added.clone());
    let bytes = serde_json::to_string(&variables).map_or(usize::MAX, |text| text.len());
    let bytes_max = turn.ctx.limits.variables_bytes_max;
    (bytes > bytes_max).then_some((bytes, bytes_max))
}
