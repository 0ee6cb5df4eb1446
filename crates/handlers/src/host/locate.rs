//! Where the code of a handler is.
//!
//! Files are looked for below the workflow's directory, the working directory, the project and the task directory, in
//! this order; packages in `node_modules` of these directories and of those above them, and among the handlers that
//! were installed into the project.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::attempt::TaskError;
use super::options::HostOptions;
use super::package;
use super::reference::{Kind, Reference};

/// Extensions of what Node.js runs.
pub(super) const SCRIPTS: [&str; 6] = ["js", "mjs", "cjs", "ts", "mts", "cts"];
const PYTHON: &str = "py";

/// The code of a handler.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// What runs it.
    pub language: Language,
    /// A file, or the folder of a package; the name of a system task.
    #[serde(serialize_with = "lossy")]
    pub path: PathBuf,
    /// The task of a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Whether this is the folder of a package.
    pub is_package: bool,
}

/// What runs a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Language {
    /// Nothing here: it is a task of the engine.
    System,
    /// Node.js, TypeScript included.
    JavaScript,
    /// Python.
    Python,
    /// Any program.
    Executable,
}

/// Finds a handler for a workflow whose file is in `directory`.
pub(super) fn locate(
    handler: &str,
    directory: Option<&Path>,
    options: &HostOptions,
) -> Result<Location, TaskError> {
    let reference = Reference::parse(handler);
    let roots = roots(directory, options);
    let found = match reference.kind {
        Kind::System => return Ok(system(&reference.identify)),
        Kind::Package => package::find(&reference, &roots, &options.project)?.map(|path| (path, true)),
        Kind::External | Kind::Script => file(&reference, &roots),
        Kind::Bare => match file(&reference, &roots) {
            Some(found) => Some(found),
            None => match reference.bundled() {
                Some(name) => return Ok(system(name)),
                None => package::find(&reference, &roots, &options.project)?.map(|path| (path, true)),
            },
        },
    };
    match found {
        Some((path, is_package)) => {
            let language = if is_package { Language::JavaScript } else { language(&path) };
            Ok(Location { language, path, task: reference.task, is_package })
        }
        None => match reference.bundled() {
            Some(name) => Ok(system(name)),
            None => Err(not_found(handler, &reference, &roots)),
        },
    }
}

/// A path that is no text cannot be sent to a child, which says that there is no such file.
fn lossy<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

fn system(name: &str) -> Location {
    Location { language: Language::System, path: PathBuf::from(name), task: None, is_package: false }
}

fn roots(directory: Option<&Path>, options: &HostOptions) -> Vec<PathBuf> {
    let mut roots: Vec<PathBuf> = Vec::with_capacity(4);
    let own = [&options.working_directory, &options.project, &options.task_directory];
    for root in directory.into_iter().chain(own.into_iter().map(PathBuf::as_path)) {
        let root = options.working_directory.join(root);
        if !roots.contains(&root) {
            roots.push(root);
        }
    }
    roots
}

/// A file, or a folder that Node takes for a module. The text may leave out a script's extension.
fn file(reference: &Reference, roots: &[PathBuf]) -> Option<(PathBuf, bool)> {
    if reference.identify.is_empty() || reference.version.is_some() {
        return None;
    }
    // A word may happen to be the name of some file.
    let is_bare_name = reference.kind == Kind::Bare && !reference.identify.contains(['/', '.']);
    roots.iter().map(|root| root.join(&reference.identify)).find_map(|path| {
        if path.is_file() && (is_script(&path) || !is_bare_name || is_executable(&path)) {
            return Some((path, false));
        }
        if is_module(&path) {
            return Some((path, true));
        }
        let name = path.file_name()?.to_str()?.to_owned();
        let mut extensions = SCRIPTS.into_iter().chain([PYTHON, "sh"]);
        let with = extensions.find_map(|extension| {
            let path = path.with_file_name(format!("{name}.{extension}"));
            path.is_file().then_some(path)
        });
        with.map(|path| (path, false))
    })
}

fn is_script(path: &Path) -> bool {
    language(path) != Language::Executable
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;

    path.metadata().is_ok_and(|file| file.permissions().mode() & 0o111 != 0)
}

fn is_module(path: &Path) -> bool {
    path.is_dir()
        && (path.join("package.json").is_file()
            || SCRIPTS.iter().any(|extension| path.join(format!("index.{extension}")).is_file()))
}

fn language(path: &Path) -> Language {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some(PYTHON) => Language::Python,
        Some(extension) if SCRIPTS.contains(&extension) => Language::JavaScript,
        _ => Language::Executable,
    }
}

fn not_found(handler: &str, reference: &Reference, roots: &[PathBuf]) -> TaskError {
    let mut text = format!("Cannot find handler {handler:?}. It was looked for");
    if reference.kind != Kind::Package {
        for root in roots {
            text += &format!("\n  - as {}", root.join(&reference.identify).display());
        }
    }
    if matches!(reference.kind, Kind::Package | Kind::Bare) && package::is_name(&reference.identify) {
        let wanted = match &reference.version {
            Some(version) => format!("{}@{version}", reference.identify),
            None => reference.identify.clone(),
        };
        text += &format!("\n  - as package {wanted} in node_modules and among the installed handlers");
        text += &format!("\nA package is installed by `segue handler install {wanted}`.");
    }
    TaskError::invalid(text)
}
