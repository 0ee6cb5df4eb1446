//! What all workflows of one compilation share: findings, handlers, and the files that are open.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::super::compiled::{HandlerUse, Origin};
use super::super::source::{Findings, Source};
use super::Options;

/// Workflow files inside one another, at most.
pub(super) const FILES_DEEP_MAX: usize = 16;

/// One compilation.
pub(super) struct Session<'s> {
    pub(super) options: &'s Options,
    pub(super) findings: Findings,
    pub(super) handlers: Vec<HandlerUse>,
    /// Nodes so far, those of inner workflows included.
    pub(super) nodes: usize,
    /// The files that are being compiled, the innermost last.
    pub(super) files: Vec<PathBuf>,
    /// The directory of the innermost file.
    pub(super) bases: Vec<Option<PathBuf>>,
}

impl<'s> Session<'s> {
    pub(super) fn new(options: &'s Options, file: Option<&str>) -> Self {
        let own = file.map(|file| tidy(Path::new(file)));
        let base = options.base.clone().or_else(|| own.as_deref()?.parent().map(Path::to_owned));
        Self {
            options,
            findings: Findings::default(),
            handlers: Vec::new(),
            nodes: 0,
            files: own.into_iter().collect(),
            bases: vec![base],
        }
    }

    pub(super) fn origin(&self, source: &Source) -> Arc<Origin> {
        Arc::new(Origin { file: source.file().map(str::to_owned), text: source.text().to_owned() })
    }

    /// Reads a file that a workflow names: from the working directory, else from the directory of the file that names it.
    pub(super) fn open(&self, file: &str) -> Option<(PathBuf, String)> {
        let read = self.options.read.as_ref()?;
        let beside = self.bases.last().and_then(Option::as_ref).map(|base| base.join(file));
        let places = [Some(PathBuf::from(file)), beside].into_iter().flatten();
        places.map(|path| tidy(&path)).find_map(|path| Some((path.clone(), read(&path).ok()?)))
    }
}

/// A path without steps that lead nowhere.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(tidied.components().next_back(), Some(Component::Normal(_))) => {
                tidied.pop();
            }
            other => tidied.push(other),
        }
    }
    tidied
}
