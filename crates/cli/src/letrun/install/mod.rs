//! Handlers that are installed into a project: packages of npm, folders, tarballs.
//!
//! Each version of a package has a folder of its own, `.segue/handlers/NAME@VERSION`, with a `node_modules` that holds it and
//! what it depends on. It is filled beside and renamed when it is whole, so nothing is ever half installed. A lock file in
//! the project names what was installed and with which content; from it the same is installed elsewhere.

mod lock;
mod npm;
mod record;
mod source;

use std::fs::File;
use std::path::{Path, PathBuf};

pub(crate) use lock::{Lock, Locked};
pub(crate) use record::{Installed, installed};
pub(crate) use source::Source;

use crate::error::{Error, Result};
use crate::project::Project;

/// Begin the names of folders that are not whole yet, and of those that are to go.
const STAGE: &str = ".stage-";
const ASIDE: &str = ".old-";

/// What came of an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was not there.
    Installed,
    /// The same version was there with other content.
    Replaced,
    /// It was there already.
    Kept,
}

impl Outcome {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Replaced => "replaced",
            Self::Kept => "is there already",
        }
    }
}

/// What is in a folder that was filled, and is not yet in its place.
struct Filled {
    name: String,
    version: String,
    integrity: String,
    packages: serde_json::Map<String, serde_json::Value>,
}

/// Installs a handler and notes it in the lock file. `locked` is what must come of it.
pub(crate) async fn install(
    project: &Project,
    source: &Source,
    locked: Option<&Locked>,
) -> Result<(Installed, Outcome)> {
    if let Some(there) = already_there(project, source, locked) {
        Lock::read(project)?.ensure(project, &there)?;
        return Ok((there, Outcome::Kept));
    }
    let store = project.handlers_dir();
    let _alone = alone(&store)?;
    let stage = tempfile::Builder::new().prefix(STAGE).tempdir_in(&store)?;
    let filled = fill(source, stage.path(), project, locked).await?;
    if let Some(locked) = locked.filter(|locked| locked.integrity != filled.integrity) {
        return Err(Error::failed(format!(
            "{}@{}: its content is not what {} names: {} instead of {}",
            locked.name,
            locked.version,
            lock::FILE,
            filled.integrity,
            locked.integrity
        ))
        .hint(format!("if that is meant: segue handler install {source}")));
    }
    let new = Installed {
        name: filled.name,
        version: filled.version,
        source: source.told(project),
        integrity: filled.integrity,
    };
    new.write(stage.path())?;
    let outcome = put(&store, stage, &new)?;
    Lock::read(project)?.put(project, &new, filled.packages)?;
    Ok((new, outcome))
}

/// Opens the store for one process at a time, and takes away what one that was stopped has left.
fn alone(store: &Path) -> Result<File> {
    std::fs::create_dir_all(store)?;
    let file = File::create(store.join(".lock"))?;
    file.lock()?;
    for entry in std::fs::read_dir(store)?.flatten() {
        let name = entry.file_name();
        if [STAGE, ASIDE].iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(file)
}

/// The version that is asked for, if it is installed and only another version could have other content.
fn already_there(project: &Project, source: &Source, locked: Option<&Locked>) -> Option<Installed> {
    let all = installed(project);
    match (source, locked) {
        (_, Some(locked)) => all.into_iter().find(|one| {
            one.name == locked.name && one.version == locked.version && one.integrity == locked.integrity
        }),
        (Source::Npm { name, range: Some(range) }, None) => {
            all.into_iter().find(|one| one.name == *name && one.version == *range)
        }
        _ => None,
    }
}

async fn fill(source: &Source, stage: &Path, project: &Project, locked: Option<&Locked>) -> Result<Filled> {
    let known = locked.map(|locked| &locked.packages).filter(|packages| !packages.is_empty());
    let npm = npm::Npm { project: &project.root };
    match source {
        Source::Npm { name, range } => npm.fill(stage, name, range.as_deref(), known).await,
        Source::Folder(path) | Source::Tarball(path) => {
            let path = project.root.join(path);
            let content = match source {
                Source::Folder(_) => source::copied(&path, stage)?,
                _ => source::unpacked(&path, stage)?,
            };
            let packages = npm.dependencies(&content.folder, &content.manifest, known).await?;
            let source::Content { name, version, integrity, .. } = content;
            Ok(Filled { name, version, integrity, packages })
        }
    }
}

/// Brings a filled folder to its place.
fn put(store: &Path, stage: tempfile::TempDir, new: &Installed) -> Result<Outcome> {
    let target = store.join(format!("{}@{}", new.name, new.version));
    if let Some(scope) = target.parent() {
        std::fs::create_dir_all(scope)?;
    }
    let mut outcome = Outcome::Installed;
    if target.is_dir() {
        if Installed::read(&target).is_some_and(|old| old.integrity == new.integrity) {
            return Ok(Outcome::Kept);
        }
        // What runs at the moment keeps the files that it has open.
        let aside = tempfile::Builder::new().prefix(ASIDE).tempdir_in(store)?;
        std::fs::rename(&target, aside.path().join("old"))?;
        outcome = Outcome::Replaced;
    }
    let staged: PathBuf = stage.keep();
    std::fs::rename(&staged, &target).map_err(|error| {
        let _ = std::fs::remove_dir_all(&staged);
        Error::io(format!("{}: {error}", target.display()))
    })?;
    // A folder for one user only would be of no use to the others of the project.
    std::fs::set_permissions(&target, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(outcome)
}
