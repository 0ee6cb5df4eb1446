//! JavaScript's meaning of a condition, as far as its grammar goes.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Expression, Operator, TypeError};
use crate::expression::Segment;

/// A value or `undefined`.
type Known = Option<Value>;
type Lookup<'a> = &'a dyn Fn(&[Segment]) -> Option<Value>;

pub(super) fn evaluate(expression: &Expression, lookup: Lookup<'_>) -> Result<Value, TypeError> {
    Ok(known(expression, lookup)?.unwrap_or(Value::Null))
}

fn known(expression: &Expression, lookup: Lookup<'_>) -> Result<Known, TypeError> {
    Ok(match expression {
        Expression::Literal(value) => Some(value.clone()),
        Expression::Undefined => None,
        Expression::Path(path) => match lookup(path).or_else(|| length(path, lookup)) {
            None => missing(path, lookup)?,
            found => found,
        },
        Expression::Not(operand) => Some(Value::Bool(!truthy(&known(operand, lookup)?))),
        Expression::Binary(left, operator, right) => binary(left, *operator, right, lookup)?,
    })
}

/// A property that is not there is `undefined`; one of what is not there itself cannot be read.
fn missing(path: &[Segment], lookup: Lookup<'_>) -> Result<Known, TypeError> {
    let Some((last, owner)) = path.split_last().filter(|(_, owner)| !owner.is_empty()) else {
        return Ok(None);
    };
    let of = match lookup(owner) {
        Some(Value::Null) => "null",
        Some(_) => return Ok(None),
        None => "undefined",
    };
    let property = match last {
        Segment::Key(key) => key.clone(),
        Segment::Index(index) => index.to_string(),
    };
    Err(TypeError { property, of })
}

/// `length` of a list or a text, which JSON does not carry as a property.
fn length(path: &[Segment], lookup: Lookup<'_>) -> Known {
    let (Segment::Key(last), owner) = path.split_last()? else { return None };
    if last != "length" {
        return None;
    }
    match lookup(owner)? {
        Value::Array(items) => Some(Value::from(items.len())),
        Value::String(text) => Some(Value::from(text.encode_utf16().count())),
        _ => None,
    }
}

fn binary(
    left: &Expression,
    operator: Operator,
    right: &Expression,
    lookup: Lookup<'_>,
) -> Result<Known, TypeError> {
    let left = known(left, lookup)?;
    match operator {
        Operator::Or if truthy(&left) => return Ok(left),
        Operator::And if !truthy(&left) => return Ok(left),
        _ => {}
    }
    let right = known(right, lookup)?;
    let answer = match operator {
        Operator::Or | Operator::And => return Ok(right),
        Operator::LooseEqual => loose_equal(&left, &right),
        Operator::LooseUnequal => !loose_equal(&left, &right),
        Operator::StrictEqual => strict_equal(&left, &right),
        Operator::StrictUnequal => !strict_equal(&left, &right),
        Operator::Less => order(&left, &right) == Some(Ordering::Less),
        Operator::LessOrEqual => matches!(order(&left, &right), Some(Ordering::Less | Ordering::Equal)),
        Operator::Greater => order(&left, &right) == Some(Ordering::Greater),
        Operator::GreaterOrEqual => matches!(order(&left, &right), Some(Ordering::Greater | Ordering::Equal)),
    };
    Ok(Some(Value::Bool(answer)))
}

fn truthy(value: &Known) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Bool(value)) => *value,
        Some(Value::Number(number)) => number.as_f64().is_some_and(|number| number != 0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(_) | Value::Object(_)) => true,
    }
}

fn strict_equal(left: &Known, right: &Known) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(Value::Number(left)), Some(Value::Number(right))) => left.as_f64() == right.as_f64(),
        // Two reads of the same data are not told apart from two equal values.
        (Some(left), Some(right)) => left == right,
        _ => false,
    }
}

fn loose_equal(left: &Known, right: &Known) -> bool {
    match (left, right) {
        (None | Some(Value::Null), None | Some(Value::Null)) => true,
        (None | Some(Value::Null), _) | (_, None | Some(Value::Null)) => false,
        (Some(one), Some(other)) if kind(one) == kind(other) => strict_equal(left, right),
        (Some(Value::Array(_) | Value::Object(_)), Some(Value::String(text))) => text_of(left) == *text,
        (Some(Value::String(text)), Some(Value::Array(_) | Value::Object(_))) => text_of(right) == *text,
        (Some(Value::Array(_)), Some(Value::Object(_))) | (Some(Value::Object(_)), Some(Value::Array(_))) => {
            false
        }
        _ => number(left) == number(right),
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

/// Two texts by their UTF-16 units, anything else by number; `None` when a side is not a number.
fn order(left: &Known, right: &Known) -> Option<Ordering> {
    let is_text =
        |value: &Known| matches!(value, Some(Value::String(_) | Value::Array(_) | Value::Object(_)));
    if is_text(left) && is_text(right) {
        return Some(text_of(left).encode_utf16().cmp(text_of(right).encode_utf16()));
    }
    number(left).partial_cmp(&number(right))
}

/// `Number(value)`; NaN when the value is not one.
fn number(value: &Known) -> f64 {
    match value {
        None => f64::NAN,
        Some(Value::Null) => 0.0,
        Some(Value::Bool(value)) => f64::from(u8::from(*value)),
        Some(Value::Number(number)) => number.as_f64().unwrap_or(f64::NAN),
        Some(Value::String(text)) => text_number(text),
        Some(Value::Array(_) | Value::Object(_)) => text_number(&text_of(value)),
    }
}

fn text_number(text: &str) -> f64 {
    let text = text.trim();
    let radix =
        |digits: &str, radix| u64::from_str_radix(digits, radix).map_or(f64::NAN, |number| number as f64);
    match text {
        "" => 0.0,
        "Infinity" | "+Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ => match text.get(..2) {
            Some("0x" | "0X") => radix(&text[2..], 16),
            Some("0o" | "0O") => radix(&text[2..], 8),
            Some("0b" | "0B") => radix(&text[2..], 2),
            // Rust also reads "inf" and "nan"; JavaScript does not.
            _ if text.contains(|c: char| !matches!(c, '0'..='9' | '.' | 'e' | 'E' | '+' | '-')) => f64::NAN,
            _ => text.parse().unwrap_or(f64::NAN),
        },
    }
}

/// `String(value)`, as far as comparisons need it.
fn text_of(value: &Known) -> String {
    match value {
        None => "undefined".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => match number.as_f64() {
            Some(double) => double.to_string(),
            None => number.to_string(),
        },
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| if item.is_null() { String::new() } else { text_of(&Some(item.clone())) })
            .collect::<Vec<_>>()
            .join(","),
        Some(Value::Object(_)) => "[object Object]".to_owned(),
        Some(other) => other.to_string(),
    }
}
