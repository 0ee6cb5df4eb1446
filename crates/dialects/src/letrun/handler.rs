//! The `handler` of a letrun task: a system task, or where its code is.
//!
//! `type:identify[:task]` with the types `package`, `external` and `script`; without a type it is guessed as letrun
//! does: a path with the extension of a script is a script, a word that may be the name of a package is a package, any
//! other path is external. Nothing is looked up here: that a file exists is for the one who runs it.

use std::fmt;

/// letrun's system tasks, as they are written.
const SYSTEM: [&str; 11] =
    ["if", "switch", "for", "while", "iterate", "catch", "workflow", "log", "http", "lambda", "delay"];

/// Tasks that letrun brings as files, and that are built in here unless such a file exists.
const BUNDLED: [&str; 4] = ["exec", "expect", "read-file", "write-file"];

/// Extensions of a script that a script host runs.
const SCRIPTS: [&str; 7] = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".py"];

/// Longest name of a package.
const PACKAGE_BYTES_MAX: usize = 214;

/// What a task's `handler` means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Handler {
    /// A system task, by letrun's name of it (`run-workflow` is `workflow`).
    System(&'static str),
    /// A package of the project.
    Package {
        /// Its name, with the scope.
        name: String,
        /// The version, or range of versions, that was asked for.
        version: Option<String>,
        /// The task of a group.
        task: Option<String>,
    },
    /// A folder with a `package.json`, a module or an executable.
    External {
        /// As written.
        path: String,
        /// The task of a group.
        task: Option<String>,
    },
    /// A script file.
    Script {
        /// As written.
        path: String,
        /// The task of a group.
        task: Option<String>,
    },
    /// Of a type that letrun does not know: only a task invoker can say what it means.
    Unknown(String),
}

impl Handler {
    /// Reads a handler. Every text is one.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        if let Some(system) = system(text) {
            return Self::System(system);
        }
        match text.split_once(':') {
            Some(("package", rest)) => package(rest).unwrap_or_else(|| Self::Unknown(text.to_owned())),
            Some(("external", rest)) if !rest.is_empty() => {
                let (path, task) = with_task(rest);
                Self::External { path, task }
            }
            Some(("script", rest)) if !rest.is_empty() => {
                let (path, task) = with_task(rest);
                Self::Script { path, task }
            }
            _ => guessed(text),
        }
    }

    /// The built-in task that this stands for where no file of that name exists: `exec`, `./tasks/exec.js`,
    /// `script:exec.js`, …
    pub fn bundled(&self) -> Option<&'static str> {
        let path = match self {
            Self::Package { name, version: None, task: None } => name,
            Self::External { path, task: None } | Self::Script { path, task: None } => path,
            _ => return None,
        };
        let path = path.strip_prefix("./").unwrap_or(path);
        let path = path.strip_prefix("tasks/").unwrap_or(path);
        let stem = path.strip_suffix(".js").unwrap_or(path);
        BUNDLED.into_iter().find(|name| *name == stem)
    }

    /// The task of a group that it names.
    pub fn task(&self) -> Option<&str> {
        match self {
            Self::Package { task, .. } | Self::External { task, .. } | Self::Script { task, .. } => {
                task.as_deref()
            }
            Self::System(_) | Self::Unknown(_) => None,
        }
    }

    /// Everything that a handler of one word may be, for hints.
    pub fn known_words() -> impl Iterator<Item = &'static str> {
        SYSTEM.into_iter().chain(["run-workflow"]).chain(BUNDLED)
    }
}

impl fmt::Display for Handler {
    /// As letrun writes it, with its type.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(name) => f.write_str(name)?,
            Self::Unknown(text) => f.write_str(text)?,
            Self::External { path, .. } => write!(f, "external:{path}")?,
            Self::Script { path, .. } => write!(f, "script:{path}")?,
            Self::Package { name, version, .. } => {
                write!(f, "package:{name}")?;
                if let Some(version) = version {
                    write!(f, "@{version}")?;
                }
            }
        }
        self.task().map_or(Ok(()), |task| write!(f, ":{task}"))
    }
}

fn system(text: &str) -> Option<&'static str> {
    let name = if text == "run-workflow" { "workflow" } else { text };
    SYSTEM.into_iter().find(|system| *system == name)
}

