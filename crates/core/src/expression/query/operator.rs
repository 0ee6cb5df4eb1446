//! The operators of filters on two values.
//!
//! A missing value compares as `null`. Numbers and texts that hold numbers are equal, as Jayway has it: the side
//! on the right is read as what stands on the left.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::super::java_text;

/// What a comparison asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Same,
    NotSame,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
    SubsetOf,
    AnyOf,
    NoneOf,
    All,
    Contains,
    Size,
    Empty,
}

const NAMES: [(&str, Operator); 18] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("===", Operator::Same),
    ("!==", Operator::NotSame),
    ("<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    (">=", Operator::GreaterOrEqual),
    ("=~", Operator::Matches),
    ("in", Operator::In),
    ("nin", Operator::NotIn),
    ("subsetof", Operator::SubsetOf),
    ("anyof", Operator::AnyOf),
    ("noneof", Operator::NoneOf),
    ("all", Operator::All),
    ("contains", Operator::Contains),
    ("size", Operator::Size),
    ("empty", Operator::Empty),
];

impl Operator {
    /// The operator of a name, in letters of either case.
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, operator)| *operator)
    }

    /// Whether the operator looks at every pair of items of both sides.
    pub(super) fn pairs_items(self) -> bool {
        matches!(self, Self::SubsetOf | Self::AnyOf | Self::NoneOf | Self::All)
    }

    /// Whether the comparison holds. An operator that does not fit the types of its sides does not hold; regular
    /// expressions are no values and are matched elsewhere.
    pub(super) fn holds(self, left: &Value, right: &Value) -> bool {
        match self {
            Self::Equal => equal(left, right),
            Self::NotEqual => !equal(left, right),
            Self::Same => same(left, right),
            Self::NotSame => !same(left, right),
            Self::Less => order(left, right) == Some(Ordering::Less),
            Self::LessOrEqual => order(left, right).is_some_and(Ordering::is_le),
            Self::Greater => order(left, right) == Some(Ordering::Greater),
            Self::GreaterOrEqual => order(left, right).is_some_and(Ordering::is_ge),
            Self::Matches => false,
            Self::In => right.as_array().is_some_and(|list| has(list, left)),
            Self::NotIn => right.as_array().is_some_and(|list| !has(list, left)),
            Self::SubsetOf => lists(left, right, |left, right| left.iter().all(|item| has(right, item))),
            Self::AnyOf => lists(left, right, |left, right| left.iter().any(|item| has(right, item))),
            Self::NoneOf => lists(left, right, |left, right| !left.iter().any(|item| has(right, item))),
            Self::All => lists(left, right, |left, right| right.iter().all(|item| has(left, item))),
            Self::Contains => contains(left, right),
            Self::Size => right.as_i64().is_some_and(|wanted| size(left) == Some(wanted)),
            Self::Empty => right.as_bool().is_some_and(|wanted| is_empty(left) == Some(wanted)),
        }
    }
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare(left, right) == Some(Ordering::Equal),
        (Value::Number(left), Value::String(right)) => {
            let right = serde_json::from_str(right.trim()).ok();
            right.is_some_and(|right| compare(left, &right) == Some(Ordering::Equal))
        }
        (Value::String(left), Value::Number(_)) => *left == java_text::of(right),
        _ => left == right,
    }
}

fn same(left: &Value, right: &Value) -> bool {
    std::mem::discriminant(left) == std::mem::discriminant(right) && equal(left, right)
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare(left, right),
        // As Java orders them: by UTF-16 units.
        (Value::String(left), Value::String(right)) => Some(left.encode_utf16().cmp(right.encode_utf16())),
        _ => None,
    }
}

/// Exact between integers, and as doubles where one is.
fn compare(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

fn has(list: &[Value], wanted: &Value) -> bool {
    list.iter().any(|item| equal(wanted, item))
}

fn lists(left: &Value, right: &Value, holds: impl Fn(&[Value], &[Value]) -> bool) -> bool {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => holds(left, right),
        _ => false,
    }
}

fn contains(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(left), Value::String(right)) => left.contains(right.as_str()),
        (Value::Array(list), _) => list.iter().any(|item| equal(item, right)),
        _ => false,
    }
}

fn size(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => i64::try_from(text.encode_utf16().count()).ok(),
        Value::Array(list) => i64::try_from(list.len()).ok(),
        _ => None,
    }
}

fn is_empty(value: &Value) -> Option<bool> {
    match value {
        Value::String(text) => Some(text.is_empty()),
        Value::Array(list) => Some(list.is_empty()),
        Value::Object(map) => Some(map.is_empty()),
        _ => None,
    }
}
