//! What the host is asked to do, and what came of it.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

/// One try of a task whose handler is a script, a package, an executable or one of the system tasks.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// Names the attempt in log lines.
    pub id: String,
    /// The handler as the workflow names it: `package:`, `external:`, `script:`, a path, a bare name, a system task,
    /// or what a loaded task invoker understands.
    pub handler: String,
    /// The task's input: `task`, `parameters`, and what belongs to the construct.
    pub input: Value,
    /// The task's name with its iterations, where that differs from `task`.
    pub runtime_name: Option<String>,
    /// So many attempts of the task have failed.
    pub retries: u32,
    /// The retry policy as a plugin that retries wants it: count, strategy, delay.
    pub retry: Value,
    /// Whether a failure is final: no other attempt follows.
    pub is_last: bool,
    /// The execution as handlers see it.
    pub workflow: Workflow,
    /// Where the workflow's file is: handlers are looked for there first.
    pub directory: Option<PathBuf>,
    /// When the attempt is aborted, and after a grace period killed.
    pub deadline: Option<Instant>,
}

impl Attempt {
    /// The task's name.
    pub fn task(&self) -> &str {
        self.input.get("task").and_then(Value::as_str).unwrap_or_default()
    }
}

/// An execution as handlers see it.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct Workflow {
    pub id: String,
    pub name: String,
    pub status: String,
    pub input: Value,
    /// What tasks share. A handler may change them: see [`Outcome::variables`].
    pub variables: Map<String, Value>,
    /// Finished tasks by name, each with `output`, as far as the caller knows them.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub tasks: Map<String, Value>,
}

/// What came of an attempt.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What the handler returned, or what it had left in `task.output` when it failed. Absent if undefined.
    pub result: Option<Value>,
    /// What a system task adds to its result, `more` of a loop for one.
    pub extra: Map<String, Value>,
    /// Why it failed.
    pub error: Option<TaskError>,
    /// Whether a plugin has retried all that is to be retried.
    pub is_final: bool,
    /// Variables of the workflow that the handler set; those it removed are null.
    pub variables: Map<String, Value>,
    /// What it logged and printed, up to a bound. The lines also went to the log sink as they came.
    pub logs: Vec<LogLine>,
}

impl Outcome {
    /// The attempt failed.
    pub fn failed(error: TaskError) -> Self {
        Self { error: Some(error), ..Self::default() }
    }

    /// Whether it failed so that no other attempt may help.
    pub fn is_terminal(&self) -> bool {
        self.error.as_ref().is_some_and(|error| self.is_final || error.is_terminal())
    }

    /// The whole output of the task.
    pub fn output(&self) -> Value {
        let mut output = self.extra.clone();
        if let Some(error) = &self.error {
            output.insert("error".to_owned(), json!(error));
        }
        if let Some(result) = &self.result {
            output.insert("result".to_owned(), result.clone());
        }
        Value::Object(output)
    }

    /// The outcome of a system task that answered with its whole output.
    pub(super) fn of_system_task(answer: Result<Value, TaskError>) -> Self {
        match answer {
            Ok(Value::Object(mut extra)) => Self { result: extra.remove("result"), extra, ..Self::default() },
            Ok(other) => Self { result: Some(other), ..Self::default() },
            Err(error) => Self::failed(error),
        }
    }
}

/// Why an attempt failed, as handlers throw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct TaskError {
    /// The error's class, which says whether another attempt may help.
    pub name: String,
    /// For people.
    pub message: String,
    /// Where it was thrown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
}

/// Errors of these names are never retried.
const TERMINAL: [&str; 5] = [
    "InterruptInvokeError",
    "RerunError",
    "InvalidParameterError",
    "IllegalStateError",
    "ConfigNotFoundError",
];

impl TaskError {
    /// An error of a class.
    pub fn new(name: &str, message: impl Into<String>) -> Self {
        Self { name: name.to_owned(), message: message.into(), stack: None }
    }

    /// What the task was given, or names, is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterError", message)
    }

    /// What the task needs is not on this machine.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new("IllegalStateError", message)
    }

    /// The process that ran the task is gone.
    pub(super) fn host(message: impl Into<String>) -> Self {
        Self::new("ScriptHostError", message)
    }

    /// Whether no other attempt may help.
    pub fn is_terminal(&self) -> bool {
        TERMINAL.contains(&self.name.as_str())
    }
}

/// Something that a handler or a plugin logged or printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Whose it is; nobody's if a plugin wrote it, or a process that a handler started.
    #[serde(default)]
    pub attempt: Option<Arc<str>>,
    /// `error`, `warn`, `info`, `verbose` or `debug`; what is printed is `info`, or `warn` on standard error.
    pub level: String,
    /// The text, without its end of line.
    pub message: String,
}
