//! Statuses with Conductor's wire names; no other name is ever put on the wire (typed clients refuse whole pages over one).

use serde::{Deserialize, Serialize};

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)]
pub enum TaskStatus {
    Scheduled,
    InProgress,
    Completed,
    CompletedWithErrors,
    Skipped,
    Failed,
    FailedWithTerminalError,
    TimedOut,
    Canceled,
}

impl TaskStatus {
    /// All there are.
    pub const ALL: [Self; 9] = [
        Self::Scheduled,
        Self::InProgress,
        Self::Completed,
        Self::CompletedWithErrors,
        Self::Skipped,
        Self::Failed,
        Self::FailedWithTerminalError,
        Self::TimedOut,
        Self::Canceled,
    ];

    /// Nothing more happens to the attempt.
    pub fn is_terminal(self) -> bool {
        !matches!(self, Self::Scheduled | Self::InProgress)
    }

    /// The flow goes on from it.
    pub fn is_successful(self) -> bool {
        matches!(self, Self::Completed | Self::CompletedWithErrors | Self::Skipped)
    }

    /// A policy may try it again.
    pub fn is_retriable(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut)
    }

    /// As expressions of the lenient and the strict style see it: how the attempt stands, not how it came there.
    pub fn in_plain_words(self) -> &'static str {
        match self {
            Self::Scheduled => "open",
            Self::InProgress => "executing",
            Self::Completed | Self::CompletedWithErrors | Self::Skipped => "completed",
            Self::Failed | Self::FailedWithTerminalError | Self::TimedOut => "error",
            Self::Canceled => "cancelled",
        }
    }

    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "SCHEDULED",
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::CompletedWithErrors => "COMPLETED_WITH_ERRORS",
            Self::Skipped => "SKIPPED",
            Self::Failed => "FAILED",
            Self::FailedWithTerminalError => "FAILED_WITH_TERMINAL_ERROR",
            Self::TimedOut => "TIMED_OUT",
            Self::Canceled => "CANCELED",
        }
    }
}

/// Where an execution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)]
pub enum ExecutionStatus {
    Running,
    Paused,
    Completed,
    Failed,
    TimedOut,
    Terminated,
}

impl ExecutionStatus {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Running, Self::Paused, Self::Completed, Self::Failed, Self::TimedOut, Self::Terminated];

    /// It ended as it was meant to.
    pub fn is_successful(self) -> bool {
        self == Self::Completed
    }

    /// The execution is over.
    pub fn is_terminal(self) -> bool {
        !matches!(self, Self::Running | Self::Paused)
    }

    /// The wire name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Paused => "PAUSED",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Terminated => "TERMINATED",
        }
    }

    /// Reads a wire name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

impl std::fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for ExecutionStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
