//! npm, for what only it can do: find packages and resolve what they depend on.

use std::path::Path;

use serde_json::{Map, Value, json};
use tokio::process::Command;

use super::Filled;
use super::source::{identity, manifest};
use crate::error::{Error, Result};

/// Lines of what npm says that are worth repeating.
const LINES_MAX: usize = 8;

/// Packages with their versions, as npm's lock file names them.
type Packages = Map<String, Value>;

/// npm for a project.
pub(super) struct Npm<'a> {
    /// Its folder, which may say of npm what registries there are.
    pub(super) project: &'a Path,
}

impl Npm<'_> {
    /// Fills a folder with a package and what it depends on: in the versions of `known`, or else in those that fit now.
    pub(super) async fn fill(
        &self,
        stage: &Path,
        name: &str,
        range: Option<&str>,
        known: Option<&Packages>,
    ) -> Result<Filled> {
        let wanted = known.and_then(|known| known.get("")?.get("dependencies").cloned());
        let wanted = wanted.unwrap_or_else(|| json!({ name: range.unwrap_or("latest") }));
        let root = json!({"private": true, "dependencies": wanted});
        std::fs::write(stage.join("package.json"), root.to_string())?;
        let packages = self.resolve(stage, known).await?;
        let place = format!("node_modules/{name}");
        let folder = stage.join(&place);
        let (name, version) = identity(&manifest(&folder)?, &folder)?;
        let integrity = packages.get(&place).and_then(|one| one.get("integrity")?.as_str());
        let integrity = integrity.unwrap_or_default().to_owned();
        Ok(Filled { name, version, integrity, packages })
    }

    /// Installs what the package of a folder depends on, into it. Without dependencies nothing is to be done.
    pub(super) async fn dependencies(
        &self,
        folder: &Path,
        manifest: &Map<String, Value>,
        known: Option<&Packages>,
    ) -> Result<Packages> {
        let needs =
            |key: &str| manifest.get(key).and_then(Value::as_object).is_some_and(|all| !all.is_empty());
        if !needs("dependencies") && !needs("optionalDependencies") {
            return Ok(Packages::new());
        }
        self.resolve(folder, known).await
    }

    /// Installs what the `package.json` of a folder names.
    async fn resolve(&self, folder: &Path, known: Option<&Packages>) -> Result<Packages> {
        let lock = folder.join("package-lock.json");
        if let Some(known) = known {
            let text = json!({"lockfileVersion": 3, "requires": true, "packages": known});
            std::fs::write(&lock, text.to_string())?;
        }
        self.call(folder, if known.is_some() { "ci" } else { "install" }).await?;
        let text = crate::input::file(&lock)?;
        let mut lock: Map<String, Value> = serde_json::from_str(&text)
            .map_err(|error| Error::io(format!("the lock file of npm cannot be read: {error}")))?;
        match lock.remove("packages") {
            Some(Value::Object(packages)) => Ok(packages),
            _ => Err(Error::io("npm is too old: its lock file names no packages").hint("npm 7 or later")),
        }
    }

    async fn call(&self, folder: &Path, verb: &str) -> Result<()> {
        // npm looks for it where it installs. It may hold keys, which are not to stay there.
        let (settings, copy) = (self.project.join(".npmrc"), folder.join(".npmrc"));
        let is_copied = settings.is_file() && !copy.exists();
        if is_copied {
            std::fs::copy(&settings, &copy)?;
        }
        let output = Command::new("npm")
            .arg("--prefix")
            .arg(folder)
            .args([verb, "--omit=dev", "--package-lock=true", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(folder)
            .kill_on_drop(true)
            .output()
            .await;
        if is_copied {
            std::fs::remove_file(&copy)?;
        }
        let output = output.map_err(|error| {
            Error::io(format!("npm, which finds packages and what they depend on, cannot be started: {error}"))
                .hint("it comes with Node.js: https://nodejs.org; a folder or tarball without dependencies needs no npm")
        })?;
        if output.status.success() { Ok(()) } else { Err(refused(&output.stderr)) }
    }
}

fn refused(said: &[u8]) -> Error {
    let said = String::from_utf8_lossy(said);
    let lines =
        said.lines().filter(|line| !line.trim().is_empty() && !line.contains("A complete log of this run"));
    let lines: Vec<&str> = lines.take(LINES_MAX).collect();
    Error::io(format!("npm could not install it:\n{}", lines.join("\n")))
}
