//! Strict parameters, by one small schema per task.
//!
//! What is not named is refused, and a text that reads as what is wanted is taken for it (`"5"` for a number, a JSON
//! text for a list), as files written for letrun expect. Numbers and booleans are taken where a text is wanted: a
//! reference that is the whole value keeps its type, and used to be a text always.

use serde_json::{Map, Value};

use super::Failed;
use super::call::Call;
use super::values::{to_number, to_text};

/// What a parameter may be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Whatever JSON has.
    Any,
    /// A text, not empty.
    Text,
    /// Whatever has a text: objects and lists as JSON.
    Printed,
    /// A number, or its text.
    Number,
    /// A whole number of at least zero.
    Whole,
    /// `true`, `false`, or their texts.
    Boolean,
    /// A list, or its JSON text.
    List,
    /// An object, or its JSON text.
    Object,
    /// One of these texts, in any case.
    OneOf(&'static [&'static str]),
}

/// A parameter.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) is_required: bool,
}

pub(super) const fn required(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_required: true }
}

pub(super) const fn optional(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_required: false }
}

/// Parameters that fit their schema.
#[derive(Debug)]
pub(super) struct Parameters(Map<String, Value>);

impl Parameters {
    /// Reads a call's parameters. The error names the task and everything that is wrong.
    pub(super) fn read(call: &Call<'_>, schema: &[Field]) -> Result<Self, Failed> {
        let mut given = call.parameters()?;
        let mut fitting = Map::new();
        let mut wrong = Vec::new();
        for field in schema {
            match fit(field, given.shift_remove(field.name)) {
                Ok(Some(value)) => drop(fitting.insert(field.name.to_owned(), value)),
                Ok(None) => {}
                Err(what) => wrong.push(format!("\"{}\" {what}", field.name)),
            }
        }
        wrong.extend(given.keys().map(|name| format!("\"{name}\" is not allowed")));
        if wrong.is_empty() { Ok(Self(fitting)) } else { Err(call.invalid(&wrong.join(", "))) }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.shift_remove(name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.get(name)?.as_f64()
    }

    pub(super) fn whole(&self, name: &str) -> Option<u64> {
        self.get(name)?.as_u64()
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }

    pub(super) fn list(&self, name: &str) -> &[Value] {
        self.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn object(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.get(name).and_then(Value::as_object).into_iter().flatten()
    }
}

fn fit(field: &Field, value: Option<Value>) -> Result<Option<Value>, String> {
    let value = match (value, field.kind) {
        (None, _) if field.is_required => return Err("is required".to_owned()),
        (None, _) => return Ok(None),
        (Some(value), Kind::Any) => return Ok(Some(value)),
        (Some(Value::Null), _) if !field.is_required => return Ok(None),
        (Some(value), _) => value,
    };
    match (converted(field.kind, &value), field.kind) {
        (Some(Value::String(text)), Kind::Text | Kind::Printed) if text.is_empty() => {
            Err("is not allowed to be empty".to_owned())
        }
        (Some(value), _) => Ok(Some(value)),
        (None, kind) => Err(format!("must be {}, found {}", wanted(kind), shown(&value))),
    }
}

fn wanted(kind: Kind) -> String {
    match kind {
        Kind::Any => "a value".to_owned(),
        Kind::Text | Kind::Printed => "a string".to_owned(),
        Kind::Number => "a number".to_owned(),
        Kind::Whole => "a whole number of at least 0".to_owned(),
        Kind::Boolean => "a boolean".to_owned(),
        Kind::List => "an array".to_owned(),
        Kind::Object => "an object".to_owned(),
        Kind::OneOf(texts) => format!("one of [{}]", texts.join(", ")),
    }
}

fn converted(kind: Kind, value: &Value) -> Option<Value> {
    match kind {
        Kind::Any => Some(value.clone()),
        Kind::Text => match value {
            Value::String(_) => Some(value.clone()),
            Value::Number(_) | Value::Bool(_) => Some(to_text(value).into()),
            _ => None,
        },
        Kind::Printed => match value {
            Value::Object(_) | Value::Array(_) => Some(value.to_string().into()),
            other => Some(to_text(other).into()),
        },
        Kind::Number => number(value),
        Kind::Whole => {
            let number = number(value)?;
            let whole = number.as_u64().or_else(|| {
                let float = number.as_f64()?;
                (float.fract() == 0.0 && (0.0..1e15).contains(&float)).then_some(float as u64)
            });
            whole.map(Value::from)
        }
        Kind::Boolean => match value {
            Value::Bool(_) => Some(value.clone()),
            Value::String(text) => text.trim().to_ascii_lowercase().parse::<bool>().ok().map(Value::from),
            _ => None,
        },
        Kind::List => parsed(value).filter(Value::is_array),
        Kind::Object => parsed(value).filter(Value::is_object),
        Kind::OneOf(texts) => {
            let text = value.as_str()?.trim();
            texts.iter().find(|known| known.eq_ignore_ascii_case(text)).map(|known| Value::from(*known))
        }
    }
}

/// A number as it is; a text that is one as what it reads as.
fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) if !text.trim().is_empty() => {
            let text = text.trim();
            match text.parse::<i64>() {
                Ok(whole) => Some(whole.into()),
                Err(_) => serde_json::Number::from_f64(to_number(value)).map(Value::Number),
            }
        }
        _ => None,
    }
}

fn parsed(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => serde_json::from_str(text).ok(),
        other => Some(other.clone()),
    }
}

const SHOWN_CHARS_MAX: usize = 100;

/// The value, cut to what a message can bear.
pub(super) fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
