//! SWITCH and DECISION: one sequence of several. Completed as soon as the case is known; the chosen sequence follows.

use serde_json::{Value, json};

use super::Answer;
use super::end::{Ending, emit_end};
use super::turn::Turn;
use crate::event::Frame;
use crate::execution::Task;
use crate::expression::select;
use crate::json::Json;
use crate::plan::{Formula, NodeIndex, Switch};
use crate::status::TaskStatus;

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, switch: &Switch) {
    let ordinal = turn.next_ordinal();
    let mut input = turn.input_of(node, frame, ordinal);
    let case = match &switch.selector {
        Formula::Key(key) => Some(Ok(input.object().get(&**key).cloned().unwrap_or(Value::Null))),
        Formula::Value(condition) => {
            let input = input.value();
            Some(condition.eval(&|path| select(&input, path)))
        }
        Formula::Script(_) => None,
    };
    let case = case.map(|case| case.map(|case| case_name(&case)));
    if let Some(Ok(case)) = &case {
        let mut fields = input.object();
        fields.insert("case".to_owned(), case.as_str().into());
        fields.insert("hasChildren".to_owned(), "true".into());
        input = Json::of(&Value::Object(fields));
    }
    turn.schedule_with(node, frame, input, |_| {});
    if turn.flaw.is_some() {
        return;
    }
    match case {
        Some(Ok(case)) => choose(turn, node, frame, ordinal, switch, &case),
        Some(Err(error)) => turn.fail_task(ordinal, TaskStatus::Failed, &error.to_string()),
        None => turn.ask(ordinal),
    }
}

/// An evaluator found the case, or failed.
pub(super) fn answered(turn: &mut Turn<'_>, task: &Task, switch: &Switch, answer: Answer) {
    match answer {
        Ok(value) => choose(turn, task.node, &task.frame, task.ordinal, switch, &case_name(&value)),
        Err(error) => turn.fail_task(task.ordinal, TaskStatus::Failed, &error.to_string()),
    }
}

fn choose(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, ordinal: u32, switch: &Switch, case: &str) {
    let output = match switch.is_decision {
        true => json!({"caseOutput": [case]}),
        false => json!({"evaluationResult": [case], "selectedCase": case}),
    };
    emit_end(turn, ordinal, Ending { output: Some(Json::of(&output)), ..Ending::completed() }, false);
    // Behind the last node of the chosen sequence the switch's own successor follows.
    let next = switch.first_of(case).or_else(|| turn.plan.successor(node));
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
