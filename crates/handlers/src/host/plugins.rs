//! Plugins as the project's child reports them.

use serde::{Deserialize, Serialize};

/// The type of plugins that run tasks.
pub const TASK_INVOKER: &str = "task-invoker";
/// Types whose plugins have a part in every task.
const OF_EVERY_TASK: [&str; 5] =
    [TASK_INVOKER, "pre-run-task", "post-run-task", "parameter-interpolator", "retry"];
/// Types that the engine has no place for.
const UNSUPPORTED: [(&str, &str); 3] = [
    ("workflow-runner", "executions are run by Segue itself"),
    ("persistence", "executions are kept in Segue's own store"),
    ("metadata-extractor", "metadata are read from the handlers themselves"),
];

/// A plugin that is loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plugin {
    /// What it extends: `task-invoker`, `pre-run-task`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name, unique within its type.
    pub name: String,
    /// The highest goes first; defaults have -1.
    #[serde(default)]
    pub priority: i64,
    /// What it is, for people.
    #[serde(default)]
    pub description: Option<String>,
    /// The methods that can be called.
    #[serde(default)]
    pub methods: Vec<String>,
}

impl Plugin {
    /// Whether every task must run where the plugins are, system tasks included.
    pub fn sees_every_task(&self) -> bool {
        OF_EVERY_TASK.contains(&self.kind.as_str())
    }

    /// Whether it has a say in how any task that comes here is run.
    pub(super) fn decides_how_tasks_run(&self) -> bool {
        self.sees_every_task() || self.kind == "task-handler-location-resolver"
    }

    /// Why plugins of this type are never called, if that is so.
    pub fn unsupported(&self) -> Option<&'static str> {
        UNSUPPORTED.iter().find(|(kind, _)| *kind == self.kind).map(|(_, why)| *why)
    }
}
