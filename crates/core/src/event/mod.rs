//! The facts of the journal. What is written here stays readable for ever: see `docs/concepts/journal.md`.
//!
//! Events name nodes by reference and loop frame, attempts by ordinal, never by a position in the plan. A
//! field that is absent has its default; a shape that must change becomes a new format with an upcaster.

mod place;
mod step;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::expression::SecretAt;
use crate::id::{BlueprintHash, ExecutionId, TaskId};
use crate::json::Json;
use crate::status::{ExecutionStatus, TaskStatus};
use crate::time::Timestamp;

pub use place::{Frame, QueueName, Section};
pub use step::{Limit, Step};

/// What happened to an execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The first event of every execution.
    ExecutionStarted(Box<ExecutionStarted>),
    /// A new attempt exists; waiting for a worker if it names a queue, else in progress at once.
    TaskScheduled(Box<TaskScheduled>),
    /// A worker took the attempt.
    AttemptStarted(AttemptStarted),
    /// An attempt whose start was put off began its child.
    ChildStarted {
        /// Ordinal of the attempt.
        task: u32,
        /// The execution that it started.
        child: ExecutionId,
    },
    /// A worker gave the attempt back unfinished, to be handed out again at `ready_at`.
    AttemptDeferred(AttemptDeferred),
    /// An attempt in progress got a new output from outside.
    TaskUpdated {
        /// Ordinal of the attempt.
        task: u32,
        /// Replaces the output.
        output: Json,
    },
    /// An attempt reached a final status.
    TaskEnded(Box<TaskEnded>),
    /// A task that had ended is in progress again in place, as a retry of its execution asks.
    TaskReopened {
        /// Ordinal of the attempt.
        task: u32,
    },
    /// A loop began an iteration.
    IterationStarted {
        /// The loop's reference.
        reference: Arc<str>,
        /// The loop's own frame.
        #[serde(default, skip_serializing_if = "Frame::is_root")]
        frame: Frame,
        /// Counted from 1.
        number: u32,
    },
    /// The iterations of a loop below `below` no longer count: it keeps only the last ones (`keepLastN`).
    IterationsDropped {
        /// Ordinal of the loop's attempt.
        task: u32,
        /// The first iteration that is kept.
        below: u32,
    },
    /// A TRY_CATCH began its next part, or is back in an earlier one.
    SectionStarted {
        /// Ordinal of its attempt.
        task: u32,
        /// The part.
        section: Section,
        /// Ordinal of the attempt that failed: the one that was caught, or the one with which the TRY_CATCH fails at its
        /// end. Absent if nothing failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<u32>,
    },
    /// An evaluator was asked for what an attempt depends on: the value that it computes, the case of a SWITCH, the
    /// condition of a loop. Asked again if no answer comes.
    EvaluationAsked {
        /// Ordinal of the attempt.
        task: u32,
    },
    /// The plan grew by a fragment: the branches of a dynamic fork, or the task that a DYNAMIC node turned into.
    PlanExtended {
        /// The node's reference.
        reference: Arc<str>,
        /// Its loop frame.
        #[serde(default, skip_serializing_if = "Frame::is_root")]
        frame: Frame,
        /// The fragment, a definition of its own.
        fragment: BlueprintHash,
    },
    /// An attempt that a handler of the engine began goes on outside: it waits for a call.
    AttemptParked {
        /// Ordinal of the attempt.
        task: u32,
        /// Replaces the output; absent: the output stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Json>,
    },
    /// A message from outside waits for a task that takes it.
    MessageQueued {
        /// With its id, its payload and when it came.
        message: Json,
    },
    /// A task took the oldest messages.
    MessagesTaken {
        /// How many.
        count: u32,
    },
    /// Workflow variables were set.
    VariablesSet(Map<String, Value>),
    /// Work that this record did not get to, or that waits for a resume.
    StepsDeferred(Vec<Step>),
    /// The deferred work was taken up.
    StepsResumed,
    /// A timeout passed whose policy only says so.
    TimeoutNoted {
        /// Ordinal of the attempt; 0 for the execution itself.
        task: u32,
        /// Which limit.
        limit: Limit,
    },
    /// A result came for an attempt that is no longer open; it changes nothing.
    ResultDiscarded {
        /// Ordinal of the attempt.
        task: u32,
        /// The status that the worker sent.
        status: TaskStatus,
        /// Who sent it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worker: Option<Arc<str>>,
    },
    /// Nothing new is scheduled until a resume.
    ExecutionPaused,
    /// The pause ended.
    ExecutionResumed,
    /// An execution that had ended unsuccessfully runs again from its failures.
    ExecutionRetried,
    /// The execution runs again from its beginning, described anew: none of its attempts counts any more.
    Restarted(Box<ExecutionStarted>),
    /// Attempts no longer count, because the flow goes on from before them.
    Rewound(Box<Rewound>),
    /// The execution goes on by another version of its definition.
    PlanReplaced(Box<PlanReplaced>),
    /// The execution is over. Attempts still open are canceled by it.
    ExecutionEnded(Box<ExecutionEnded>),
}

