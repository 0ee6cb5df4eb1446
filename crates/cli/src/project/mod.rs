//! The project that a file belongs to: a folder with a configuration, handlers, plugins and saved runs.

mod config;

use std::path::{Path, PathBuf};

pub(crate) use config::{Config, Origin, plain};

use crate::error::Result;

/// Files that make a folder a project, the ones that count more first.
pub(crate) const FILES: [&str; 6] =
    ["segue.json", "segue.yaml", "segue.yml", "letrun.json", "letrun.yaml", "letrun.yml"];

/// A project.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// Its folder, absolute.
    pub(crate) root: PathBuf,
    /// What its files and the environment say.
    pub(crate) config: Config,
}

impl Project {
    /// The project of a file or folder: the nearest folder above that has a configuration, else the folder itself.
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path)?;
        let start = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(&path) };
        let is_project = |folder: &&Path| FILES.iter().any(|file| folder.join(file).is_file());
        let root = start.ancestors().find(is_project).unwrap_or(start).to_path_buf();
        let config = Config::read(&root)?;
        Ok(Self { root, config })
    }

    /// Where handlers are looked for by name.
    pub(crate) fn task_dir(&self) -> PathBuf {
        self.folder("task.dir")
    }

    /// Where plugins lie.
    pub(crate) fn plugin_dir(&self) -> PathBuf {
        self.folder("plugin.dir")
    }

    /// Where runs are saved.
    pub(crate) fn runs_dir(&self) -> PathBuf {
        self.folder("persistence.dir").join("workflow")
    }

    /// Where installed handlers lie.
    pub(crate) fn handlers_dir(&self) -> PathBuf {
        self.root.join(".segue").join("handlers")
    }

    fn folder(&self, key: &str) -> PathBuf {
        self.root.join(self.config.text(key).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
