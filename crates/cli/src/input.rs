//! Arguments that are JSON, files, or standard input.

use std::io::Read;
use std::path::Path;

use annotate_snippets::Renderer;
use segue_dialects::Diagnostic;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Reads `JSON`, `@FILE` or `-` as a JSON object.
pub(crate) fn object(argument: Option<&str>) -> Result<Map<String, Value>> {
    let Some(argument) = argument else { return Ok(Map::new()) };
    let (name, text) = match argument {
        "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            ("standard input", text)
        }
        _ => match argument.strip_prefix('@') {
            Some(path) => (path, file(Path::new(path))?),
            None => ("--input", argument.to_owned()),
        },
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::usage(format!("{name}: expected a JSON object"))),
        Err(error) => Err(Error::usage(format!("{name}:{}:{}: {error}", error.line(), error.column()))
            .hint("expected a JSON object, @FILE, or - for standard input")),
    }
}

/// Reads a text file.
pub(crate) fn file(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| Error::io(format!("{}: {error}", path.display())))
}

/// A diagnostic of a file as an error with its place.
pub(crate) fn refuse(path: &Path, text: &str, diagnostic: Diagnostic) -> Error {
    let diagnostic = diagnostic.in_file(path.display().to_string());
    Error::usage(format!(
        "{}:{}:{}: {}\n{}",
        path.display(),
        diagnostic.line,
        diagnostic.column,
        diagnostic.message,
        diagnostic.render(text, &Renderer::plain())
    ))
}
