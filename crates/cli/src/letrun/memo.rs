//! Results of finished steps between two runs of a watched file: a step whose handler and parameters did not change keeps its result.

use std::collections::HashMap;
use std::path::Path;

use parking_lot::Mutex;
use serde_json::Value;

/// Results that are kept at most; beyond it all are forgotten.
const KEPT_MAX: usize = 10_000;

/// What a step depended on: its name, its handler, the handler's files, its parameters.
pub(crate) type Key = [String; 4];

/// The results of one watched file.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    kept: Mutex<HashMap<Key, Value>>,
}

impl Memo {
    /// The whole output of a step that ended well with these inputs.
    pub(crate) fn get(&self, key: &Key) -> Option<Value> {
        self.kept.lock().get(key).cloned()
    }

    /// Keeps an output.
    pub(crate) fn put(&self, key: Key, output: Value) {
        let mut kept = self.kept.lock();
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(key, output);
    }
}

/// Tells one state of a file or folder from another: when it was changed last and how large it is, of everything in it but
/// installed packages. Empty if there is nothing.
pub(crate) fn stamp(path: &Path) -> String {
    let Ok(meta) = std::fs::metadata(path) else { return String::new() };
    if !meta.is_dir() {
        let changed = meta.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        return format!("{:?}/{};", changed.unwrap_or_default(), meta.len());
    }
    let Ok(entries) = std::fs::read_dir(path) else { return String::new() };
    let is_own = |name: &std::ffi::OsStr| {
        let name = name.to_string_lossy();
        !name.starts_with('.') && name != "node_modules" && name != "__pycache__"
    };
    let mut inside: Vec<_> = entries.flatten().filter(|entry| is_own(&entry.file_name())).collect();
    inside.sort_by_key(std::fs::DirEntry::file_name);
    inside.iter().map(|entry| format!("{:?}:{}", entry.file_name(), stamp(&entry.path()))).collect()
}
