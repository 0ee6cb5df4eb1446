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
        return Ok(near.next().or_else(|| highest(installed(name, project), &[VersionReq::STAR])));
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

/// Alternatives that npm would take: `1.2.0` is that version, `^1.2 || >=3.0 <4` is a choice of ranges.
fn wanted(name: &str, text: &str) -> Result<Vec<VersionReq>, TaskError> {
    let alternatives = text.split("||").map(|range| {
        let range = range.trim();
        let parts: Vec<String> = range.split_whitespace().map(comparator).collect();
        let range = if range == "latest" { "*".to_owned() } else { parts.join(",") };
        VersionReq::parse(&range)
    });
    alternatives
        .collect::<Result<_, _>>()
        .map_err(|error| TaskError::invalid(format!("{text:?} is no version of package {name}: {error}")))
}

fn comparator(text: &str) -> String {
    let text = text.strip_prefix('v').unwrap_or(text);
    let is_version = text.starts_with(|first: char| first.is_ascii_digit());
    let is_exact = is_version && !text.contains(['x', 'X', '*']);
    if is_exact { format!("={text}") } else { text.to_owned() }
}

fn highest(folders: impl Iterator<Item = PathBuf>, wanted: &[VersionReq]) -> Option<PathBuf> {
    let versions = folders.filter_map(|folder| Some((version(&folder)?, folder)));
    let fits = |version: &Version| {
        wanted.iter().any(|wanted| wanted.matches(version) || *wanted == VersionReq::STAR)
    };
    let fitting = versions.filter(|(version, _)| fits(version));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_npm_does() {
        for (range, version, fits) in [
            ("1.2.0", "1.2.0", true),
            ("1.2.0", "1.2.1", false),
            ("v1.2.0", "1.2.0", true),
            ("1.2", "1.2.7", true),
            ("1.x", "1.9.0", true),
            ("^1.2", "1.9.0", true),
            ("~1.2.3", "1.3.0", false),
            (">=1.0 <2", "1.5.0", true),
            (">=1.0 <2", "2.0.0", false),
            ("^1 || ^3", "3.1.0", true),
            ("latest", "9.0.0", true),
        ] {
            let wanted = wanted("p", range).unwrap();
            let version = Version::parse(version).unwrap();
            assert_eq!(wanted.iter().any(|wanted| wanted.matches(&version)), fits, "{range} {version}");
        }
        assert!(wanted("p", "not/a/version").unwrap_err().is_terminal());
    }
}
