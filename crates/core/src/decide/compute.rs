//! INLINE, LAMBDA and JSON_JQ_TRANSFORM: a value computed from the input.

use serde_json::{Map, Value, json};

use super::Answer;
use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::event::Frame;
use crate::expression::select;
use crate::json::Json;
use crate::plan::{Dialect, Formula, NodeIndex};
use crate::status::TaskStatus;

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, dialect: Dialect) {
    let ordinal = turn.schedule(node, frame, |_| {});
    if turn.flaw.is_some() {
        return;
    }
    let input = turn.exec.task(ordinal).map(|task| task.input.object()).unwrap_or_default();
    match at_once(dialect, &input) {
        Some(answer) => finish(turn, ordinal, dialect, answer),
        None => turn.ask(ordinal),
    }
}

/// The value where no evaluator is needed for it.
fn at_once(dialect: Dialect, input: &Map<String, Value>) -> Option<Answer> {
    let (key, demand) = match dialect {
        Dialect::Inline => {
            ("expression", "Empty 'expression' in INLINE task. A non-empty value is required.")
        }
        Dialect::Lambda => ("scriptExpression", "Empty 'scriptExpression' in Lambda task. "),
        Dialect::Jq => ("queryExpression", "Missing 'queryExpression' in input parameters"),
    };
    let failed = |reason: String| Some(Err(super::EvaluationError::Failed(reason)));
    let Some(text) = input.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty()) else {
        return failed(demand.to_owned());
    };
    if dialect != Dialect::Inline {
        return None;
    }
    let evaluator = match input.get("evaluatorType") {
        None | Some(Value::Null) => "javascript",
        Some(Value::String(name)) if !name.trim().is_empty() => name,
        Some(Value::String(_)) => {
            let reason = "Empty 'evaluatorType' in INLINE task's input parameters. A non-empty String value must be provided.";
            return failed(reason.to_owned());
        }
        Some(other) => return failed(format!("Unknown evaluator '{other}' in INLINE task.")),
    };
    match Formula::of(evaluator, text) {
        None => failed(format!("Unknown evaluator '{evaluator}' in INLINE task.")),
        Some(Formula::Key(key)) => Some(Ok(input.get(&*key).cloned().unwrap_or(Value::Null))),
        Some(Formula::Value(condition)) => {
            let input = Value::Object(input.clone());
            let value = condition.eval(&|path| select(&input, path));
            Some(value.map_err(|error| super::EvaluationError::Failed(error.to_string())))
        }
        Some(Formula::Script(_)) => None,
    }
}

/// Ends the attempt with the value, or with what kept it from having one.
pub(super) fn finish(turn: &mut Turn<'_>, ordinal: u32, dialect: Dialect, answer: Answer) {
    let ending = match answer {
        Ok(value) => {
            let output = match dialect {
                Dialect::Inline | Dialect::Lambda => json!({"result": value}),
                Dialect::Jq => {
                    let first = value.get(0).cloned().unwrap_or(Value::Null);
                    json!({"result": first, "resultList": value})
                }
            };
            Ending { output: Some(Json::of(&output)), ..Ending::completed() }
        }
        Err(error) => {
            let reason = error.to_string();
            let status = match dialect {
                Dialect::Inline => error.status(),
                Dialect::Lambda | Dialect::Jq => TaskStatus::Failed,
            };
            let output = Some(Json::of(&json!({"error": reason})));
            Ending { output, ..Ending::new(status, Some(&reason)) }
        }
    };
    end_task(turn, ordinal, ending);
}
