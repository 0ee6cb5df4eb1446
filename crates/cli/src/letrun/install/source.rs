//! What handlers are installed from.

use std::fmt;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use base64::Engine as _;
use segue_dialects::letrun::handler::Handler;
use semver::Version;
use serde_json::{Map, Value};
use sha2::{Digest, Sha512};

use crate::error::{Error, Result};
use crate::project::Project;

/// A tarball that unpacks to more is refused.
const UNPACKED_BYTES_MAX: u64 = 1 << 30;
/// What of a folder is not part of the package.
const LEFT_OUT: [&str; 3] = ["node_modules", ".git", ".segue"];

/// What a handler is installed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A package of a registry, which npm finds.
    Npm { name: String, range: Option<String> },
    /// A folder with a `package.json`. Paths are absolute, or begin in the project.
    Folder(PathBuf),
    /// What `npm pack` writes.
    Tarball(PathBuf),
}

impl Source {
    /// Reads what the user wrote, with paths that begin in `directory`.
    pub(crate) fn parse(text: &str, directory: &Path) -> Result<Self> {
        if let Some(path) = text.strip_prefix("folder:") {
            return Ok(Self::Folder(directory.join(path)));
        }
        if let Some(path) = text.strip_prefix("tarball:") {
            return Ok(Self::Tarball(directory.join(path)));
        }
        let bare = text.strip_prefix("npm:").unwrap_or(text);
        if text == bare && (text.ends_with(".tgz") || text.ends_with(".tar.gz")) {
            return Ok(Self::Tarball(directory.join(text)));
        }
        let is_path = text.starts_with(['.', '/']) || (text.contains('/') && !bare.starts_with('@'));
        if text == bare && is_path {
            return Ok(Self::Folder(directory.join(text)));
        }
        match Handler::parse(&format!("package:{bare}")) {
            Handler::Package { name, version, task: None } => Ok(Self::Npm { name, range: range(version) }),
            _ => Err(Error::usage(format!("{text:?} is nothing that can be installed"))
                .hint("expected a folder (./my-tasks), a tarball (tasks.tgz), or a package of npm (name, @scope/name@^1.2.0)")),
        }
    }

    /// As the lock file has it: paths within the project begin there.
    pub(crate) fn told(&self, project: &Project) -> String {
        let within = |path: &Path| {
            let clean = clean(path);
            clean.strip_prefix(&project.root).map_or_else(|_| clean.clone(), Path::to_path_buf)
        };
        match self {
            Self::Npm { .. } => self.to_string(),
            Self::Folder(path) => Self::Folder(within(path)).to_string(),
            Self::Tarball(path) => Self::Tarball(within(path)).to_string(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Npm { name, range: None } => write!(f, "npm:{name}"),
            Self::Npm { name, range: Some(range) } => write!(f, "npm:{name}@{range}"),
            Self::Folder(path) => write!(f, "folder:{}", path.display()),
            Self::Tarball(path) => write!(f, "tarball:{}", path.display()),
        }
    }
}

/// The latest version is what is meant without one.
fn range(version: Option<String>) -> Option<String> {
    version.filter(|version| !matches!(version.as_str(), "latest" | "^latest" | "*"))
}

/// A path without `.` and `..`.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(clean.pop()),
            other => clean.push(other),
        }
    }
    clean
}

/// A package that lies in a stage.
pub(super) struct Content {
    pub(super) folder: PathBuf,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) integrity: String,
    pub(super) manifest: Map<String, Value>,
}

/// Copies a folder into `stage`.
pub(super) fn copied(from: &Path, stage: &Path) -> Result<Content> {
    if !from.is_dir() {
        return Err(Error::usage(format!("there is no folder {}", from.display())));
    }
    let manifest = manifest(from)?;
    let (name, version) = identity(&manifest, from)?;
    let folder = stage.join("node_modules").join(&name);
    let mut hash = Sha512::new();
    copy(from, &folder, Path::new(""), &mut hash)?;
    Ok(Content { folder, name, version, integrity: integrity(hash), manifest })
}

