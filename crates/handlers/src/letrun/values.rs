//! JSON values as JavaScript treats them.
//!
//! One difference: JSON has no identity, so two lists or objects are equal where they say the same.

use std::cmp::Ordering;

use serde_json::Value;

/// Whether a condition holds for it.
pub(super) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// `String(value)`.
pub(super) fn to_text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                format!("{float:.0}")
            }
            _ => number.to_string(),
        },
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let texts = items.iter().map(|item| if item.is_null() { String::new() } else { to_text(item) });
            texts.collect::<Vec<_>>().join(",")
        }
        Value::Object(_) => "[object Object]".to_owned(),
    }
}

/// `Number(value)`.
pub(super) fn to_number(value: &Value) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
        Value::String(text) => text_to_number(text.trim()),
        Value::Array(_) => text_to_number(to_text(value).trim()),
        Value::Object(_) => f64::NAN,
    }
}

fn text_to_number(text: &str) -> f64 {
    let radix =
        |digits: &str, radix| u64::from_str_radix(digits, radix).map_or(f64::NAN, |number| number as f64);
    match text {
        "" => 0.0,
        "Infinity" | "+Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ if text.starts_with("0x") || text.starts_with("0X") => radix(&text[2..], 16),
        _ if text.starts_with("0b") || text.starts_with("0B") => radix(&text[2..], 2),
        _ if text.starts_with("0o") || text.starts_with("0O") => radix(&text[2..], 8),
        // Rust reads names of numbers, too.
        _ if text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) => {
            text.parse().unwrap_or(f64::NAN)
        }
        _ => f64::NAN,
    }
}

/// `===`.
pub(super) fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| is_same(value, other)))
        }
        (left, right) => left == right,
    }
}

/// `==`.
pub(super) fn is_alike(left: &Value, right: &Value) -> bool {
    let is_container = |value: &Value| value.is_array() || value.is_object();
    match (left, right) {
        (Value::Null, other) | (other, Value::Null) => other.is_null(),
        (Value::String(_), Value::String(_)) => left == right,
        _ if is_container(left) && is_container(right) => is_same(left, right),
        _ if is_container(left) && right.is_string() => to_text(left) == to_text(right),
        _ if is_container(right) && left.is_string() => to_text(left) == to_text(right),
        _ => to_number(left) == to_number(right),
    }
}

/// What `<` and `>` go by; nothing where neither holds.
pub(super) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    let text = |value: &Value| match value {
        Value::String(_) | Value::Array(_) | Value::Object(_) => Some(to_text(value)),
        _ => None,
    };
    match (text(left), text(right)) {
        (Some(left), Some(right)) => Some(left.encode_utf16().cmp(right.encode_utf16())),
        _ => to_number(left).partial_cmp(&to_number(right)),
    }
}
