//! One task with the blocks inside it, and which handler may have which.

use serde_json::{Map, Value};

use super::super::handler::Handler;
use super::super::model::{Block, Construct, Task};
use super::super::source::{kind_of, meant, member};
use super::Reader;

/// Fields of every task.
const FIELDS: [&str; 9] = [
    "name",
    "title",
    "handler",
    "parameters",
    "ignoreError",
    "tasks",
    "retryCount",
    "retryStrategy",
    "retryDelaySeconds",
];

/// Fields that hold tasks, each with the handlers that have it.
const BLOCKS: [(&str, &[&str]); 7] = [
    ("then", &["if"]),
    ("else", &["if"]),
    ("decisionCases", &["switch"]),
    ("defaultCase", &["switch"]),
    ("loopOver", &["for", "while", "iterate"]),
    ("catch", &["catch"]),
    ("finally", &["catch"]),
];

impl<'a> Reader<'a, '_> {
    pub(super) fn task(&mut self, raw: &'a Map<String, Value>, name: String, path: &str) -> Option<Task<'a>> {
        let handler = self.handler(raw, path);
        self.unknown_fields(raw, path, handler.as_ref().map(|(_, handler)| handler));
        let title = self.text(raw, path, "title");
        let parameters = self.object(raw, path, "parameters");
        let ignore_error = self.boolean(raw, path, "ignoreError");
        let retry = self.retry(raw, path);
        let Some((handler_text, handler)) = handler else {
            // What lies in it has mistakes of its own to tell of.
            self.inner(raw, path, "tasks");
            return None;
        };
        if let Handler::System(system) = handler {
            self.parameters(system, raw, path);
        }
        let construct = self.construct(&handler, &name, raw, path);
        let nested = match construct {
            Construct::Leaf | Construct::Workflow => self.inner(raw, path, "tasks"),
            _ => None,
        };
        let path = path.to_owned();
        Some(Task {
            name,
            path,
            title,
            handler_text,
            handler,
            parameters,
            ignore_error,
            retry,
            nested,
            construct,
            raw,
        })
    }

    fn handler(&mut self, raw: &'a Map<String, Value>, path: &str) -> Option<(&'a str, Handler)> {
        let text = match raw.get("handler") {
            Some(Value::String(text)) if !text.trim().is_empty() => text.as_str(),
            None | Some(Value::Null) => {
                let known = |key: &&str| !FIELDS.contains(key);
                let near = raw.keys().map(String::as_str).filter(known);
                let hint =
                    super::super::source::nearest("handler", near).map(|key| format!("is `{key}` meant?"));
                self.findings.add(self.at(path).error("\"handler\" is required").hinting(hint));
                return None;
            }
            Some(other) => {
                let found = match other {
                    Value::String(_) => "the handler is empty".to_owned(),
                    other => format!("the handler cannot be {}", kind_of(other)),
                };
                let found = self.at(&member(path, "handler")).error(found);
                self.findings.add(found.expecting("a text such as `log` or `script:./tasks/greet.js`"));
                return None;
            }
        };
        let handler = Handler::parse(text);
        self.check_handler(text, &handler, &member(path, "handler"));
        Some((text, handler))
    }

    fn check_handler(&mut self, text: &str, handler: &Handler, path: &str) {
        let hint = || meant(text, Handler::known_words());
        let found = match handler {
            Handler::Unknown(_) if !self.options.host_does_all => {
                let found = self.at(path).error(format!("nothing is known that runs the handler `{text}`"));
                let expected = "a system task, `package:…`, `external:…`, `script:…`, or a task-invoker plugin that knows it";
                found.expecting(expected).hinting(hint().or_else(|| {
                    let kind = text.split(':').next().unwrap_or_default();
                    meant(kind, ["package", "external", "script"])
                }))
            }
            Handler::Package { version: None, task: None, .. } | Handler::External { task: None, .. }
                if handler.bundled().is_none() && !text.contains([':', '/', '.']) =>
            {
                let Some(hint) = hint() else { return };
                let found = self.at(path).warning(format!(
                    "`{text}` is no system task, so a package or file of that name runs it"
                ));
                found.hinting(Some(hint))
            }
            _ => return,
        };
        self.findings.add(found);
    }

    /// Fields that nothing reads: misspelled ones, and blocks of other handlers.
    fn unknown_fields(&mut self, raw: &Map<String, Value>, path: &str, handler: Option<&Handler>) {
        let blocks = BLOCKS.iter().map(|(name, _)| *name);
        let known: Vec<&str> = FIELDS.into_iter().chain(blocks).collect();
        for key in raw.keys() {
            let own = || member(path, key);
            if let Some((_, of)) = BLOCKS.iter().find(|(name, _)| name == key) {
                self.misplaced(key, of, handler, &own());
            } else if !FIELDS.contains(&key.as_str()) {
                self.findings.ignored.push(own());
                let near = known.iter().copied().filter(|known| !raw.contains_key(*known));
                if let Some(hint) = meant(key, near) {
                    let message = format!("`{key}` is no field of a task and is ignored");
                    self.findings.add(self.at(&own()).warning(message).hinting(Some(hint)));
                }
            }
        }
    }

    /// A block that may be another handler's.
    fn misplaced(&mut self, key: &str, of: &[&str], handler: Option<&Handler>, path: &str) {
        let message = format!("`{key}` is a field of `{}` tasks only", of.join("`, `"));
        let found = match handler {
            Some(Handler::System(system)) if !of.contains(system) => self.at(path).error(message),
            Some(Handler::System(_)) | None => return,
            Some(_) if self.options.host_does_all => return,
            Some(_) => self.at(path).warning(format!("{message} and is ignored")),
        };
        self.findings.add(found);
    }

    fn construct(
        &mut self,
        handler: &Handler,
        name: &str,
        raw: &'a Map<String, Value>,
        path: &str,
    ) -> Construct<'a> {
        let Handler::System(system) = handler else { return Construct::Leaf };
        match *system {
            "if" => {
                self.refuse_tasks("If", "then' and 'else", name, raw, path);
                let (then, otherwise) = (self.inner(raw, path, "then"), self.inner(raw, path, "else"));
                if !has(raw, "then") && !has(raw, "else") {
                    self.missing("If", "then' or 'else", name, path);
                }
                Construct::If { then, otherwise }
            }
            "switch" => self.switch(name, raw, path),
            "for" => Construct::Counted { body: self.body("For", name, raw, path) },
            "iterate" => Construct::Counted { body: self.body("Iterate", name, raw, path) },
            "while" => Construct::While { body: self.body("While", name, raw, path) },
            "catch" => self.catch(name, raw, path),
            "workflow" => Construct::Workflow,
            _ => Construct::Leaf,
        }
    }

    fn switch(&mut self, name: &str, raw: &'a Map<String, Value>, path: &str) -> Construct<'a> {
        self.refuse_tasks("Switch", "decisionCases' and 'defaultCase", name, raw, path);
        let mut cases = Vec::new();
        for (case, tasks) in self.object(raw, path, "decisionCases").into_iter().flatten() {
            let at = member(&member(path, "decisionCases"), case);
            cases.extend(self.block(tasks, &at).map(|block| (case.as_str(), block)));
        }
        let default = self.inner(raw, path, "defaultCase");
        if !has(raw, "decisionCases") && !has(raw, "defaultCase") {
            self.missing("Switch", "decisionCases' or 'defaultCase", name, path);
        }
        Construct::Switch { cases, default }
    }

    fn catch(&mut self, name: &str, raw: &'a Map<String, Value>, path: &str) -> Construct<'a> {
        let tried = self.inner(raw, path, "tasks");
        if !has(raw, "tasks") {
            self.missing("Catch", "tasks", name, path);
        }
        let (catch, finally) = (self.inner(raw, path, "catch"), self.inner(raw, path, "finally"));
        if !has(raw, "catch") && !has(raw, "finally") {
            self.missing("Catch", "catch' or 'finally", name, path);
        }
        Construct::Catch { tried: tried.unwrap_or(Block::Ordered(Vec::new())), catch, finally }
    }

    fn body(&mut self, kind: &str, name: &str, raw: &'a Map<String, Value>, path: &str) -> Block<'a> {
        self.refuse_tasks(kind, "loopOver", name, raw, path);
        if !has(raw, "loopOver") {
            self.missing(kind, "loopOver", name, path);
        }
        self.inner(raw, path, "loopOver").unwrap_or(Block::Ordered(Vec::new()))
    }

    fn refuse_tasks(&mut self, kind: &str, instead: &str, name: &str, raw: &Map<String, Value>, path: &str) {
        if has(raw, "tasks") {
            let message =
                format!("'{kind}' task {name} can't have a tasks property, use '{instead}' instead");
            self.findings.add(self.at(&member(path, "tasks")).error(message));
        }
    }

    fn missing(&mut self, kind: &str, field: &str, name: &str, path: &str) {
        let message = format!("'{kind}' task {name} must have '{field}'");
        self.findings.add(self.at(path).error(message));
    }

    fn inner(&mut self, raw: &'a Map<String, Value>, path: &str, key: &str) -> Option<Block<'a>> {
        let value = raw.get(key).filter(|value| !value.is_null())?;
        self.block(value, &member(path, key))
    }
}

fn has(raw: &Map<String, Value>, key: &str) -> bool {
    raw.get(key).is_some_and(|value| !value.is_null())
}
