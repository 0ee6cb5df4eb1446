//! Packages by name and version.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use semver::{Version, VersionReq};
use serde_json::Value;

use super::attempt::TaskError;
use super::reference::Reference;

/// Where a project keeps the handlers that were installed into it: a folder for each version of a package, with a
/// `node_modules` of its own.
const STORE: &str = ".segue/handlers";

/// The folder of a package, in the highest version that fits if there are several. Without a version, the nearest.
pub(super) fn find(
    reference: &Reference,
    roots: &[PathBuf],
    project: &Path,
) -> Result<Option<PathBuf>, TaskError> {
    let name = reference.identify.as_str();
    if !is_name(name) {
        return Ok(None);
    }
    let wanted = reference.version.as_deref().map(|text| wanted(name, text)).transpose()?;
    let mut seen = HashSet::new();
    let near =
        roots.iter().flat_map(|root| root.ancestors()).filter(|folder| seen.insert(folder.to_path_buf()));
    let near = near.map(|folder| folder.join("node_modules").join(name)).filter(|folder| folder.is_dir());
    let Some(wanted) = wanted else {
        let mut near = near;
        return Ok(near.next().or_else(|| highest(installed(name, project), &VersionReq::STAR)));
    };
    Ok(highest(near.chain(installed(name, project)), &wanted))
}

/// Whether npm would take it for a name. Nothing of it can climb out of a folder.
pub(super) fn is_name(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '_'])
            && part.chars().all(|char| char.is_ascii_alphanumeric() || "-._~".contains(char))
    };
    match text.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(scope, name)| is_part(scope) && is_part(name)),
        None => is_part(text),
    }
}

/// A bare version means that version, as for npm.
fn wanted(name: &str, text: &str) -> Result<VersionReq, TaskError> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let requirement = match text.as_bytes().first() {
        _ if text == "latest" || text == "^latest" => "*".to_owned(),
        Some(b'0'..=b'9') => format!("={text}"),
        _ => text.to_owned(),
    };
    VersionReq::parse(&requirement)
        .map_err(|error| TaskError::invalid(format!("{text:?} is no version of package {name}: {error}")))
}

fn highest(folders: impl Iterator<Item = PathBuf>, wanted: &VersionReq) -> Option<PathBuf> {
    let versions = folders.filter_map(|folder| Some((version(&folder)?, folder)));
    let fitting = versions.filter(|(version, _)| wanted.matches(version) || *wanted == VersionReq::STAR);
    fitting.max_by(|(one, _), (other, _)| one.cmp(other)).map(|(_, folder)| folder)
}

fn version(folder: &Path) -> Option<Version> {
    let text = std::fs::read_to_string(folder.join("package.json")).ok()?;
    let manifest: Value = serde_json::from_str(&text).ok()?;
    Version::parse(manifest.get("version")?.as_str()?).ok()
}

/// `STORE/name@version/node_modules/name`; the folder of a scoped name is in that of its scope.
fn installed(name: &str, project: &Path) -> impl Iterator<Item = PathBuf> {
    let (scope, base) = name.rsplit_once('/').map_or((None, name), |(scope, base)| (Some(scope), base));
    let store = scope.map_or_else(|| project.join(STORE), |scope| project.join(STORE).join(scope));
    let prefix = format!("{base}@");
    let own = Path::new("node_modules").join(name);
    std::fs::read_dir(store)
        .into_iter()
        .flatten()
        .flatten()
        .filter(move |entry| entry.file_name().to_str().is_some_and(|folder| folder.starts_with(&prefix)))
        .map(move |entry| entry.path().join(&own))
        .filter(|folder| folder.is_dir())
}
