//! The closed sets of the definition format, one enum each, with their wire spelling.

use serde::{Deserialize, Serialize};

/// What happens when an execution outlives `timeoutSeconds` of its definition (Conductor:
/// `WorkflowDef.timeoutPolicy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WorkflowTimeoutPolicy {
    /// The execution ends as TIMED_OUT.
    TimeOutWf,
    /// The execution goes on; the timeout is only reported.
    #[default]
    AlertOnly,
}

/// What happens when an attempt outlives `timeoutSeconds` of its task (Conductor: `TaskDef.timeoutPolicy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TimeoutPolicy {
    /// The attempt ends as TIMED_OUT and the retry policy decides.
    Retry,
    /// The attempt and the whole execution end as TIMED_OUT.
    #[default]
    TimeOutWf,
    /// The attempt goes on; the timeout is only reported.
    AlertOnly,
}

/// How the delay before a retry grows (Conductor: `TaskDef.retryLogic`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RetryLogic {
    /// Always `retryDelaySeconds`.
    #[default]
    Fixed,
    /// Grows by a constant amount with each attempt.
    LinearBackoff,
    /// Doubles with each attempt.
    ExponentialBackoff,
}

/// What a start does when the definition's concurrency limit is reached (Conductor:
/// `RateLimitConfig.policy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RateLimitPolicy {
    /// The execution waits for its turn.
    Queue,
    /// The start is refused.
    Reject,
}

/// How eagerly a JOIN looks at its branches again (Conductor: `WorkflowTask.joinMode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JoinMode {
    /// At each change of the execution.
    Sync,
    /// By polling with a growing pause.
    Async,
}

/// What a start with a known idempotency key does (Conductor: `idempotencyStrategy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IdempotencyStrategy {
    /// The start is refused.
    Fail,
    /// The execution that has the key is returned.
    ReturnExisting,
    /// The start is refused while the execution that has the key runs.
    FailOnRunning,
}
