//! What is installed, as each folder says it.

use std::path::Path;

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::project::Project;

/// The file that says it.
const FILE: &str = "handler.json";

/// An installed handler.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Installed {
    pub(crate) name: String,
    pub(crate) version: String,
    /// What it was installed from.
    pub(crate) source: String,
    /// Its content, as `sha512-…`.
    pub(crate) integrity: String,
}

impl Installed {
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(folder.join(FILE)).ok()?;
        serde_json::from_str(&text).ok()
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::io(error.to_string()))?;
        Ok(std::fs::write(folder.join(FILE), text)?)
    }
}

/// All handlers that are installed in a project, by name and version.
pub(crate) fn installed(project: &Project) -> Vec<Installed> {
    let store = project.handlers_dir();
    let folders = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect::<Vec<_>>()
    };
    let is_scope = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with('@') && !name[1..].contains('@')
    };
    let mut all: Vec<Installed> = Vec::new();
    for folder in folders(&store) {
        if is_scope(&folder) {
            all.extend(folders(&folder).iter().filter_map(|inner| Installed::read(inner)));
        } else {
            all.extend(Installed::read(&folder).filter(|_| !is_hidden(&folder)));
        }
    }
    let version = |one: &Installed| Version::parse(&one.version).ok();
    all.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| version(a).cmp(&version(b))));
    all
}

/// What is not in its place yet, or any more.
fn is_hidden(folder: &Path) -> bool {
    folder.file_name().and_then(|name| name.to_str()).is_none_or(|name| name.starts_with('.'))
}