fn copy(from: &Path, to: &Path, within: &Path, hash: &mut Sha512) -> Result<()> {
    std::fs::create_dir_all(to)?;
    let mut entries: Vec<_> = std::fs::read_dir(from)?.collect::<std::io::Result<_>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (name, path) = (entry.file_name(), entry.path());
        let within = within.join(&name);
        if LEFT_OUT.iter().any(|left| name == *left) {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            copy(&path, &to.join(&name), &within, hash)?;
        } else if path.is_file() {
            std::fs::copy(&path, to.join(&name))?;
            let content = std::fs::read(&path)?;
            hash.update(format!("{}\n{}\n", within.display(), content.len()));
            hash.update(&content);
        }
    }
    Ok(())
}

/// Unpacks a tarball into `stage`.
pub(super) fn unpacked(from: &Path, stage: &Path) -> Result<Content> {
    let unreadable = |error: std::io::Error| Error::usage(format!("{}: {error}", from.display()));
    let packed = std::fs::read(from).map_err(unreadable)?;
    let mut hash = Sha512::new();
    hash.update(&packed);
    let heap = stage.join("unpacked");
    let unzipped = flate2::read::GzDecoder::new(packed.as_slice()).take(UNPACKED_BYTES_MAX);
    let mut archive = tar::Archive::new(unzipped);
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let path = entry.path().map_err(unreadable)?;
        // npm puts everything into one folder, mostly called `package`.
        let inner: PathBuf = path.components().skip(1).collect();
        let is_inside = inner.components().all(|part| matches!(part, Component::Normal(_)));
        if !is_inside {
            return Err(Error::usage(format!("{}: {} leads out of it", from.display(), path.display())));
        }
        if !entry.header().entry_type().is_file() || inner.as_os_str().is_empty() {
            continue;
        }
        let target = heap.join(inner);
        target.parent().map(std::fs::create_dir_all).transpose()?;
        entry.unpack(&target).map_err(unreadable)?;
    }
    let manifest = manifest(&heap)?;
    let (name, version) = identity(&manifest, from)?;
    let folder = stage.join("node_modules").join(&name);
    folder.parent().map(std::fs::create_dir_all).transpose()?;
    std::fs::rename(&heap, &folder)?;
    Ok(Content { folder, name, version, integrity: integrity(hash), manifest })
}

fn integrity(hash: Sha512) -> String {
    format!("sha512-{}", base64::engine::general_purpose::STANDARD.encode(hash.finalize()))
}

/// The `package.json` of a folder.
pub(super) fn manifest(folder: &Path) -> Result<Map<String, Value>> {
    let path = folder.join("package.json");
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Error::usage(format!("{}: {error}", path.display())).hint("a handler is installed as a package")
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Error::usage(format!("{}:{}:{}: {error}", path.display(), error.line(), error.column()))
    })
}

/// The name and the version of a package, if they are such.
pub(super) fn identity(manifest: &Map<String, Value>, of: &Path) -> Result<(String, String)> {
    let text = |key: &str| manifest.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, version) = (text("name"), text("version"));
    // Names that are none could lead out of the folder.
    let is_name = matches!(
        Handler::parse(&format!("package:{name}")),
        Handler::Package { name: read, version: None, task: None } if read == name
    );
    if !is_name || Version::parse(&version).is_err() {
        let of = of.display();
        return Err(Error::usage(format!("{of}: {name:?} in version {version:?} is no package"))
            .hint("its package.json needs a name in lower case, and a version such as 1.0.0"));
    }
    Ok((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_apart_by_their_form() {
        for (text, told) in [
            ("greet", "npm:greet"),
            ("greet@1.2.3", "npm:greet@1.2.3"),
            ("@scope/greet@^1.0.0", "npm:@scope/greet@^1.0.0"),
            ("npm:greet@latest", "npm:greet"),
            ("./greet", "folder:/here/./greet"),
            ("tasks/greet", "folder:/here/tasks/greet"),
            ("greet-1.0.0.tgz", "tarball:/here/greet-1.0.0.tgz"),
            ("folder:tasks/greet", "folder:/here/tasks/greet"),
        ] {
            assert_eq!(Source::parse(text, Path::new("/here")).unwrap().to_string(), told, "{text}");
        }
        for text in ["Greet Me", "greet:one", ""] {
            assert!(Source::parse(text, Path::new("/here")).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        for (name, version) in [("../x", "1.0.0"), ("x", "../1"), ("x", "1"), ("", "1.0.0"), ("a@b", "1.0.0")]
        {
            let manifest =
                Map::from_iter([("name".to_owned(), name.into()), ("version".to_owned(), version.into())]);
            assert!(identity(&manifest, Path::new("x")).is_err(), "{name} {version}");
        }
    }
}
