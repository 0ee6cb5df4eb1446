//! What a failed expectation says, as Jest says it.

use serde_json::Value;

use super::matchers::{Misuse, Outcome, Subject};

/// What a reason can bear of a value.
const VALUE_CHARS_MAX: usize = 1_000;

pub(super) fn mismatch(subject: &Subject<'_>, outcome: &Outcome) -> String {
    let mut text = hint(subject, outcome.has_expected, outcome.comment);
    let (expected, received) = outcome.labels;
    let width = expected.len().max(received.len()) + 1;
    let label = |name: &str| format!("{:width$} ", format!("{name}:"));
    text.push_str("\n\n");
    if outcome.has_expected {
        let value = subject.expected.map_or_else(|| "undefined".to_owned(), printed);
        let not = if subject.is_not { "not " } else { "" };
        text.push_str(&format!("{}{not}{}{value}\n", label(expected), outcome.sign));
    }
    let pad = " ".repeat(if outcome.has_expected { outcome.sign.len() } else { 0 });
    text.push_str(&format!("{}{pad}{}", label(received), printed(subject.received)));
    text
}

pub(super) fn misuse(subject: &Subject<'_>, misuse: &Misuse) -> String {
    let hint = hint(subject, true, "");
    let value = misuse.value.split('\n').map(capitalised).collect::<Vec<_>>().join("\n");
    format!("{hint}\n\nMatcher error: {} value {}\n\n{value}", misuse.side, misuse.must)
}

/// `expect(received).not.toBe(expected) // Object.is equality`.
fn hint(subject: &Subject<'_>, has_expected: bool, comment: &str) -> String {
    let not = if subject.is_not { ".not" } else { "" };
    let expected = if has_expected { "expected" } else { "" };
    let comment = if comment.is_empty() { String::new() } else { format!(" // {comment}") };
    format!("expect(received){not}.{}({expected}){comment}", subject.matcher)
}

fn capitalised(line: &str) -> String {
    let mut letters = line.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `{"a": [1, 2]}`, cut to what a reason can bear.
pub(super) fn printed(value: &Value) -> String {
    let mut text = String::new();
    print(value, &mut text);
    if let Some((end, _)) = text.char_indices().nth(VALUE_CHARS_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}

fn print(value: &Value, text: &mut String) {
    let separated = |text: &mut String, index| text.push_str(if index > 0 { ", " } else { "" });
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                separated(text, index);
                print(item, text);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            text.push('{');
            for (index, (name, value)) in fields.iter().enumerate() {
                separated(text, index);
                text.push_str(&format!("{name:?}: "));
                print(value, text);
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}
