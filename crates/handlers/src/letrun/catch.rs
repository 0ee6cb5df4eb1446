//! `catch` in three tasks: whether an error is caught, its way outwards if it is not, and what the block yields.
//!
//! | task | is given | yields |
//! |---|---|---|
//! | `letrun.catch` | `error`: what TRY_CATCH says of the failure | `{handledBlocks: ["catch"], error}`, and `matched` |
//! | `letrun.rethrow` | the same | nothing: it fails with that error |
//! | `letrun.caught` | `caught`: the result of the first, or null; `error`: the same, or null; `finally`: whether there is such a block | `{handledBlocks, error}` |
//!
//! In a loop the first may have been in an earlier round: without an error in this one it does not count.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::parameters::{Field, Kind, Parameters, optional};
use super::script::{self, Script};
use super::values::is_truthy;
use super::{Done, Failed};
use crate::Language;

pub(super) const SCHEMA: [Field; 4] = [
    optional("errorName", Kind::Text),
    optional("expression", Kind::Text),
    optional("language", Kind::Text),
    optional("evaluatorType", Kind::Text),
];

pub(super) async fn run(call: &Call<'_>) -> Result<Done, Failed> {
    let parameters = Parameters::read(call, &SCHEMA)?;
    let error = error(call);
    let is_matched = match (parameters.text("errorName"), parameters.text("expression")) {
        (None, None) => true,
        (Some(name), None) => error.get("name").and_then(Value::as_str) == Some(name),
        (None, Some(source)) => {
            let language = script::named_language(&parameters)?.unwrap_or(Language::JavaScript);
            let more = Map::from_iter([("error".to_owned(), error.clone())]);
            let names = script::names(call, &json!({}), more)?;
            let value = script::evaluate(call, Script { language, source, names }).await?;
            value.is_some_and(|value| is_truthy(&value))
        }
        (Some(_), Some(_)) => {
            return Err(call.invalid("only one of \"errorName\" and \"expression\" may be given"));
        }
    };
    let blocks = if is_matched { json!(["catch"]) } else { json!([]) };
    Ok(Done::result(json!({"handledBlocks": blocks, "error": error})).with("matched", is_matched.into()))
}

/// Nobody has caught it: it fails this task, too.
pub(super) fn rethrow(call: &Call<'_>) -> Result<Done, Failed> {
    let mut details = match error(call) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let mut text = |name: &str| details.shift_remove(name).and_then(|text| text.as_str().map(str::to_owned));
    let name = text("name").unwrap_or_else(|| "Error".to_owned());
    let message = text("message").unwrap_or_default();
    let result = call.field("error").and_then(|error| error.pointer("/output/result")).cloned().map(Box::new);
    Err(Failed { name, message, terminal: true, details: Box::new(details), result })
}

pub(super) fn caught(call: &Call<'_>) -> Result<Done, Failed> {
    let is_earlier = call.field("error").is_some_and(Value::is_null);
    let caught = call.field("caught").filter(|caught| caught.is_object() && !is_earlier);
    let blocks = caught.and_then(|caught| caught.get("handledBlocks")).and_then(Value::as_array);
    let mut blocks = blocks.cloned().unwrap_or_default();
    if call.field("finally") == Some(&Value::Bool(true)) {
        blocks.push("finally".into());
    }
    let mut result = Map::new();
    if !blocks.is_empty() {
        result.insert("handledBlocks".to_owned(), blocks.into());
    }
    if let Some(error) = caught.and_then(|caught| caught.get("error")) {
        result.insert("error".to_owned(), error.clone());
    }
    Ok(Done::result(Value::Object(result)))
}

/// The error as letrun shows it: what the failed attempt left, or what the engine says of it.
fn error(call: &Call<'_>) -> Value {
    let failure = call.field("error").unwrap_or(&Value::Null);
    let reason = failure.get("message").and_then(Value::as_str).unwrap_or_default();
    let name = match failure.get("status").and_then(Value::as_str) {
        Some("TIMED_OUT") => "TimeoutError",
        _ => "Error",
    };
    let mut error = Map::from_iter([("name".to_owned(), name.into()), ("message".to_owned(), reason.into())]);
    if let Some(Value::Object(left)) = failure.pointer("/output/error") {
        error.extend(left.clone());
    }
    if let Some(task) = failure.get("taskReferenceName") {
        error.entry("task").or_insert_with(|| task.clone());
    }
    Value::Object(error)
}
