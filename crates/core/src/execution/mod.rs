//! An execution: the fold of its events.
//!
//! Everything that a step needs is found without a scan: the latest attempt of a reference, what is open in
//! each scope, what each JOIN still waits for, the next timer.

mod environment;
mod evaluation;
mod extend;
mod fold;
mod iterations;
mod open;
mod output;
mod ration;
mod rewind;
mod scope;
pub mod snapshot;
mod steps;
mod task;
mod timers;
mod trial;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::event::{Event, ExecutionStarted, Frame, Step};
use crate::id::{BlueprintHash, ExecutionId};
use crate::json::Json;
use crate::plan::{NodeIndex, Plan};
use crate::record::{MessageId, Record};
use crate::status::ExecutionStatus;
use crate::table::HashMap;
use crate::time::Timestamp;

pub use environment::Scope;
pub use fold::Misfit;
pub(crate) use ration::Rationed;
pub use task::{Hold, Task};
pub(crate) use trial::Excuse;
pub use trial::Trial;

/// The state of one execution.
#[derive(Debug, Clone)]
pub struct Execution {
    /// Its id.
    pub id: ExecutionId,
    /// What it runs: the pinned plan and what it grew by.
    pub plan: Arc<Plan>,
    /// The plan that it began with.
    pub pinned: Arc<Plan>,
    /// How it came to be.
    pub started: Arc<ExecutionStarted>,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// When it began.
    pub created_at: Timestamp,
    /// When its last record was decided.
    pub updated_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When it was last resumed or retried; the workflow timeout counts from then.
    pub last_retried_at: Option<Timestamp>,
    /// Why it ended so.
    pub reason: Option<Arc<str>>,
    /// Its output, once it is over.
    pub output: Json,
    /// Ordinals of the attempts to blame for its end.
    pub failed: Vec<u32>,
    /// How often it was made to run again. Part of effect keys.
    pub generation: u32,
    /// Workflow variables.
    pub variables: Map<String, Value>,
    /// Messages that no task has taken yet, oldest first.
    pub inbox: VecDeque<Json>,
    /// Control flow that is still to be done.
    pub deferred: Vec<Step>,
    /// The workflow timeout passed and its policy only says so.
    pub timeout_noted: bool,
    /// Plans that it ran before, or that an event may replace its plan by. Not part of the state.
    plans: HashMap<BlueprintHash, Arc<Plan>>,
    tasks: Vec<Task>,
    latest: HashMap<(NodeIndex, Frame), u32>,
    /// The attempts that count at each node, in their order. Hidden ones may be among them, but never last.
    attempts: Vec<Vec<u32>>,
    open: u32,
    open_leaves: u32,
    /// What is open in each scope, by ordinals; what is open outside all scopes is not in it.
    members: BTreeSet<(u32, u32)>,
    /// Of each FOR_EACH: the iterations in which something is open, with how much.
    running: HashMap<u32, BTreeMap<u32, u32>>,
    steps: steps::Steps,
    timers: BTreeSet<(Timestamp, u32)>,
    applied: BTreeSet<MessageId>,
    asked: BTreeSet<u32>,
    pulling: BTreeSet<u32>,
    extensions: extend::Extensions,
}

impl Execution {
    /// An execution about to fold its first record.
    pub fn new(id: ExecutionId, plan: Arc<Plan>, started: Arc<ExecutionStarted>, at: Timestamp) -> Self {
        Self {
            id,
            status: ExecutionStatus::Running,
            created_at: at,
            updated_at: at,
            ended_at: None,
            last_retried_at: None,
            reason: None,
            output: Json::empty_object(),
            failed: Vec::new(),
            generation: 0,
            variables: plan.definition.variables.clone(),
            inbox: VecDeque::new(),
            deferred: Vec::new(),
            timeout_noted: false,
            plans: HashMap::default(),
            tasks: Vec::new(),
            latest: HashMap::default(),
            attempts: vec![Vec::new(); plan.len()],
            open: 0,
            open_leaves: 0,
            members: BTreeSet::new(),
            running: HashMap::default(),
            steps: steps::Steps::default(),
            timers: BTreeSet::new(),
            applied: BTreeSet::new(),
            asked: BTreeSet::new(),
            pulling: BTreeSet::new(),
            extensions: extend::Extensions::default(),
            pinned: plan.clone(),
            plan,
            started,
        }
    }

    /// The start in a record, if it is a first one.
    pub fn start_of(record: &Record) -> Option<&ExecutionStarted> {
        match record.events.first() {
            Some(Event::ExecutionStarted(started)) => Some(started),
            _ => None,
        }
    }

    /// All attempts, hidden ones too, in the order in which they were scheduled: the i-th has ordinal i + 1. Hidden ones have ended and
    /// are nobody's latest.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// The attempt with this ordinal.
    pub fn task(&self, ordinal: u32) -> Option<&Task> {
        self.tasks.get((ordinal as usize).checked_sub(1)?)
    }

    /// The latest attempt of a node in a frame.
    pub fn latest(&self, node: NodeIndex, frame: &Frame) -> Option<&Task> {
        self.latest.get(&(node, frame.clone())).and_then(|ordinal| self.task(*ordinal))
    }

    /// The newest attempt of a reference, whatever its frame.
    pub fn newest(&self, reference: &str) -> Option<&Task> {
        self.newest_at(self.plan.find(reference)?)
    }

    /// True if the message was dealt with before.
    pub fn has_applied(&self, message: &MessageId) -> bool {
        self.applied.contains(message)
    }

    /// Whether something was applied that the sender said after this message.
    pub fn has_applied_later(&self, message: &MessageId) -> bool {
        let later = (Bound::Excluded(*message), Bound::Unbounded);
        self.applied.range(later).next().is_some_and(|later| later.sender == message.sender)
    }

    /// How many attempts are open outside scopes (a scope counts as one).
    pub fn open(&self) -> u32 {
        self.open
    }

    /// How many attempts are open that something outside the control flow can end: all but JOINs and scopes.
    pub(crate) fn open_leaves(&self) -> u32 {
        self.open_leaves
    }

    /// The topmost ancestor.
    pub fn root(&self) -> ExecutionId {
        self.started.root.unwrap_or(self.id)
    }

    /// The effect key of an attempt: the same for all attempts at one effect, new when the execution is made to run again.
    pub fn effect_key(&self, task: &Task) -> String {
        let name = task.frame.name(&self.plan.node(task.node).reference);
        format!("{}:{}:{name}", self.id, task.generation)
    }
}
