//! `segue-handlers.lock`: what a project needs installed, with its content, so that it can be installed elsewhere.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Installed;
use crate::error::{Error, Result};
use crate::project::Project;

/// Its name, in the project.
pub(super) const FILE: &str = "segue-handlers.lock";

/// The lock file of a project.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Lock {
    /// Of the form of this file.
    #[serde(default)]
    version: u32,
    /// By name and version.
    #[serde(default)]
    pub(crate) handlers: Vec<Locked>,
}

/// A handler that belongs to a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Locked {
    pub(crate) name: String,
    pub(crate) version: String,
    /// What it was installed from, as [`super::Source`] reads it.
    pub(crate) source: String,
    pub(crate) integrity: String,
    /// What npm installed for it, as in its own lock file.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) packages: Map<String, Value>,
}

impl Lock {
    /// The file, or an empty one.
    pub(crate) fn read(project: &Project) -> Result<Self> {
        let path = Self::path(project);
        if !path.is_file() {
            return Ok(Self::default());
        }
        let text = crate::input::file(&path)?;
        serde_json::from_str(&text).map_err(|error| {
            Error::usage(format!("{}:{}:{}: {error}", path.display(), error.line(), error.column()))
        })
    }

    /// Notes what was installed. Of a package that was installed from the same source before, the new version counts.
    pub(super) fn put(
        mut self,
        project: &Project,
        new: &Installed,
        packages: Map<String, Value>,
    ) -> Result<()> {
        let is_replaced =
            |one: &Locked| one.name == new.name && (one.version == new.version || one.source == new.source);
        self.handlers.retain(|one| !is_replaced(one));
        self.handlers.push(Locked {
            name: new.name.clone(),
            version: new.version.clone(),
            source: new.source.clone(),
            integrity: new.integrity.clone(),
            packages,
        });
        self.write(project)
    }

    /// Notes what was there already, if the file does not name it.
    pub(super) fn ensure(self, project: &Project, there: &Installed) -> Result<()> {
        let is_named = |one: &Locked| one.name == there.name && one.version == there.version;
        if self.handlers.iter().any(is_named) {
            return Ok(());
        }
        self.put(project, there, Map::new())
    }

    fn write(mut self, project: &Project) -> Result<()> {
        self.version = 1;
        self.handlers.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        let text = serde_json::to_string_pretty(&self).map_err(|error| Error::io(error.to_string()))?;
        let (path, fresh) = (Self::path(project), project.root.join(format!(".{FILE}.tmp")));
        std::fs::write(&fresh, text + "\n")?;
        Ok(std::fs::rename(&fresh, path)?)
    }

    fn path(project: &Project) -> PathBuf {
        project.root.join(FILE)
    }
}
