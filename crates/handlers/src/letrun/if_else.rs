//! `if`: a comparison, as JavaScript compares.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::call::Call;
use super::parameters::{Field, Kind, Parameters, optional, required};
use super::script::{self, Script};
use super::values::{compare, is_alike, is_same, is_truthy, to_text};
use super::{Done, Failed};
use crate::Language;

pub(super) const SCHEMA: [Field; 3] =
    [required("left", Kind::Any), required("operator", Kind::Text), optional("right", Kind::Any)];
/// The language's own regular expressions, in a child that can be stopped.
const MATCHES: &str = "new RegExp(input.right).test(input.left)";

pub(super) async fn run(call: &Call<'_>) -> Result<Done, Failed> {
    let mut parameters = Parameters::read(call, &SCHEMA)?;
    let left = parameters.take("left").unwrap_or_default();
    let right = parameters.take("right");
    let operator = parameters.text("operator").unwrap_or_default().to_ascii_lowercase();
    let operator = operator.split_whitespace().collect::<Vec<_>>().join(" ");
    let holds = match operator.as_str() {
        "matches regex" => matches(call, left, right).await?,
        operator => holds(operator, &left, right.as_ref()).map_err(|failed| Failed {
            message: format!("{}: {}", call.named(), failed.message),
            ..failed
        })?,
    };
    Ok(Done::result(Value::Bool(holds)))
}

async fn matches(call: &Call<'_>, left: Value, right: Option<Value>) -> Result<bool, Failed> {
    let mut input = Map::new();
    input.insert("left".to_owned(), left);
    input.extend(right.map(|right| ("right".to_owned(), right)));
    let names = Map::from_iter([("input".to_owned(), Value::Object(input))]);
    let script = Script { language: Language::JavaScript, source: MATCHES, names };
    Ok(script::evaluate(call, script).await? == Some(Value::Bool(true)))
}

fn holds(operator: &str, left: &Value, right: Option<&Value>) -> Result<bool, Failed> {
    let ordered = |wanted: &[Ordering]| {
        // Nothing compares with what is not there.
        right.and_then(|right| compare(left, right)).is_some_and(|order| wanted.contains(&order))
    };
    Ok(match operator {
        "==" => right.is_some_and(|right| is_same(left, right)),
        "!=" | "<>" => !right.is_some_and(|right| is_same(left, right)),
        "=" => is_alike(left, right.unwrap_or(&Value::Null)),
        ">" => ordered(&[Ordering::Greater]),
        "<" => ordered(&[Ordering::Less]),
        ">=" => ordered(&[Ordering::Greater, Ordering::Equal]),
        "<=" => ordered(&[Ordering::Less, Ordering::Equal]),
        "in" => right.is_some_and(|right| is_in(left, right)),
        "not in" => !right.is_some_and(|right| is_in(left, right)),
        "contains" => right.is_some_and(|right| is_in(right, left)),
        "not contains" => !right.is_some_and(|right| is_in(right, left)),
        "is empty" => is_empty(left)?,
        "is not empty" => !is_empty(left)?,
        "is defined" => !left.is_null(),
        "is not defined" => left.is_null(),
        "truly" | "is truly" => is_truthy(left),
        "falsy" | "is falsy" => !is_truthy(left),
        unknown => return Err(Failed::invalid(format!("Invalid operator: {unknown}"))),
    })
}

/// A part of a text, an item of a list, a key of an object.
fn is_in(part: &Value, whole: &Value) -> bool {
    match whole {
        Value::String(text) => text.contains(&to_text(part)),
        Value::Array(items) => items.iter().any(|item| is_same(item, part)),
        Value::Object(fields) => fields.contains_key(&to_text(part)),
        _ => false,
    }
}

fn is_empty(value: &Value) -> Result<bool, Failed> {
    match value {
        Value::Null => {
            Err(Failed::new("TypeError", "null is neither empty nor not empty; ask whether it is defined"))
        }
        Value::String(text) => Ok(text.is_empty()),
        Value::Array(items) => Ok(items.is_empty()),
        Value::Object(fields) => Ok(fields.is_empty()),
        Value::Bool(_) | Value::Number(_) => Ok(false),
    }
}
