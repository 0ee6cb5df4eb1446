//! Reading of untrusted JSON.

use serde::de::DeserializeOwned;

use crate::Diagnostic;
use crate::outline::Outline;

/// Objects and arrays inside one another, at most. Deeper text is refused before it is parsed: parsers and
/// everything behind them recurse.
pub const DEPTH_MAX: usize = 64;

/// Reads a JSON text.
///
/// # Errors
/// The first thing that is wrong, with its place and the path of the field.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Diagnostic> {
    check_depth(text)?;
    serde_json::from_str(text).map_err(|error| explain(text, &error))
}

/// Refuses text that nests deeper than [`DEPTH_MAX`].
///
/// # Errors
/// Where it does.
pub fn check_depth(text: &str) -> Result<(), Diagnostic> {
    let mut depth = 0usize;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => {
                while let Some((_, byte)) = bytes.next() {
                    match byte {
                        b'\\' => drop(bytes.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > DEPTH_MAX {
                    let message = format!("nested deeper than {DEPTH_MAX} levels");
                    return Err(Diagnostic::at(text, at..at + 1, message));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
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
    let mut diagnostic = match found {
        Some(value) => {
            Diagnostic { path: value.path.clone(), ..Diagnostic::at(text, value.span.clone(), "") }
        }
        None => Diagnostic { path: outline.path_at(at), ..Diagnostic::at(text, at..at, "") },
    };
    (diagnostic.message, diagnostic.expected) = split(message);
    diagnostic
}

/// `invalid type: null, expected a string` is a message and an expectation.
pub(crate) fn split(message: &str) -> (String, Option<Box<str>>) {
    match message.split_once(", expected ") {
        Some((message, expected)) => (message.to_owned(), Some(expected.into())),
        None => match message.strip_prefix("expected ") {
            Some(expected) => ("unexpected text".to_owned(), Some(expected.into())),
            None => (message.to_owned(), None),
        },
    }
}

fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start + column).min(text.len())
}
