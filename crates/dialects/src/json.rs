//! Reading of untrusted JSON.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use crate::Diagnostic;
use crate::outline::{Outline, Place, string_end};

/// Objects and arrays inside one another, at most. Deeper text is refused before it is parsed: parsers and
/// everything behind them recurse.
pub const DEPTH_MAX: usize = 64;

/// Reads a JSON text.
///
/// # Errors
/// The first thing that is wrong, with its place and the path of the field.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Diagnostic> {
    check(text)?;
    let text = repaired(text);
    serde_json::from_str(&text).map_err(|error| explain(&text, &error))
}

/// Reads a JSON text that must be an object: of a list, a parser would take the elements for the fields.
///
/// # Errors
/// The first thing that is wrong, with its place and the path of the field.
pub fn read_object<T: DeserializeOwned>(text: &str) -> Result<T, Diagnostic> {
    let start = text.len() - text.trim_start().len();
    if text[start..].starts_with('[') {
        let found = Diagnostic::at(text, start..start + 1, "invalid type: sequence");
        return Err(Diagnostic { expected: Some("an object".into()), ..found });
    }
    read(text)
}

/// Refuses what a parser would overflow its stack on, or would carry along unread and stumble over later: text
/// that nests deeper than [`DEPTH_MAX`], and numbers that no double can hold.
///
/// # Errors
/// Where that is.
pub fn check(text: &str) -> Result<(), Diagnostic> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0usize);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = string_end(bytes, at),
            b'0'..=b'9' => {
                let rest = &bytes[at..];
                let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
                let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
                let number = &text[at..at + length];
                if is_too_large(number) {
                    return Err(Diagnostic::at(text, at..at + length, "number out of range"));
                }
                at += length;
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > DEPTH_MAX {
                    let message = format!("nested deeper than {DEPTH_MAX} levels");
                    return Err(Diagnostic::at(text, at..at + 1, message));
                }
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            _ => at += 1,
        }
    }
    Ok(())
}

fn is_too_large(number: &str) -> bool {
    let may_be = number.len() > 300 || number.contains(['e', 'E']);
    may_be && number.parse::<f64>().is_ok_and(f64::is_infinite)
}

/// The text without halves of surrogate pairs, which JavaScript writes where a text was cut in the middle of a
/// character. Nothing moves: the replacement character is as long.
fn repaired(text: &str) -> Cow<'_, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let mut repaired = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        repaired.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match (surrogate(rest), rest.get(6..).and_then(surrogate)) {
            (Some(Half::High), Some(Half::Low)) => 12,
            (Some(_), _) => {
                repaired.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            // The escaped character is no start of another escape.
            (None, _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        repaired.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    repaired.push_str(rest);
    Cow::Owned(repaired)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    High,
    Low,
}

/// The half of a surrogate pair that a text begins with, written as an escape.
fn surrogate(text: &str) -> Option<Half> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(Half::High),
        0xdc00..=0xdfff => Some(Half::Low),
        _ => None,
    }
}

/// Turns the parser's error into a diagnostic.
fn explain(text: &str, error: &serde_json::Error) -> Diagnostic {
    let whole = error.to_string();
    let message = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(message, _)| message);
    // The parser counts the bytes that it has read.
    let read = offset(text, error.line(), error.column());
    let at = if error.is_eof() { text.len() } else { read.saturating_sub(1) };
    let outline = Outline::of_json(text, read + 1);
    // A scalar is refused after it was read, an object or a list before.
    let found = if error.is_data() { outline.at(read).or_else(|| outline.innermost(at)) } else { None };
    let found = found.map(|value| quoted(text, &outline, value, message).unwrap_or(value));
    let mut diagnostic = match found {
        Some(value) => {
            Diagnostic { path: value.path.clone(), ..Diagnostic::at(text, value.span.clone(), "") }
        }
        None => Diagnostic { path: outline.path_at(at), ..Diagnostic::at(text, at..at, "") },
    };
    (diagnostic.message, diagnostic.expected) = split(message);
    diagnostic
}

/// The last member of an object, if the message begins with its value: what a field's own reader complains of is placed behind the
/// object where the field is the last one.
fn quoted<'o>(text: &str, outline: &'o Outline, object: &Place, message: &str) -> Option<&'o Place> {
    let inside = |place: &&Place| place.span.start > object.span.start && place.span.end < object.span.end;
    let last = outline.0.iter().rev().find(inside)?;
    message.starts_with(&text[last.span.clone()]).then_some(last)
}

/// `invalid type: null, expected a string` is a message and an expectation.
pub(crate) fn split(message: &str) -> (String, Option<Box<str>>) {
    match message.split_once(", expected ") {
        Some((message, expected)) => (message.to_owned(), Some(in_plain_words(expected).into())),
        None => match message.strip_prefix("expected ") {
            Some(expected) => ("unexpected text".to_owned(), Some(in_plain_words(expected).into())),
            None if message.starts_with("data did not match any variant") => {
                ("the value has none of the forms that it may have".to_owned(), None)
            }
            None => (message.to_owned(), None),
        },
    }
}

/// What a parser expects, without the names that types have in here.
fn in_plain_words(expected: &str) -> &str {
    match expected.split(' ').next().unwrap_or_default() {
        "struct" | "internally" | "adjacently" => "an object",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "an integer in range",
        "f32" | "f64" => "a number",
        "enum" | "variant" => "a name",
        "newtype" | "tuple" | "unit" => "another value",
        _ => expected,
    }
}

fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start + column).min(text.len())
}
