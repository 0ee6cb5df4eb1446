//! Options of a host.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::attempt::{Attempt, LogLine, TaskError};
use super::extensions::Extensions;

/// What the host needs of whoever runs it.
#[async_trait]
pub trait Surroundings: Send + Sync {
    /// Runs a system task, by its name (`http`, `if`, `exec`) on a whole task input. The answer is the task's whole
    /// output, `{"result": …}` and what belongs to the construct.
    async fn system_task(&self, name: &str, input: Value, attempt: &Attempt) -> Result<Value, TaskError>;

    /// Takes a line that a handler or a plugin logged or printed, as it comes.
    fn log(&self, line: &LogLine);

    /// Resolves the placeholders of a value as those of the attempt's parameters: `session.resolveParameter`.
    async fn resolve(&self, value: Value, attempt: &Attempt) -> Result<Value, TaskError> {
        let _ = attempt;
        Ok(value)
    }
}

/// How a host is set up. Fields not set are as in [`HostOptions::new`].
#[derive(Clone)]
pub struct HostOptions {
    /// The project: packages and installed handlers are found there.
    pub project: PathBuf,
    /// Where commands run and relative paths begin. The project by default.
    pub working_directory: PathBuf,
    /// Where plugins are: `plugins` in the project by default.
    pub plugin_directory: PathBuf,
    /// Where tasks are looked for last: `tasks` in the project by default.
    pub task_directory: PathBuf,
    /// Node.js: a path, or a name to be looked for in `PATH`.
    pub node: PathBuf,
    /// Python: a path, or a name to be looked for in `PATH`.
    pub python: PathBuf,
    /// What `context.getConfigProvider()` reads and what is injected into plugins.
    pub config: Map<String, Value>,
    /// Variables beside those that handlers inherit; executables inherit only a few harmless ones.
    pub environment: Vec<(String, String)>,
    /// What an aborted handler may take to end before it is killed. Two seconds by default.
    pub grace: Duration,
    /// What the embedding program adds.
    pub extensions: Extensions,
    /// System tasks, and where log lines go.
    pub surroundings: Arc<dyn Surroundings>,
}

impl HostOptions {
    /// A project with the usual folders.
    pub fn new(project: impl Into<PathBuf>, surroundings: Arc<dyn Surroundings>) -> Self {
        let project = project.into();
        Self {
            working_directory: project.clone(),
            plugin_directory: project.join("plugins"),
            task_directory: project.join("tasks"),
            project,
            node: PathBuf::from("node"),
            python: PathBuf::from("python3"),
            config: Map::new(),
            environment: Vec::new(),
            grace: Duration::from_secs(2),
            extensions: Extensions::default(),
            surroundings,
        }
    }
}

impl HostOptions {
    pub(super) fn plugin_directory(&self) -> PathBuf {
        self.working_directory.join(&self.plugin_directory)
    }
}

impl fmt::Debug for HostOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Configuration and environment may hold secrets.
        f.debug_struct("HostOptions").field("project", &self.project).finish_non_exhaustive()
    }
}
