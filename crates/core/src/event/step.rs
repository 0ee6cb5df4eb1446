//! Control flow as data: what a record leaves to a later one, and the limits that wake an execution.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Frame;
use crate::json::Json;
use crate::time::Timestamp;

/// A piece of control flow that is still to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// Reach the node `reference` in `frame`.
    Visit {
        /// The node's reference.
        reference: Arc<str>,
        /// Its loop frame.
        #[serde(default, skip_serializing_if = "Frame::is_root")]
        frame: Frame,
    },
    /// Go on behind the node `reference`, which ended.
    Advance {
        /// The node's reference.
        reference: Arc<str>,
        /// Its loop frame.
        #[serde(default, skip_serializing_if = "Frame::is_root")]
        frame: Frame,
    },
    /// Start the branches of a fork, or the steps of a GRAPH that wait for no other, from number `next` on.
    Branch {
        /// The fork's, or the graph's, reference.
        reference: Arc<str>,
        /// Its loop frame.
        #[serde(default, skip_serializing_if = "Frame::is_root")]
        frame: Frame,
        /// Index of the branch, from 0.
        next: u32,
    },
    /// Reach the steps of a GRAPH that wait for the step `reference`, which ended, from number `next` on.
    Follow {
        /// The step's reference.
        reference: Arc<str>,
        /// Its loop frame.
        #[serde(default, skip_serializing_if = "Frame::is_root")]
        frame: Frame,
        /// Index of the step among those that wait, from 0.
        next: u32,
    },
    /// Attempt again what `task` was an attempt at.
    Repeat {
        /// Ordinal of the attempt that ended.
        task: u32,
        /// Not before this instant.
        ready_at: Timestamp,
    },
    /// Attempt anew, under its old ordinal, what the dropped attempt `task` was an attempt at.
    Redo {
        /// Ordinal of the attempt.
        task: u32,
        /// In place of the input that the definition gives.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Json>,
    },
    /// Reopen the JOIN attempt `task` in place.
    Reopen {
        /// Ordinal of the attempt.
        task: u32,
    },
    /// Fail the execution because of the attempt `task`, which ended during a pause.
    Fail {
        /// Ordinal of the attempt.
        task: u32,
        /// Why the execution fails.
        reason: Arc<str>,
    },
    /// See whether the scope (a loop, a TRY_CATCH, a GRAPH, or the whole execution) has nothing open any more.
    Settle {
        /// The frame inside the scope.
        #[serde(default, skip_serializing_if = "Frame::is_root")]
        frame: Frame,
        /// The scope's reference; absent for the execution.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<Arc<str>>,
    },
}

/// The time limits of a task or an execution (Conductor's five timeouts, and the end of a wait).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Limit {
    /// A wait's own end, or the end of the delay before a child is started.
    Wait,
    /// `totalTimeoutSeconds`: across all attempts.
    Total,
    /// `timeoutSeconds`: of one attempt, from its start.
    Run,
    /// `pollTimeoutSeconds`: from ready to taken.
    Poll,
    /// `responseTimeoutSeconds`: the lease.
    Response,
    /// The workflow's `timeoutSeconds`.
    Execution,
    /// The answer of an evaluator.
    Evaluation,
}
