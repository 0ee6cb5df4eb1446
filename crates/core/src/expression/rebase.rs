//! Expressions that are written from one root, said from another: `${a.b}` becomes `${workflow.input.payload.a.b}`. Types,
//! escapes and nested expressions stay what they were.

use serde_json::Value;

use super::compile::is_secret;
use super::scan::{Piece, pieces};

/// A value in Conductor's style whose paths begin at `root`. Secrets stay where they are.
pub fn rebased(value: &Value, root: &str) -> Value {
    match value {
        Value::String(text) if text.contains("${") => Value::String(in_text(text, root)),
        Value::Array(items) => items.iter().map(|item| rebased(item, root)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), rebased(value, root)));
            Value::Object(fields.collect())
        }
        plain => plain.clone(),
    }
}

/// A text that stands for itself in a template.
pub fn escaped(text: &str) -> String {
    text.replace("${", "$${")
}

fn in_text(text: &str, root: &str) -> String {
    let parts = pieces(text).into_iter().map(|piece| match piece {
        Piece::Literal(text) => escaped(text),
        Piece::Expression { inner, .. } => format!("${{{}}}", expression(inner, root)),
    });
    parts.collect()
}

fn expression(inner: &str, root: &str) -> String {
    let inner = inner.trim();
    if inner.is_empty() || is_secret(inner) {
        return inner.to_owned();
    }
    let mut quote = None;
    let parts = pieces(inner).into_iter().map(|piece| match piece {
        Piece::Literal(text) => roots_moved(&escaped(text), root, &mut quote),
        Piece::Expression { inner, .. } => format!("${{{}}}", expression(inner, root)),
    });
    let path: String = parts.collect();
    // It has a `$` of its own.
    let is_rooted = inner == "$" || inner.starts_with("$.") || inner.starts_with("$[");
    match path.strip_prefix("$.").filter(|_| is_rooted) {
        Some(moved) => moved.to_owned(),
        None => format!("{root}.{path}"),
    }
}

/// A part of a path in which each `$`, those in filters included, is the new root. `quote` is the one that is open.
fn roots_moved(path: &str, root: &str, quote: &mut Option<char>) -> String {
    let mut moved = String::with_capacity(path.len());
    let mut signs = path.chars().peekable();
    while let Some(sign) = signs.next() {
        moved.push(sign);
        match *quote {
            Some(open) if open == sign => *quote = None,
            None if matches!(sign, '\'' | '"') => *quote = Some(sign),
            None if sign == '$' && matches!(signs.peek(), None | Some('.' | '[')) => {
                moved.push('.');
                moved.push_str(root);
            }
            _ => {}
        }
    }
    moved
}