/// `[@scope/]name[@version][:task]`.
fn package(text: &str) -> Option<Handler> {
    let (text, task) = match text.split_once(':') {
        Some((_, "")) => return None,
        Some((text, task)) => (text, Some(task.to_owned())),
        None => (text, None),
    };
    // The first character may be the `@` of a scope.
    let at = text.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
    let (name, version) = match at {
        Some(at) => (&text[..at], Some(text[at + 1..].to_owned()).filter(|version| !version.is_empty())),
        None => (text, None),
    };
    is_package_name(name).then(|| Handler::Package { name: name.to_owned(), version, task })
}

fn is_package_name(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '_'])
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._~".contains(c))
    };
    let parts = match name.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(scope, name)| is_part(scope) && is_part(name)),
        None => is_part(name),
    };
    parts && name.len() <= PACKAGE_BYTES_MAX
}

/// A path and the task behind its last colon; the colon of `C:/…` is part of the path.
fn with_task(text: &str) -> (String, Option<String>) {
    match text.rsplit_once(':') {
        Some((path, task)) if !path.is_empty() && !task.is_empty() && !task.contains(['/', '\\']) => {
            (path.to_owned(), Some(task.to_owned()))
        }
        _ => (text.to_owned(), None),
    }
}

fn is_script(path: &str) -> bool {
    SCRIPTS.iter().any(|extension| path.len() > extension.len() && path.ends_with(extension))
}

/// A handler without a type.
fn guessed(text: &str) -> Handler {
    let (path, task) = with_task(text);
    if is_script(&path) {
        return Handler::Script { path, task };
    }
    let is_drive = text.as_bytes().get(1) == Some(&b':') && text[2..].starts_with(['/', '\\']);
    let is_path = path.contains(['/', '\\']) || path.starts_with('.') || is_drive;
    if !is_path && path != text {
        return Handler::Unknown(text.to_owned());
    }
    match package(text) {
        Some(package) => package,
        None if is_path || !path.contains([':', '@']) => Handler::External { path, task },
        None => Handler::Unknown(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_are_read_as_written_or_guessed() {
        let cases = [
            ("log", "log"),
            ("run-workflow", "workflow"),
            ("package:@letrun-task/file@0.0.1:read", "package:@letrun-task/file@0.0.1:read"),
            ("package:example-task", "package:example-task"),
            ("external:./tasks/example-task", "external:./tasks/example-task"),
            ("script:./tasks/example-task.js", "script:./tasks/example-task.js"),
            ("game.js", "script:game.js"),
            ("grp/t1.mjs", "script:grp/t1.mjs"),
            ("C:/tasks/a.py:One", "script:C:/tasks/a.py:One"),
            ("script:C:/tasks/a.js", "script:C:/tasks/a.js"),
            ("/abs/run.sh", "external:/abs/run.sh"),
            ("C:/tasks/run", "external:C:/tasks/run"),
            ("greeting", "package:greeting"),
            ("@scope/name:task", "package:@scope/name:task"),
            ("@scope/name@^1.2.0", "package:@scope/name@^1.2.0"),
            ("./tasks/group:TWO", "external:./tasks/group:TWO"),
            ("Shell", "external:Shell"),
            ("docker:alpine", "docker:alpine"),
            ("docker:alpine:3.20", "docker:alpine:3.20"),
            ("package:", "package:"),
            ("", "external:"),
        ];
        for (text, read) in cases {
            assert_eq!(Handler::parse(text).to_string(), read, "{text}");
        }
        assert!(matches!(Handler::parse("docker:alpine"), Handler::Unknown(_)));
        assert!(matches!(Handler::parse("package:Bad Name"), Handler::Unknown(_)));
    }

    #[test]
    fn old_paths_of_bundled_tasks_are_known() {
        for text in ["exec", "./tasks/exec.js", "tasks/exec.js", "script:exec.js", "exec.js"] {
            assert_eq!(Handler::parse(text).bundled(), Some("exec"), "{text}");
        }
        assert_eq!(Handler::parse("script:./tasks/write-file.js").bundled(), Some("write-file"));
        for text in ["my/exec.js", "package:exec@1.0.0", "exec.py", "log"] {
            assert_eq!(Handler::parse(text).bundled(), None, "{text}");
        }
    }
}
