//! Which matchers there are, and when each holds.

use std::cmp::Ordering;

use serde_json::Value;

use super::super::values::{is_same, is_truthy};
use super::report::printed;

pub(super) const NAMES: [&str; 18] = [
    "toBe",
    "toBeDefined",
    "toBeFalsy",
    "toBeNull",
    "toBeTruthy",
    "toBeUndefined",
    "toBeNaN",
    "toBeGreaterThan",
    "toBeGreaterThanOrEqual",
    "toBeLessThan",
    "toBeLessThanOrEqual",
    "toContain",
    "toContainEqual",
    "toEqual",
    "toStrictEqual",
    "toHaveLength",
    "toMatch",
    "toMatchObject",
];

/// What is compared with what.
pub(super) struct Subject<'a> {
    pub(super) matcher: &'a str,
    pub(super) received: &'a Value,
    pub(super) expected: Option<&'a Value>,
    pub(super) is_not: bool,
}

/// What came of it, in Jest's words.
pub(super) struct Outcome {
    pub(super) holds: bool,
    /// After the call: `Object.is equality`.
    pub(super) comment: &'static str,
    /// Before the values: `Expected substring`, `Received string`.
    pub(super) labels: (&'static str, &'static str),
    /// Before the expected value: `> `.
    pub(super) sign: &'static str,
    /// Whether the matcher takes a value at all.
    pub(super) has_expected: bool,
}

impl Outcome {
    fn of(holds: bool) -> Self {
        Self { holds, comment: "", labels: ("Expected", "Received"), sign: "", has_expected: true }
    }

    fn alone(holds: bool) -> Self {
        Self { has_expected: false, ..Self::of(holds) }
    }
}

/// Values that the matcher cannot be used on: which one, and what it must be.
pub(super) struct Misuse {
    pub(super) side: &'static str,
    pub(super) value: String,
    pub(super) must: &'static str,
}

pub(super) fn apply(subject: &Subject<'_>) -> Result<Outcome, Misuse> {
    let Subject { matcher, received, expected, .. } = *subject;
    let equals = |expected: Option<&Value>| expected.is_some_and(|expected| is_same(received, expected));
    Ok(match matcher {
        "toBe" => Outcome { comment: "Object.is equality", ..Outcome::of(is_identical(received, expected)) },
        "toEqual" => Outcome { comment: "deep equality", ..Outcome::of(equals(expected)) },
        "toStrictEqual" => Outcome { comment: "deep equality", ..Outcome::of(equals(expected)) },
        "toBeDefined" => Outcome::alone(true),
        "toBeUndefined" | "toBeNaN" => Outcome::alone(false),
        "toBeNull" => Outcome::alone(received.is_null()),
        "toBeTruthy" => Outcome::alone(is_truthy(received)),
        "toBeFalsy" => Outcome::alone(!is_truthy(received)),
        "toContain" | "toContainEqual" => contain(subject)?,
        "toHaveLength" => length(received, expected)?,
        "toMatch" => matches(received, expected)?,
        "toMatchObject" => match_object(received, expected)?,
        order => ordered(order, received, expected)?,
    })
}

/// Lists and objects of JSON are never the same one.
fn is_identical(received: &Value, expected: Option<&Value>) -> bool {
    let is_container = received.is_array() || received.is_object();
    expected.is_some_and(|expected| !is_container && is_same(received, expected))
}

fn ordered(matcher: &str, received: &Value, expected: Option<&Value>) -> Result<Outcome, Misuse> {
    const MUST: &str = "must be a number or bigint";
    let left = received.as_f64().ok_or_else(|| Misuse::of("received", Some(received), MUST))?;
    let right = expected.and_then(Value::as_f64).ok_or_else(|| Misuse::of("expected", expected, MUST))?;
    let order = left.partial_cmp(&right).unwrap_or(Ordering::Equal);
    let (holds, sign) = match matcher {
        "toBeGreaterThan" => (order.is_gt(), "> "),
        "toBeGreaterThanOrEqual" => (order.is_ge(), ">= "),
        "toBeLessThan" => (order.is_lt(), "< "),
        _ => (order.is_le(), "<= "),
    };
    Ok(Outcome { sign, ..Outcome::of(holds) })
}

