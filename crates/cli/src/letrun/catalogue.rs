//! The handlers that a project can name: system tasks, what lies in its task directory, what was installed.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use segue_handlers::letrun::described;
use serde::Serialize;

use super::install::installed;
use crate::project::Project;

/// Extensions of files that are handlers.
const SCRIPTS: [&str; 8] = ["js", "mjs", "cjs", "ts", "mts", "cts", "py", "sh"];

/// What a handler is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    System,
    Script,
    Module,
    Executable,
    Package,
}

/// A handler.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    /// Its name, without group and extension.
    pub(crate) name: String,
    /// The folder of the task directory that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
    pub(crate) kind: Kind,
    /// As a workflow writes it.
    pub(crate) handler: String,
    /// Of a package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
}

/// The system tasks.
pub(crate) fn system() -> Vec<Entry> {
    let one = |name: &str| Entry {
        name: name.to_owned(),
        group: None,
        kind: Kind::System,
        handler: name.to_owned(),
        version: None,
    };
    described().iter().map(|task| one(task.name)).collect()
}

/// The project's own, those of the task directory first.
pub(crate) fn own(project: &Project) -> Vec<Entry> {
    let mut found = in_folder(&project.task_dir(), None);
    found.extend(installed(project).into_iter().map(|one| Entry {
        handler: format!("package:{}@{}", one.name, one.version),
        name: one.name,
        group: None,
        kind: Kind::Package,
        version: Some(one.version),
    }));
    found
}

/// The handler that a person means by a name: as it is written, `group/name`, or a name within a group.
pub(crate) fn meant<'a>(entries: &'a [Entry], name: &str, group: Option<&str>) -> Option<&'a Entry> {
    let group = match group {
        // A lone dot says that it is in no group.
        Some(".") => Some(None),
        Some(group) => Some(Some(group)),
        None => None,
    };
    let fits = |entry: &&Entry| {
        let is_named = entry.name.eq_ignore_ascii_case(name)
            || entry.handler == name
            || entry.handler.split_once(':').is_some_and(|(_, rest)| rest == name)
            || entry.group.as_ref().is_some_and(|own| format!("{own}/{}", entry.name) == name);
        is_named && group.is_none_or(|group| group == entry.group.as_deref())
    };
    // The latest of several versions of a package comes last.
    entries.iter().filter(fits).reduce(|one, other| if other.kind == Kind::Package { other } else { one })
}

fn in_folder(folder: &Path, group: Option<&str>) -> Vec<Entry> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if file.starts_with('.') || file == "node_modules" || file.ends_with(".d.ts") {
            continue;
        }
        let Some(kind) = kind(&path) else {
            // Groups are one level deep.
            if group.is_none() && path.is_dir() {
                found.extend(in_folder(&path, Some(file)));
            }
            continue;
        };
        let stem = if kind == Kind::Script { path.file_stem().and_then(|stem| stem.to_str()) } else { None };
        let prefix = if kind == Kind::Script { "script" } else { "external" };
        let place = group.map_or_else(|| file.to_owned(), |group| format!("{group}/{file}"));
        found.push(Entry {
            name: stem.unwrap_or(file).to_owned(),
            group: group.map(str::to_owned),
            kind,
            handler: format!("{prefix}:{place}"),
            version: None,
        });
    }
    found
}

/// What a path of the task directory is, if it is a handler.
fn kind(path: &Path) -> Option<Kind> {
    if path.is_dir() {
        let is_module = ["package.json", "index.js", "index.mjs", "index.cjs", "index.ts"]
            .iter()
            .any(|name| path.join(name).is_file());
        return is_module.then_some(Kind::Module);
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    if extension.is_some_and(|extension| SCRIPTS.contains(&extension)) {
        return Some(Kind::Script);
    }
    let mode = path.metadata().ok()?.permissions().mode();
    (path.is_file() && mode & 0o111 != 0).then_some(Kind::Executable)
}
