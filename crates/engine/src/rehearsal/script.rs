//! What the tasks of a rehearsed execution come to.

use std::collections::HashMap;

use segue_core::decide::{Merge, TaskResult};
use segue_core::event::Frame;
use segue_core::json::Json;
use segue_core::status::TaskStatus;

/// Results by reference.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// One after the other for the attempts and iterations of a reference, then the last again. A name with
    /// iterations (`ref__2`) goes before the bare one.
    pub results: HashMap<String, Vec<Mock>>,
    /// What the sub-workflows come to, by the reference of the task that starts them.
    pub children: HashMap<String, Script>,
}

/// One result.
#[derive(Debug, Clone)]
pub struct Mock {
    /// A status that a worker may send.
    pub status: TaskStatus,
    /// The output.
    pub output: Json,
    /// How long the task waits for a worker, in milliseconds.
    pub queue_wait_ms: i64,
    /// How long the worker takes, in milliseconds.
    pub execution_ms: i64,
}

impl Mock {
    pub(super) fn result(self, task: u32) -> TaskResult {
        TaskResult {
            task,
            status: self.status,
            output: Some(self.output),
            merge: Merge::Replace,
            reason: None,
            worker: None,
            callback_after_ms: 0,
        }
    }
}

/// A script being read.
#[derive(Default)]
pub(super) struct Reader {
    script: Script,
    places: HashMap<String, usize>,
}

impl Reader {
    pub(super) fn new(script: Script) -> Self {
        Self { script, places: HashMap::new() }
    }

    /// The next result of a reference; none if nobody comes (any more).
    pub(super) fn next(&mut self, reference: &str, frame: &Frame) -> Option<Mock> {
        let name = frame.name(reference);
        let key = if self.script.results.contains_key(&name) { name.as_str() } else { reference };
        let results = self.script.results.get(key)?;
        let place = self.places.entry(key.to_owned()).or_default();
        let found = match results.get(*place) {
            Some(found) => found,
            // Who said "not yet" last is not asked again.
            None => results.last().filter(|last| last.status.is_terminal())?,
        };
        *place += 1;
        Some(found.clone())
    }

    /// Whether an attempt that would start a sub-workflow has a result instead.
    pub(super) fn replaces_child(&self, reference: &str, frame: &Frame) -> bool {
        let results = &self.script.results;
        let has_result = results.contains_key(reference) || results.contains_key(&frame.name(reference));
        has_result && !self.script.children.contains_key(reference)
    }

    /// The script of a sub-workflow.
    pub(super) fn child(&self, reference: &str) -> Script {
        self.script.children.get(reference).cloned().unwrap_or_default()
    }
}
