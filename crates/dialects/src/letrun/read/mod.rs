//! From values to the tree of tasks. Everything that is wrong is collected; what is wrong is left out of the tree.

mod fields;
mod parameters;
mod task;

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Options;
use super::model::{Block, Flow, Task};
use super::source::{At, Findings, Source, item, kind_of, meant, member};

/// Reads one text.
pub(crate) struct Reader<'a, 'b> {
    pub(crate) source: &'a Source,
    pub(crate) options: &'b Options,
    pub(crate) findings: &'b mut Findings,
}

/// Fields of a workflow.
const FIELDS: [&str; 7] =
    ["name", "title", "tasks", "input", "retryCount", "retryStrategy", "retryDelaySeconds"];

impl<'a> Reader<'a, '_> {
    /// The workflow at a path of the text. Nothing if there is no making sense of it.
    pub(crate) fn flow(&mut self, value: &'a Value, path: &str) -> Option<Flow<'a>> {
        let Value::Object(raw) = value else {
            let found = self.at(path).error(format!("a workflow is an object, found {}", kind_of(value)));
            self.findings.add(found.expecting("an object with `name` and `tasks`"));
            return None;
        };
        if raw.contains_key("status") && !raw.contains_key("handler") {
            let found = self.at(&member(path, "status")).error("this is a saved workflow, not a definition");
            let hint = "go on with what was saved by `segue resume ID`";
            self.findings.add(found.hinting(Some(hint.to_owned())));
            return None;
        }
        let flow =
            if raw.contains_key("handler") { self.lone_task(raw, path) } else { self.workflow(raw, path) };
        if let Some(flow) = &flow {
            self.duplicates(&flow.block);
        }
        flow
    }

    fn workflow(&mut self, raw: &'a Map<String, Value>, path: &str) -> Option<Flow<'a>> {
        for key in raw.keys().filter(|key| !FIELDS.contains(&key.as_str())) {
            self.findings.ignored.push(member(path, key));
            if let Some(hint) = meant(key, FIELDS.into_iter().filter(|known| !raw.contains_key(*known))) {
                let found = self
                    .at(&member(path, key))
                    .warning(format!("`{key}` is no field of a workflow and is ignored"));
                self.findings.add(found.hinting(Some(hint)));
            }
        }
        let name = self.name(raw, path, "Invalid workflow definition: \"name\" is required");
        let block = match raw.get("tasks") {
            None | Some(Value::Null) => Some(Block::Ordered(Vec::new())),
            Some(tasks) => self.block(tasks, &member(path, "tasks")),
        };
        Some(Flow {
            name: name.unwrap_or_default(),
            title: self.text(raw, path, "title"),
            input: self.object(raw, path, "input"),
            retry: self.retry(raw, path),
            block: block?,
            raw,
        })
    }

    /// A file that is one task: a workflow that has nothing else.
    fn lone_task(&mut self, raw: &'a Map<String, Value>, path: &str) -> Option<Flow<'a>> {
        let file = self.source.file().and_then(|file| std::path::Path::new(file).file_stem()?.to_str());
        let name = raw.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
        let name = name.or(file).unwrap_or("task").to_owned();
        let task = self.task(raw, name.clone(), path)?;
        let block = Block::Ordered(vec![task]);
        Some(Flow { name, title: None, input: None, retry: super::model::Retry::default(), block, raw })
    }

    /// Tasks as a list or as an object.
    pub(crate) fn block(&mut self, value: &'a Value, path: &str) -> Option<Block<'a>> {
        match value {
            Value::Array(items) => {
                let items = items.iter().enumerate();
                let tasks = items.filter_map(|(at, value)| self.listed(value, &item(path, at))).collect();
                Some(Block::Ordered(tasks))
            }
            Value::Object(members) => {
                let read =
                    members.iter().filter_map(|(name, value)| self.named(name, value, &member(path, name)));
                Some(Block::Concurrent(read.collect()))
            }
            other => {
                let found = self.at(path).error(format!("tasks cannot be {}", kind_of(other)));
                self.findings
                    .add(found.expecting("a list of tasks (in order) or an object of tasks (concurrently)"));
                None
            }
        }
    }

    fn listed(&mut self, value: &'a Value, path: &str) -> Option<Task<'a>> {
        let raw = self.task_fields(value, path)?;
        let name = self.name(raw, path, "\"name\" is required for a task in a list");
        // A task without a name has other mistakes to tell of.
        self.task(raw, name.unwrap_or_default(), path)
    }

    fn named(&mut self, name: &str, value: &'a Value, path: &str) -> Option<Task<'a>> {
        let raw = self.task_fields(value, path)?;
        if name.is_empty() {
            self.findings.add(self.at(path).error("the name of a task cannot be empty"));
        }
        self.task(raw, name.to_owned(), path)
    }

    fn task_fields(&mut self, value: &'a Value, path: &str) -> Option<&'a Map<String, Value>> {
        let fields = value.as_object();
        if fields.is_none() {
            let found = self.at(path).error(format!("a task cannot be {}", kind_of(value)));
            self.findings.add(found.expecting("an object with `handler`"));
        }
        fields
    }

    /// A name stands for one task, however deep that is nested.
    fn duplicates(&mut self, block: &Block<'a>) {
        let mut seen = HashMap::new();
        let mut open: Vec<&Task<'a>> = block.tasks().iter().rev().collect();
        while let Some(task) = open.pop() {
            if !task.name.is_empty()
                && let Some(first) = seen.insert(task.name.as_str(), task.path.as_str())
            {
                let name_path = member(&task.path, "name");
                let path =
                    if task.raw.contains_key("name") { name_path.as_str() } else { task.path.as_str() };
                let found = self.at(path).error(format!("Task name {} is duplicated", task.name));
                self.findings.add(found.hinting(Some(format!("another one stands at {first}"))));
            }
            let inner: Vec<&Task<'a>> = task.blocks().flat_map(|block| block.tasks()).collect();
            open.extend(inner.into_iter().rev());
        }
    }

    pub(crate) fn at<'p>(&self, path: &'p str) -> At<'p>
    where
        'a: 'p,
    {
        At { source: self.source, path }
    }
}
