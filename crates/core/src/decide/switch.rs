//! SWITCH: one sequence of several. Completed at once; the chosen sequence follows it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::end::{Ending, emit_end};
use super::turn::Turn;
use crate::event::Frame;
use crate::json::Json;
use crate::plan::{NodeIndex, Selector};

pub(super) fn visit(
    turn: &mut Turn<'_>,
    node: NodeIndex,
    frame: &Frame,
    selector: &Selector,
    cases: &[(Arc<str>, Option<NodeIndex>)],
    default: Option<NodeIndex>,
) {
    let ordinal = turn.next_ordinal();
    let mut input = turn.input_of(node, frame, ordinal).object();
    let Selector::Key(key) = selector;
    let case = case_name(input.get(&**key).unwrap_or(&Value::Null));
    input.insert("case".to_owned(), case.as_str().into());
    input.insert("hasChildren".to_owned(), "true".into());
    turn.schedule_with(node, frame, Json::of(&Value::Object(input)), |_| {});
    let output = json!({"evaluationResult": [case.as_str()], "selectedCase": case.as_str()});
    emit_end(turn, ordinal, Ending { output: Some(Json::of(&output)), ..Ending::completed() }, false);
    let chosen = cases.iter().find(|(name, _)| **name == *case).map_or(default, |(_, first)| *first);
    // Behind the last node of the chosen sequence the switch's own successor follows.
    let next = chosen.or_else(|| turn.plan.successor(node));
    turn.leave(node, frame, next);
}

/// A value as a case name: as JavaScript joins it to a string.
fn case_name(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(float)
                if !number.is_i64() && !number.is_u64() && float.fract() == 0.0 && float.abs() < 1e15 =>
            {
                format!("{float:.0}")
            }
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}
