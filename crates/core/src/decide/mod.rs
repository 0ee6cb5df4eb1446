//! `decide`: what a command does to an execution. Commands in, a record out; the state moves by folding the
//! record's own events and by nothing else, so a replay of the journal always arrives at the same state.
//!
//! One file per command and per construct. A command that is refused changes nothing.

mod advance;
mod claim;
mod complete;
mod compute;
mod do_while;
mod dynamic;
mod end;
mod evaluate;
mod event;
mod exclusive_join;
mod failure;
mod failure_workflow;
mod for_each;
mod fork;
mod graph;
mod inbox;
mod join;
mod jump;
mod pause;
mod payload;
mod preview;
mod receive;
mod reopen;
mod rerun;
mod reset;
mod restart;
mod retry;
mod rewind;
mod scope;
mod set_variable;
mod skip;
mod start;
mod start_workflow;
mod sub_workflow;
mod switch;
mod terminate;
mod try_catch;
mod turn;
mod upgrade;
mod visit;
mod wait;
mod wake;
mod worker;

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::definition::{Violation, WorkflowDef};
use crate::event::QueueName;
use crate::execution::Execution;
use crate::json::Json;
use crate::plan::{Evaluation, Plan};
use crate::record::{MessageBody, MessageId, Record};
use crate::status::{ExecutionStatus, TaskStatus};
use crate::time::Timestamp;

pub use complete::is_reportable;
pub use preview::{Affected, ChildAnew, Done, Preview, done, heard, preview};
pub use restart::{Restart, RestartKind};
pub use skip::Skip;
pub use start::{Start, start};
pub use upgrade::Upgrade;

/// What a caller wants of an execution.
#[derive(Debug, Clone)]
pub enum Command {
    /// Hand a ready attempt to a worker.
    Claim {
        /// Ordinal of the attempt.
        task: u32,
        /// Who takes it.
        worker: Option<Arc<str>>,
        /// How long the claim lasts, in milliseconds, if not as long as the task definition's response timeout.
        lease_ms: Option<i64>,
    },
    /// Take a result.
    Complete(Box<TaskResult>),
    /// Take the answer of an evaluator.
    Evaluated {
        /// Ordinal of the attempt.
        task: u32,
        /// The iteration that it was asked for; 0 but for loops.
        round: u32,
        /// What came of it.
        answer: Answer,
    },
    /// Do what is due: expired timers, deferred steps.
    Wake,
    /// Schedule nothing new until resumed.
    Pause,
    /// End a pause.
    Resume,
    /// Stop.
    Terminate {
        /// Why.
        reason: Arc<str>,
        /// Whether the failure workflow is started.
        compensate: Compensate,
    },
    /// Run again from the failures.
    Retry,
    /// Set workflow variables; those that are not named stay.
    SetVariables(Map<String, Value>),
    /// The same, but a list is added to the end of the list that is there.
    AppendVariables(Map<String, Value>),
    /// Put a message into the execution's queue.
    Push {
        /// Names it for those who read it.
        id: Arc<str>,
        /// What it says.
        payload: Json,
    },
    /// Run again from the beginning.
    Restart(Box<Restart>),
    /// Run again from an attempt on.
    Rerun {
        /// Ordinal of the attempt.
        task: u32,
        /// In place of its input.
        input: Option<Json>,
    },
    /// Mark a task that was not reached as skipped.
    Skip(Box<Skip>),
    /// Go on at a task.
    Jump {
        /// The reference; with its frame (`ref__2`) if it does not mean the present iteration.
        reference: String,
        /// In place of its input.
        input: Option<Json>,
    },
    /// Go on by another version.
    Upgrade(Box<Upgrade>),
    /// Hand out at once what waits for its time in a queue.
    ResetCallbacks,
    /// Take a message.
    Receive(MessageId, Box<MessageBody>),
}

/// What came of an evaluation: its value (of jq the list of its values), or why it has none.
pub type Answer = Result<Value, EvaluationError>;

