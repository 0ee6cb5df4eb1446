//! What a worker is handed and what it gives back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An attempt, as far as a worker needs it (Conductor: Task).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Task {
    /// Its id.
    pub task_id: String,
    /// The execution that it belongs to.
    pub workflow_instance_id: String,
    /// Its type.
    pub task_type: String,
    /// Its name in the definition, with the loop iterations.
    pub reference_task_name: String,
    /// Its status.
    pub status: String,
    /// Its input, an object.
    #[serde(rename = "inputData")]
    pub input: Value,
    /// Its output so far, an object.
    #[serde(rename = "outputData")]
    pub output: Value,
    /// How many attempts came before.
    pub retry_count: u32,
    /// How often it was handed out.
    pub poll_count: u32,
    /// Seconds that the worker may stay silent.
    pub response_timeout_seconds: u64,
    /// The caller's own key of the execution.
    pub correlation_id: Option<String>,
    /// The same for all attempts at one effect: hand it on to make the effect idempotent.
    pub effect_key: Option<String>,
    /// What the definition says of it (Conductor: WorkflowTask); null if the server does not tell.
    pub workflow_task: Value,
}

/// A status that a worker may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)]
pub enum Status {
    InProgress,
    Completed,
    Failed,
    FailedWithTerminalError,
}

impl Status {
    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::FailedWithTerminalError => "FAILED_WITH_TERMINAL_ERROR",
        }
    }
}

/// What came of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Done, with this output (an object; anything else is wrapped as `{"result": …}`).
    Completed(Value),
    /// Not done; another attempt may help.
    Failed(String),
    /// Not done; no attempt will help.
    FailedTerminally(String),
    /// Not done, with an output that says more about it.
    FailedWith {
        /// Why, in a few words.
        reason: String,
        /// The output (an object; anything else is wrapped as `{"result": …}`).
        output: Value,
        /// Whether no attempt will help.
        is_terminal: bool,
    },
    /// Not done yet: hand it out again after so many seconds.
    InProgress {
        /// The output so far.
        output: Value,
        /// Seconds.
        callback_after_seconds: u64,
    },
}

impl Outcome {
    /// Whether it is a failure.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::FailedTerminally(_) | Self::FailedWith { .. })
    }

    /// Conductor's TaskResult.
    pub(crate) fn result(&self, task: &Task, worker: &str) -> Value {
        let (status, output, reason, callback) = match self {
            Self::Completed(output) => (Status::Completed, output.clone(), None, 0),
            Self::Failed(reason) => (Status::Failed, Value::Null, Some(reason), 0),
            Self::FailedTerminally(reason) => (Status::FailedWithTerminalError, Value::Null, Some(reason), 0),
            Self::FailedWith { reason, output, is_terminal } => {
                let status = if *is_terminal { Status::FailedWithTerminalError } else { Status::Failed };
                (status, output.clone(), Some(reason), 0)
            }
            Self::InProgress { output, callback_after_seconds } => {
                (Status::InProgress, output.clone(), None, *callback_after_seconds)
            }
        };
        let output = match output {
            Value::Null => serde_json::json!({}),
            Value::Object(_) => output,
            other => serde_json::json!({"result": other}),
        };
        serde_json::json!({
            "workflowInstanceId": task.workflow_instance_id,
            "taskId": task.task_id,
            "workerId": worker,
            "status": status,
            "outputData": output,
            "reasonForIncompletion": reason,
            "callbackAfterSeconds": callback,
        })
    }
}