/// How an execution came to be. Also the body of the message that starts a child.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutionStarted {
    /// Name of the definition.
    pub name: Arc<str>,
    /// Version of the definition.
    pub version: u32,
    /// The definition as it stood then, with its task definitions.
    pub blueprint: BlueprintHash,
    /// Input, after the definition's template.
    #[serde(default, skip_serializing_if = "Json::is_empty_object")]
    pub input: Json,
    /// The caller's own key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<Arc<str>>,
    /// 0 (lowest) to 99.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: u8,
    /// Task type (or `*`) to a comma-separated list of domains.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub domains: Map<String, Value>,
    /// The attempt that started this execution as its child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<TaskId>,
    /// The topmost ancestor; absent for a root. Decides the partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<ExecutionId>,
    /// How many ancestors there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub depth: u32,
    /// Unique per definition: a second start with the same key is no new execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_key: Option<Arc<str>>,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Arc<str>>,
    /// What outside happening started it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Arc<str>>,
}

/// A new attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskScheduled {
    /// Ordinal of the attempt, counted from 1.
    pub task: u32,
    /// The node's reference.
    pub reference: Arc<str>,
    /// The loop iterations that it belongs to.
    #[serde(default, skip_serializing_if = "Frame::is_root")]
    pub frame: Frame,
    /// How many attempts came before (Conductor: `retryCount`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempt: u32,
    /// Ordinal of the attempt that this one repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<u32>,
    /// The resolved input.
    #[serde(default, skip_serializing_if = "Json::is_empty_object")]
    pub input: Json,
    /// Where a worker finds it; none for what the engine does itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueName>,
    /// The execution's priority, by which queues are ordered.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: u8,
    /// Not before this instant; absent: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_at: Option<Timestamp>,
    /// A wait ends by itself at this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// The execution that this attempt started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<ExecutionId>,
    /// Where the input refers to secrets by the definition's own words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretAt>,
}

/// A claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptStarted {
    /// Ordinal of the attempt.
    pub task: u32,
    /// When, if not at the record's instant (a claim is often written together with the completion).
    pub at: Timestamp,
    /// Who took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<Arc<str>>,
    /// When the claim runs out unless extended; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
    /// Occupies a place of a limit until the attempt ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Arc<str>>,
}

/// A worker's "not yet".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptDeferred {
    /// Ordinal of the attempt.
    pub task: u32,
    /// The queue it returns to.
    pub queue: QueueName,
    /// The execution's priority.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: u8,
    /// Not before this instant.
    pub ready_at: Timestamp,
    /// Replaces the output.
    #[serde(default, skip_serializing_if = "Json::is_empty_object")]
    pub output: Json,
    /// What the worker says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
    /// Who gave it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<Arc<str>>,
}

/// The end of an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskEnded {
    /// Ordinal of the attempt.
    pub task: u32,
    /// A final status.
    pub status: TaskStatus,
    /// Replaces the output; absent: the output stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Json>,
    /// Why, where there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
    /// Who sent the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<Arc<str>>,
    /// True if another attempt follows, so that nothing goes on from this one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retried: bool,
}

/// A step back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rewound {
    /// Ordinals of the attempts that no longer count. All of them have ended; an ordinal may be scheduled again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<u32>,
    /// Loops that are back in an earlier iteration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loops: Vec<LoopRewound>,
}

/// A loop that is back in an earlier iteration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopRewound {
    /// Ordinal of the loop's attempt.
    pub task: u32,
    /// The iteration that counts as the present one.
    pub iteration: u32,
}

/// Another version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanReplaced {
    /// The execution described anew, as if it had started so.
    pub started: ExecutionStarted,
    /// Ordinals of the attempts that have no counterpart. All of them have ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<u32>,
}

/// The end of an execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutionEnded {
    /// A final status.
    pub status: ExecutionStatus,
    /// The workflow's output.
    #[serde(default, skip_serializing_if = "Json::is_empty_object")]
    pub output: Json,
    /// Why, where there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
    /// Ordinals of the attempts to blame.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<u32>,
}

fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

fn is_false(flag: &bool) -> bool {
    !*flag
}