/// Why an evaluation has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// The script's own failure, in its words.
    #[error("{0}")]
    Failed(String),
    /// It took too long.
    #[error("the script was stopped after {limit_ms} ms")]
    TimedOut {
        /// The limit.
        limit_ms: u64,
    },
    /// It took too much memory.
    #[error("the script needs more memory than it may have")]
    OutOfMemory,
    /// Its language cannot be evaluated here.
    #[error("{0}")]
    Unavailable(String),
}

/// Something that an evaluator is to find out. Pure, so it need not wait for a commit, and may be asked twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Ordinal of the attempt that depends on it.
    pub task: u32,
    /// The iteration that it is asked for; 0 but for loops.
    pub round: u32,
    /// What to evaluate.
    pub evaluation: Evaluation,
}

/// Whether an end starts the failure workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Compensate {
    Yes,
    No,
}

/// A result for an attempt (Conductor: TaskResult).
#[derive(Debug, Clone)]
pub struct TaskResult {
    /// Ordinal of the attempt.
    pub task: u32,
    /// IN_PROGRESS, or a final status that a worker may send: COMPLETED, FAILED, FAILED_WITH_TERMINAL_ERROR, CANCELED.
    pub status: TaskStatus,
    /// The output; absent leaves what is there.
    pub output: Option<Json>,
    /// Whether the output replaces what is there or is laid over it.
    pub merge: Merge,
    /// Why, where there is something to say. Cut to [`REASON_CHARS_MAX`].
    pub reason: Option<Arc<str>>,
    /// Who sends it.
    pub worker: Option<Arc<str>>,
    /// With IN_PROGRESS: hand it out again after so many milliseconds. With a failure: repeat it not sooner than that.
    pub callback_after_ms: i64,
}

/// What a new output does to the one that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// It takes its place.
    Replace,
    /// Its keys are laid over it.
    Overlay,
}

/// Reasons are cut to so many characters (Conductor: `reasonForIncompletion`).
pub const REASON_CHARS_MAX: usize = 500;
/// What is kept of the end of a longer one.
const REASON_TAIL_CHARS: usize = 250;

/// What a decision may look at beside the execution.
pub struct Context<'a> {
    /// The store's present.
    pub now: Timestamp,
    /// A random number, for jitter.
    pub entropy: u64,
    /// Registered definitions.
    pub definitions: &'a dyn Definitions,
    /// Whether a worker polled the queue lately.
    pub is_polled: &'a dyn Fn(&QueueName) -> bool,
    /// Bounds.
    pub limits: &'a Limits,
}

/// Registered definitions, as far as a decision needs them.
pub trait Definitions {
    /// The plan of a registered definition; without a version the latest.
    fn find(&self, name: &str, version: Option<u32>) -> Option<Arc<Plan>>;

    /// The plan of a definition that is not registered.
    fn compile(&self, definition: WorkflowDef) -> Result<Arc<Plan>, Vec<Violation>>;

    /// The plans that an event starts ([`crate::trigger`]), in a fixed order.
    fn subscribers(&self, _event: &str) -> Vec<Arc<Plan>> {
        Vec::new()
    }
}

/// Bounds on what one execution may do.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Transitions in one record; what is left goes on in the next.
    pub transitions_max: u32,
    /// How deep sub-workflows may nest.
    pub depth_max: u32,
    /// Bytes of all variables together.
    pub variables_bytes_max: usize,
    /// Bytes of an input or output as JSON text.
    pub payload_bytes_max: usize,
    /// Attempts in one execution.
    pub tasks_max: usize,
    /// Messages that may wait in one execution.
    pub inbox_max: usize,
    /// Lease of a task without a response timeout of its own, in milliseconds.
    pub lease_ms_default: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            transitions_max: 1000,
            depth_max: 100,
            variables_bytes_max: 256 * 1024,
            payload_bytes_max: 10 * 1024 * 1024,
            tasks_max: 2_000_000,
            inbox_max: 1000,
            lease_ms_default: 3_600_000,
        }
    }
}

/// What a command came to.
#[derive(Debug)]
pub struct Decision {
    /// What is to be appended; `None` if nothing happened.
    pub record: Option<Record>,
    /// Whether the command took effect or found that it was too late.
    pub outcome: Outcome,
    /// Plans that the record pins.
    pub pinned: Vec<Arc<Plan>>,
    /// What evaluators are asked.
    pub asked: Vec<Asked>,
}

