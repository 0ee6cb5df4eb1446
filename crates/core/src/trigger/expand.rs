//! Texts that are JSON, read (Conductor: `expandInlineJSON`).

use serde_json::{Map, Value};

/// A payload in which each text that is a JSON object or list counts as that. What such a text holds stays as it is.
pub fn expanded(payload: &Map<String, Value>) -> Map<String, Value> {
    payload.iter().map(|(key, value)| (key.clone(), value_of(value))).collect()
}

fn value_of(value: &Value) -> Value {
    match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        Value::Array(items) => items.iter().map(value_of).collect(),
        Value::Object(fields) => Value::Object(expanded(fields)),
        plain => plain.clone(),
    }
}
