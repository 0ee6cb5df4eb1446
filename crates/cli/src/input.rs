//! Arguments that are JSON, files, or standard input.

use std::io::Read;
use std::path::Path;

use annotate_snippets::Renderer;
use segue_dialects::{Diagnostic, Document};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Reads `JSON`, `FILE`, `@FILE` or `-` as a JSON object; a file may be YAML.
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
            None if !argument.trim_start().starts_with('{') && Path::new(argument).is_file() => {
                (argument, file(Path::new(argument))?)
            }
            None => ("--input", argument.to_owned()),
        },
    };
    let document = Document::new(&text).in_file(name);
    let read: std::result::Result<Value, Diagnostic> = document.read();
    match read {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::usage(format!("{name}: expected a JSON object"))
            .hint("expected a JSON object, a file, or - for standard input")),
        Err(diagnostic) => Err(Error::usage(told(&document, &diagnostic))
            .hint("expected a JSON object, a file, or - for standard input")),
    }
}

/// Reads a text file.
pub(crate) fn file(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| Error::io(format!("{}: {error}", path.display())))
}

/// A document that holds one thing or a list of them.
pub(crate) fn one_or_more<T: DeserializeOwned + Send>(document: &Document<'_>) -> Result<Vec<T>> {
    let is_list = document.text().trim_start().starts_with(['[', '-']);
    let read = if is_list { document.read() } else { document.read().map(|one| vec![one]) };
    read.map_err(|diagnostic| Error::usage(told(document, &diagnostic)))
}

/// A diagnostic in one line, and the place in the text below it.
pub(crate) fn told(document: &Document<'_>, diagnostic: &Diagnostic) -> String {
    let file = diagnostic.file.as_deref().unwrap_or("input");
    let place = format!("{file}:{}:{}", diagnostic.line, diagnostic.column);
    format!("{place}: {}\n{}", diagnostic.message, diagnostic.render(document.text(), &Renderer::plain()))
}