/// Whether a command took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did.
    Applied,
    /// It came too late or twice, and changed nothing but perhaps the record of that.
    Ignored,
}

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Refusal {
    #[error("there is no attempt {0} in this execution")]
    NoSuchTask(u32),
    #[error("the attempt is {0}, not ready")]
    NotReady(TaskStatus),
    #[error("the attempt is ready only later")]
    NotYet(Timestamp),
    #[error("the execution has ended: {0}")]
    Ended(ExecutionStatus),
    #[error("the execution is {0}, not PAUSED")]
    NotPaused(ExecutionStatus),
    #[error("{0} messages wait in the execution already")]
    InboxFull(usize),
    #[error("the execution is still {0}")]
    StillRunning(ExecutionStatus),
    #[error("the execution has no unsuccessful task to retry")]
    NothingToRetry,
    #[error("the variables would take {bytes} bytes, more than {bytes_max}")]
    VariablesTooLarge { bytes: usize, bytes_max: usize },
    #[error("the execution is still {0}, unable to {1}")]
    NotEnded(ExecutionStatus, &'static str),
    #[error("the execution is COMPLETED and its definition is not restartable")]
    NotRestartable,
    #[error("the execution is {0}, not RUNNING")]
    NotRunning(ExecutionStatus),
    #[error("the definition has no task {0}")]
    NoSuchReference(String),
    #[error("the task {0} was reached before")]
    AlreadyReached(String),
    #[error("the task {0} lies in a branch or an iteration that is not running")]
    Unreachable(String),
    #[error("the execution cannot go on by that version: {}", .0.join("; "))]
    CannotUpgrade(Vec<String>),
    #[error("the journal does not fit the definition: {0}")]
    Misfit(String),
}

/// Decides a command and folds what it decided into `execution`.
///
/// # Errors
/// A [`Refusal`] leaves the execution as it was, but for [`Refusal::Misfit`], after which it must be loaded again.
pub fn decide(
    execution: &mut Execution,
    command: Command,
    context: &Context<'_>,
) -> Result<Decision, Refusal> {
    let mut turn = turn::Turn::new(execution, context);
    let outcome = match command {
        Command::Claim { task, worker, lease_ms } => claim::decide(&mut turn, task, worker, lease_ms)?,
        Command::Complete(result) => complete::decide(&mut turn, *result)?,
        Command::Evaluated { task, round, answer } => evaluate::decide(&mut turn, task, round, answer),
        Command::Wake => wake::decide(&mut turn),
        Command::Pause => pause::pause(&mut turn)?,
        Command::Resume => pause::resume(&mut turn)?,
        Command::Terminate { reason, compensate } => terminate::decide(&mut turn, &reason, compensate)?,
        Command::Retry => retry::decide(&mut turn)?,
        Command::Push { id, payload } => inbox::push(&mut turn, &id, &payload)?,
        Command::SetVariables(variables) => set_variable::decide(&mut turn, variables)?,
        Command::AppendVariables(variables) => set_variable::append(&mut turn, variables)?,
        Command::Restart(restart) => restart::decide(&mut turn, *restart)?,
        Command::Rerun { task, input } => rerun::decide(&mut turn, task, input)?,
        Command::Skip(skip) => skip::decide(&mut turn, *skip)?,
        Command::Jump { reference, input } => jump::decide(&mut turn, reference, input)?,
        Command::Upgrade(upgrade) => upgrade::decide(&mut turn, *upgrade)?,
        Command::ResetCallbacks => reset::decide(&mut turn)?,
        Command::Receive(id, body) => receive::decide(&mut turn, id, *body),
    };
    turn.finish(outcome)
}

fn cut_reason(reason: &str) -> Arc<str> {
    let count = reason.chars().count();
    if count <= REASON_CHARS_MAX {
        return reason.into();
    }
    // The reason of a child ends its parent's, so what it all began with stands at the end.
    let head: String = reason.chars().take(REASON_CHARS_MAX - REASON_TAIL_CHARS - 1).collect();
    let tail: String = reason.chars().skip(count - REASON_TAIL_CHARS).collect();
    format!("{head}…{tail}").into()
}
