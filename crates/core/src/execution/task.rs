//! One attempt at a node.

use std::sync::Arc;

use serde_json::Value;

use super::Trial;
use crate::event::{Frame, Limit, QueueName};
use crate::expression::SecretAt;
use crate::id::ExecutionId;
use crate::json::Json;
use crate::plan::{Kind, NodeIndex, Plan};
use crate::status::TaskStatus;
use crate::time::Timestamp;

/// One attempt (Conductor: Task).
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Counted from 1 within the execution.
    pub ordinal: u32,
    /// What it is an attempt at.
    pub node: NodeIndex,
    /// The loop iterations that it belongs to.
    pub frame: Frame,
    /// Ordinal of the attempt of the innermost open scope (loop, TRY_CATCH, GRAPH) around it; 0 if there is none.
    pub scope: u32,
    /// How many attempts came before.
    pub attempt: u32,
    /// Ordinal of the attempt that it repeats.
    pub retry_of: Option<u32>,
    /// Another attempt followed.
    pub retried: bool,
    /// It no longer counts: the execution went back to before it. Only its place is kept.
    pub hidden: bool,
    /// How often the execution had been made to run again when the first of its attempts was scheduled.
    pub generation: u32,
    /// SUB_WORKFLOW: its child was made to run again (Conductor: `subworkflowChanged`).
    pub is_child_changed: bool,
    /// Where it stands.
    pub status: TaskStatus,
    /// The resolved input.
    pub input: Json,
    /// Where the input refers to secrets by the definition's own words; the hand-off puts them in there and nowhere else.
    pub secrets: Vec<SecretAt>,
    /// The output as far as it was given; JOIN and scopes derive theirs.
    pub output: Json,
    /// Why it ended so.
    pub reason: Option<Arc<str>>,
    /// Where workers find it.
    pub queue: Option<QueueName>,
    /// Who has or had it.
    pub worker: Option<Arc<str>>,
    /// How often it was handed out.
    pub poll_count: u32,
    /// When it was scheduled.
    pub scheduled_at: Timestamp,
    /// When the first of its attempts was scheduled; the total timeout counts from then.
    pub first_scheduled_at: Timestamp,
    /// Not to be handed out before.
    pub ready_at: Timestamp,
    /// When it was first handed out.
    pub started_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When the present claim began and when it runs out.
    pub lease: Option<(Timestamp, Timestamp)>,
    /// When a wait ends by itself.
    pub due_at: Option<Timestamp>,
    /// The execution that it started.
    pub child: Option<ExecutionId>,
    /// Timeouts that passed and whose policy only says so.
    pub noted: Vec<Limit>,
    /// Loops: the present iteration, of a FOR_EACH the last one that began.
    pub iteration: u32,
    /// Scopes: how many attempts in it are open. JOIN: how many references it still waits for.
    pub waiting: u32,
    /// Loops: the first iteration that was not dropped; 0 as long as none was.
    pub kept_from: u32,
    /// TRY_CATCH: where it stands.
    pub trial: Trial,
    /// When an evaluator was asked for what it depends on; none once that is known.
    pub asked_at: Option<Timestamp>,
    /// Loops over items: the items.
    pub(crate) items: Option<Arc<[Value]>>,
    /// The instant under which it stands in the timers.
    pub(super) armed: Option<Timestamp>,
}

/// One handing out of an attempt, told apart from all others of an attempt under this ordinal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The attempt's generation: what is made anew under an ordinal is of a later one.
    generation: u32,
    /// How often it was handed out.
    number: u32,
}

impl Task {
    /// Nothing more happens to it.
    pub fn is_terminal(&self) -> bool {
        self.status.is_terminal()
    }

    /// A worker holds it.
    pub fn is_held(&self) -> bool {
        self.status == TaskStatus::InProgress && self.queue.is_some()
    }

    /// By which of its holds a worker has it now; `None` if none has.
    pub fn hold(&self) -> Option<Hold> {
        self.is_held().then_some(Hold { generation: self.generation, number: self.poll_count })
    }

    /// Seconds between scheduled and ready.
    pub fn delay_seconds(&self) -> i64 {
        (self.ready_at - self.updated_at.max(self.scheduled_at)).max(0).saturating_add(999) / 1000
    }

    /// Seconds until it is handed out, as they stood when it last changed; of a WAIT, until it ends (Conductor:
    /// `callbackAfterSeconds`).
    pub fn callback_after_seconds(&self, plan: &Plan) -> i64 {
        match (&plan.node(self.node).kind, self.due_at) {
            (Kind::Wait, Some(due)) => (due - self.scheduled_at) / 1000,
            (Kind::Wait, None) => i64::from(i32::MAX),
            _ => self.delay_seconds(),
        }
    }
}