fn contain(subject: &Subject<'_>) -> Result<Outcome, Misuse> {
    let Subject { matcher, received, expected, .. } = *subject;
    let is_deep = matcher == "toContainEqual";
    let comment = if is_deep { "deep equality" } else { "indexOf" };
    match received {
        Value::Array(items) => {
            let is_it = |item: &Value| match is_deep {
                true => expected.is_some_and(|expected| is_same(item, expected)),
                false => is_identical(item, expected),
            };
            let labels = ("Expected value", "Received array");
            Ok(Outcome { comment, labels, ..Outcome::of(items.iter().any(is_it)) })
        }
        Value::String(text) if !is_deep => match expected {
            Some(Value::String(part)) => {
                let labels = ("Expected substring", "Received string");
                Ok(Outcome { comment, labels, ..Outcome::of(text.contains(part.as_str())) })
            }
            other => Err(Misuse::of("expected", other, "must be a string if received value is a string")),
        },
        other => Err(Misuse::of("received", Some(other), "must be an array or a string")),
    }
}

fn length(received: &Value, expected: Option<&Value>) -> Result<Outcome, Misuse> {
    let length = match received {
        Value::Array(items) => Some(items.len() as f64),
        Value::String(text) => Some(text.encode_utf16().count() as f64),
        Value::Object(fields) => fields.get("length").and_then(Value::as_f64),
        _ => None,
    };
    let must = "must have a length property whose value must be a number";
    let length = length.ok_or_else(|| Misuse::of("received", Some(received), must))?;
    let wanted = expected.and_then(Value::as_f64).filter(|wanted| *wanted >= 0.0 && wanted.fract() == 0.0);
    let wanted = wanted.ok_or_else(|| Misuse::of("expected", expected, "must be a non-negative integer"))?;
    let labels = ("Expected length", if received.is_array() { "Received array" } else { "Received value" });
    Ok(Outcome { labels, ..Outcome::of(length == wanted) })
}

fn matches(received: &Value, expected: Option<&Value>) -> Result<Outcome, Misuse> {
    let text = received.as_str().ok_or_else(|| Misuse::of("received", Some(received), "must be a string"))?;
    let must = "must be a string or regular expression";
    let part = expected.and_then(Value::as_str).ok_or_else(|| Misuse::of("expected", expected, must))?;
    Ok(Outcome { labels: ("Expected substring", "Received string"), ..Outcome::of(text.contains(part)) })
}

fn match_object(received: &Value, expected: Option<&Value>) -> Result<Outcome, Misuse> {
    let is_object = |value: &Value| value.is_object() || value.is_array();
    let must = "must be a non-null object";
    if !is_object(received) {
        return Err(Misuse::of("received", Some(received), must));
    }
    let wanted =
        expected.filter(|wanted| is_object(wanted)).ok_or_else(|| Misuse::of("expected", expected, must))?;
    Ok(Outcome::of(has_all_of(received, wanted)))
}

/// Each wanted field is there; lists are of one length.
fn has_all_of(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Object(fields), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, wanted)| fields.get(name).is_some_and(|value| has_all_of(value, wanted))),
        (Value::Array(items), Value::Array(wanted)) => {
            items.len() == wanted.len()
                && items.iter().zip(wanted).all(|(item, wanted)| has_all_of(item, wanted))
        }
        _ => is_same(value, wanted),
    }
}

impl Misuse {
    fn of(side: &'static str, value: Option<&Value>, must: &'static str) -> Self {
        let value = match value {
            None => format!("{side} has value: undefined"),
            Some(Value::Null) => format!("{side} has value: null"),
            Some(value) => format!("{side} has type:  {}\n{side} has value: {}", kind(value), printed(value)),
        };
        Self { side, value, must }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
