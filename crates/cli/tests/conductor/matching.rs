//! Whether a value is what a case expects.
//!
//! An object matches if what it names matches. In strings `<*>` stands for any text. Whole strings stand for a
//! kind of value: `<any>` one that is there, `<absent>` none, `<uuid>`, `<ms>` a point in time in milliseconds,
//! `<iso>` one as text. `{"<some>": […]}` matches a list that has something for each, `{"<exactly>": …}` the
//! very same value.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What steps saved.
pub(crate) type Saved = BTreeMap<String, String>;

/// Text with what was saved in place of its name.
pub(crate) fn fill_text(text: &str, saved: &Saved) -> String {
    saved.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("<{name}>"), value))
}

/// A value with what was saved in place of its names.
pub(crate) fn fill(value: &Value, saved: &Saved) -> Value {
    match value {
        Value::String(text) => Value::String(fill_text(text, saved)),
        Value::Array(list) => list.iter().map(|item| fill(item, saved)).collect(),
        Value::Object(map) => {
            let filled = map.iter().map(|(key, value)| (fill_text(key, saved), fill(value, saved)));
            Value::Object(filled.collect())
        }
        other => other.clone(),
    }
}

/// Where and how `found` is not what is `wanted`.
pub(crate) fn difference(wanted: &Value, found: Option<&Value>, place: &str) -> Option<String> {
    let told = |what: &Value| Some(format!("{place}: wanted {what}, found {}", shown(found)));
    match (wanted, found) {
        (Value::String(kind), _) if is_kind(kind) => {
            if is_of_kind(kind, found) {
                None
            } else {
                told(wanted)
            }
        }
        (Value::String(pattern), Some(Value::String(text))) if pattern.contains("<*>") => {
            if matches_pattern(pattern, text) { None } else { told(wanted) }
        }
        (Value::Object(wanted), Some(found)) => object(wanted, found, place),
        (Value::Array(list), Some(Value::Array(items))) if list.len() == items.len() => list
            .iter()
            .zip(items)
            .enumerate()
            .find_map(|(at, (wanted, found))| difference(wanted, Some(found), &format!("{place}[{at}]"))),
        (wanted, Some(found)) if wanted == found => None,
        _ => told(wanted),
    }
}

fn object(wanted: &Map<String, Value>, found: &Value, place: &str) -> Option<String> {
    if let Some(value) = wanted.get("<exactly>") {
        return (value != found).then(|| format!("{place}: wanted exactly {value}, found {found}"));
    }
    if let Some(Value::Array(some)) = wanted.get("<some>") {
        let items = found.as_array().map(Vec::as_slice).unwrap_or_default();
        let missing = some
            .iter()
            .find(|wanted| !items.iter().any(|item| difference(wanted, Some(item), place).is_none()))?;
        return Some(format!("{place}: nothing like {missing} in {found}"));
    }
    if !found.is_object() {
        return Some(format!("{place}: wanted an object, found {found}"));
    }
    wanted.iter().find_map(|(key, value)| difference(value, found.get(key), &format!("{place}.{key}")))
}

fn shown(found: Option<&Value>) -> String {
    found.map_or_else(|| "nothing".to_owned(), Value::to_string)
}

fn is_kind(text: &str) -> bool {
    ["<any>", "<absent>", "<uuid>", "<ms>", "<iso>"].contains(&text)
}

fn is_of_kind(kind: &str, found: Option<&Value>) -> bool {
    let Some(found) = found else { return kind == "<absent>" };
    match kind {
        "<any>" => !found.is_null(),
        "<uuid>" => found.as_str().is_some_and(|text| text.len() == 36 && text.matches('-').count() == 4),
        // After 2020.
        "<ms>" => found.as_i64().is_some_and(|ms| ms > 1_577_836_800_000),
        "<iso>" => found.as_str().is_some_and(|text| {
            text.len() == 24 && text.as_bytes().get(10) == Some(&b'T') && text.ends_with('Z')
        }),
        _ => false,
    }
}

fn matches_pattern(pattern: &str, text: &str) -> bool {
    let parts: Vec<&str> = pattern.split("<*>").collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    for part in &parts[1..parts.len() - 1] {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}
