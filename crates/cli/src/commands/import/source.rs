//! Where an import reads from: another server, or a directory.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Line;
use super::item::{Item, Kind, items};
use super::register::Outcome;
use crate::api::Api;
use crate::error::{self, Error, Result};

/// What was found, and what could not be read.
#[derive(Default)]
pub(super) struct Found {
    /// Whether what was found is at work where it was found.
    pub(super) is_live: bool,
    pub(super) items: Vec<Item>,
    pub(super) problems: Vec<Line>,
}

pub(super) async fn read(source: &str, headers: &[String]) -> Result<Found> {
    if source.starts_with("http://") || source.starts_with("https://") {
        return server(source, headers).await;
    }
    let path = Path::new(source);
    if !path.is_dir() {
        return Err(Error::usage(format!("{source} is neither a URL nor a directory"))
            .hint("name a Conductor server as http://host:port, or a directory of JSON files"));
    }
    directory(path)
}

/// What a server lists, and at which path. Not every server has the later ones.
pub(super) const LISTS: [(Kind, &str); 4] = [
    (Kind::Task, "/metadata/taskdefs"),
    (Kind::Workflow, "/metadata/workflow"),
    (Kind::EventHandler, "/event"),
    (Kind::Schedule, "/scheduler/schedules"),
];

async fn server(url: &str, headers: &[String]) -> Result<Found> {
    let api = Api::with_headers(url, headers)?;
    let mut found = Found { is_live: true, ..Found::default() };
    for (kind, path) in LISTS {
        let list = match api.get(path).await {
            Ok(Value::Array(list)) => list,
            Ok(_) => {
                return Err(Error::io(format!("{url}: {path} does not list anything")).hint(NO_CONDUCTOR));
            }
            Err(error) if error.kind == error::Kind::Usage && kind >= Kind::EventHandler => {
                eprintln!("note: {url} has no list of {}s", kind.as_str());
                Vec::new()
            }
            Err(error) => return Err(error.hint(NO_CONDUCTOR)),
        };
        found.items.extend(list.into_iter().map(|one| Item::of(kind, one, path)));
    }
    Ok(found)
}

const NO_CONDUCTOR: &str = "is it the address of a Conductor server, without a path?";

fn directory(root: &Path) -> Result<Found> {
    let mut found = Found::default();
    for path in files(root)? {
        let place = path.display().to_string();
        match document(&path) {
            Ok(document) => found.items.extend(items(document, &place)),
            Err(reason) => {
                let item = Item::of(Kind::Unknown, Value::Null, &place);
                found.problems.push(Line { outcome: Outcome::Refused, reason: Some(reason), item });
            }
        }
    }
    Ok(found)
}

fn document(path: &Path) -> std::result::Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_json::from_str(&text)
        .map_err(|error| format!("line {}, column {}: {error}", error.line(), error.column()))
}

/// The JSON files below a directory, in order. Links to directories are not followed.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let told = |path: &Path, error: &std::io::Error| Error::io(format!("{}: {error}", path.display()));
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| told(&folder, &error))? {
            let entry = entry.map_err(|error| told(&folder, &error))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| told(&path, &error))?;
            if kind.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
                && path.is_file()
            {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
