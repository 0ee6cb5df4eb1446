//! How the engine's expressions are written.

use serde_json::Value;

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Key(String),
    Index(i64),
    /// All values.
    All,
}

/// A step by name.
pub(crate) fn key(name: impl Into<String>) -> Step {
    Step::Key(name.into())
}

/// A path that begins with a name.
pub(crate) fn path(root: &str, steps: &[Step]) -> String {
    let mut text = if is_word(root) { root.to_owned() } else { format!("[{}]", quoted(root)) };
    for step in steps {
        match step {
            Step::Key(name) if is_word(name) => text.extend([".", name]),
            Step::Key(name) => text.extend(["[", &quoted(name), "]"]),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
            Step::All => text.push_str("[*]"),
        }
    }
    text
}

/// A literal operand.
pub(crate) fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        // Lists and objects cannot be written: they stand as text.
        Value::Array(_) | Value::Object(_) => quoted(&value.to_string()),
        plain => plain.to_string(),
    }
}

/// A placeholder.
pub(crate) fn placeholder(operands: &[String]) -> String {
    format!("${{{}}}", operands.join(" ?? "))
}

/// A text that stands for itself in the engine's templates.
pub(crate) fn escaped(text: &str) -> String {
    text.replace("${", "${'${'}")
}

/// A value that stands for itself, with all texts in it.
pub(crate) fn constant(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(escaped(text)),
        Value::Array(items) => items.iter().map(constant).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), constant(value))).collect(),
        plain => plain.clone(),
    }
}

/// A text in quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn is_word(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        // Where an operand is expected these are literals.
        && !matches!(name, "true" | "false" | "null")
}
