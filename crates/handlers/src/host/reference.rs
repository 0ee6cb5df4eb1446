//! What the text of a handler means before anything is looked for.

use super::package;

/// System tasks: the engine has them built in.
const SYSTEM: [&str; 12] = [
    "log",
    "delay",
    "http",
    "lambda",
    "if",
    "switch",
    "for",
    "while",
    "iterate",
    "catch",
    "workflow",
    "run-workflow",
];
/// Tasks that come with the program, unless the project has such a file.
const BUNDLED: [&str; 4] = ["exec", "expect", "read-file", "write-file"];

/// What the engine puts around a `catch`, which no author wrote.
const INNER: [&str; 2] = ["rethrow", "caught"];

/// Whether this names a part of a construct instead of a handler.
pub(super) fn is_inner(text: &str) -> bool {
    INNER.contains(&text)
}

/// The text of a handler, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) kind: Kind,
    /// A name or a path.
    pub(super) identify: String,
    pub(super) version: Option<String>,
    /// The task of a group.
    pub(super) task: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    System,
    Package,
    External,
    Script,
    /// No prefix: a file if there is one, else a package.
    Bare,
}

impl Reference {
    pub(super) fn parse(text: &str) -> Self {
        let bare = |kind| Self { kind, identify: text.to_owned(), version: None, task: None };
        if SYSTEM.contains(&text) || is_inner(text) {
            return bare(Kind::System);
        }
        let (kind, rest) = match text.split_once(':') {
            Some(("package", rest)) => (Kind::Package, rest),
            Some(("external", rest)) => (Kind::External, rest),
            Some(("script", rest)) => (Kind::Script, rest),
            _ => (Kind::Bare, text),
        };
        let (rest, task) = split_task(rest);
        let (identify, version) = match kind {
            Kind::Package | Kind::Bare => split_version(rest),
            _ => (rest, None),
        };
        Self {
            kind,
            identify: identify.to_owned(),
            version: version.map(str::to_owned),
            task: task.map(str::to_owned),
        }
    }

    /// The bundled task that this is if there is no such file.
    pub(super) fn bundled(&self) -> Option<&'static str> {
        if !matches!(self.kind, Kind::Bare | Kind::Script) || self.task.is_some() {
            return None;
        }
        let name = self.identify.strip_prefix("./").unwrap_or(&self.identify);
        let name = name.strip_prefix("tasks/").unwrap_or(name);
        let name = name.strip_suffix(".js").unwrap_or(name);
        BUNDLED.into_iter().find(|bundled| *bundled == name)
    }
}

fn has_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// `rest[:task]`; the colon of a drive is none of ours.
fn split_task(text: &str) -> (&str, Option<&str>) {
    match text.rfind(':') {
        Some(1) if has_drive(text) => (text, None),
        Some(at) if !text[at + 1..].contains('/') => {
            (&text[..at], Some(&text[at + 1..]).filter(|task| !task.is_empty()))
        }
        _ => (text, None),
    }
}

/// `name[@version]`; a path may have an `@` of its own.
fn split_version(text: &str) -> (&str, Option<&str>) {
    match text.rfind('@') {
        Some(at) if package::is_name(&text[..at]) => {
            (&text[..at], Some(&text[at + 1..]).filter(|version| !version.is_empty()))
        }
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_taken_apart() {
        let cases = [
            ("http", Kind::System, "http", None, None),
            ("run-workflow", Kind::System, "run-workflow", None, None),
            (
                "package:@letrun-task/file@0.0.1:read",
                Kind::Package,
                "@letrun-task/file",
                Some("0.0.1"),
                Some("read"),
            ),
            ("package:example-task", Kind::Package, "example-task", None, None),
            ("external:./tasks/example-task", Kind::External, "./tasks/example-task", None, None),
            ("script:./tasks/example-task.js", Kind::Script, "./tasks/example-task.js", None, None),
            ("script:C:/tasks/a.js", Kind::Script, "C:/tasks/a.js", None, None),
            ("@a/b:TWO", Kind::Bare, "@a/b", None, Some("TWO")),
            ("game.js", Kind::Bare, "game.js", None, None),
            ("docker:alpine", Kind::Bare, "docker", None, Some("alpine")),
            ("package:", Kind::Package, "", None, None),
            ("tasks/x@1.js", Kind::Bare, "tasks/x@1.js", None, None),
            ("/abs/@odd/x.js", Kind::Bare, "/abs/@odd/x.js", None, None),
        ];
        for (text, kind, identify, version, task) in cases {
            let expected = Reference {
                kind,
                identify: identify.to_owned(),
                version: version.map(str::to_owned),
                task: task.map(str::to_owned),
            };
            assert_eq!(Reference::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn bundled_tasks_have_their_old_paths() {
        for text in ["exec", "exec.js", "./tasks/exec.js", "tasks/exec.js", "script:exec.js"] {
            assert_eq!(Reference::parse(text).bundled(), Some("exec"), "{text}");
        }
        for text in ["package:exec", "other/exec.js", "exec:now"] {
            assert_eq!(Reference::parse(text).bundled(), None, "{text}");
        }
    }
}
