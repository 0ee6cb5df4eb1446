//! A node: everything that one engine knows in memory, as a state machine without I/O.
//!
//! Calls come in with the present time; what has to be done outside (appends, loads, windows) is put into an
//! outbox and a list of wants, and what came of it is told to the node again. Nothing here waits, so a test can drive a node
//! through any interleaving. The async shell around it is in `duties/`.
//!
//! ```text
//!  request ─▶ slot (loaded?) ─▶ core::decide ─▶ outbox ═commit═▶ committed ─▶ effects: queues, timers,
//!                 │ no                                                        messages, waiters, replies
//!                 └─▶ want Load ─▶ loaded
//! ```

mod assignment;
mod claims;
mod commits;
mod evaluations;
mod evict;
mod inspect;
mod messages;
mod queues;
mod requests;
mod restore;
mod slot;
mod timers;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use segue_core::event::{Event, QueueName};
use segue_core::id::{BlueprintHash, ExecutionId, TaskId};
use segue_core::plan::Evaluation;
use segue_core::record::{Message, MessageId};
use segue_core::table::{HashMap, HashSet};
use segue_core::time::Timestamp;
use segue_store::contract::Snapshot;
use tokio::sync::oneshot;

use crate::catalog::Catalog;
use crate::options::Options;

pub use assignment::Assignment;
pub(crate) use claims::rate_of;
pub use claims::{PollRequest, Polled};
pub use commits::Batch;
pub use inspect::Sight;
pub use requests::{Ask, Done, Reader, Request, Settled, StartRequest, Started};
pub use restore::{Found, Stored, pinned_plan};
pub use slot::Loadable;

/// Something that must be done outside; the node goes on meanwhile.
#[derive(Debug)]
pub enum Want {
    /// Load the execution, or what came after `after_seq`; then call [`Node::loaded`].
    Load {
        /// Which.
        execution: ExecutionId,
        /// 0: from the first.
        after_seq: u64,
    },
    /// Read a window of the queue; then call [`Node::window`].
    Window {
        /// Which queue.
        queue: QueueName,
        /// Nothing before this rank and attempt.
        from: Option<(i64, TaskId)>,
        /// Nothing that is ready later than this.
        ready_before: Timestamp,
        /// How many at most.
        count_max: usize,
    },
    /// Store a snapshot.
    PutSnapshot(ExecutionId, Snapshot),
    /// Make the extension of a lease known to other nodes.
    ExtendLease(TaskId, Timestamp),
    /// Evaluate; then call [`Node::evaluated`].
    Evaluate {
        /// The attempt that depends on it.
        task: TaskId,
        /// As in [`segue_core::decide::Asked`].
        round: u32,
        /// To be given back with the answer.
        token: u64,
        /// What.
        evaluation: Evaluation,
        /// Name of the definition: evaluators are shared fairly between definitions.
        share: Arc<str>,
    },
    /// Load the plan that a start message pins, keep it in the catalog, then call [`Node::deliver`] again.
    Plan(MessageId, Box<Message>),
}

/// Facts about the store that a node must know.
#[derive(Debug, Clone, Copy)]
pub struct StoreTraits {
    /// Other nodes use the same store.
    pub shared: bool,
    /// Batches under way at a time.
    pub concurrent_appends: usize,
    /// Records in one batch.
    pub batch_max: usize,
}

/// Counters for metrics; all only rise.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counters {
    /// Records committed.
    pub records: u64,
    /// Executions started.
    pub started: u64,
    /// Executions ended.
    pub ended: u64,
    /// Attempts handed to workers.
    pub claimed: u64,
    /// Attempts ended by a result or a rule.
    pub completed: u64,
    /// Appends that lost to another writer.
    pub conflicts: u64,
    /// Executions loaded from the store.
    pub loads: u64,
}

/// The state of one node.
pub struct Node {
    options: Options,
    traits: StoreTraits,
    catalog: Arc<Catalog>,
    rng: SmallRng,
    born: Timestamp,
    slots: HashMap<ExecutionId, slot::Slot>,
    ages: VecDeque<ExecutionId>,
    outbox: VecDeque<commits::Pending>,
    under_way: HashMap<u64, Vec<commits::Pending>>,
    under_way_executions: HashSet<ExecutionId>,
    next_batch: u64,
    wants: Vec<Want>,
    queues: HashMap<QueueName, queues::Queue>,
    parked: HashMap<u64, claims::Parked>,
    next_poll: u64,
    polls: HashMap<(QueueName, Arc<str>), Timestamp>,
    fresh_polls: HashMap<(QueueName, Arc<str>), Timestamp>,
    timers: BTreeSet<(Timestamp, ExecutionId)>,
    held: VecDeque<(Timestamp, ExecutionId)>,
    extended: HashMap<TaskId, Timestamp>,
    delivering: HashSet<MessageId>,
    waiters: HashMap<ExecutionId, Vec<oneshot::Sender<()>>>,
    /// Attempts that handlers of this process work on, and who is told when there is nothing left to do.
    in_hand: BTreeMap<TaskId, oneshot::Sender<()>>,
    blocked: HashSet<QueueName>,
    /// Claims that were answered and that no record in the store has, of executions that must be loaded again.
    unwritten: HashMap<ExecutionId, Vec<Event>>,
    /// Queues whose polls are to be looked at, and whether somebody is at it.
    to_serve: BTreeSet<QueueName>,
    is_serving: bool,
    known_blueprints: HashSet<BlueprintHash>,
    evaluating: HashMap<ExecutionId, HashMap<(u32, u32), evaluations::Running>>,
    next_evaluation: u64,
    counters: Counters,
    orphans: u64,
    /// When the ticker looks next, and whether something is due before that.
    sleeps_until: Timestamp,
    must_rouse: bool,
}

impl Node {
    /// A node with nothing in memory. `seed` decides jitter and ids.
    pub fn new(
        options: Options,
        traits: StoreTraits,
        catalog: Arc<Catalog>,
        seed: u64,
        now: Timestamp,
    ) -> Self {
        Self {
            options,
            traits,
            catalog,
            rng: SmallRng::seed_from_u64(seed),
            born: now,
            slots: HashMap::default(),
            ages: VecDeque::new(),
            outbox: VecDeque::new(),
            under_way: HashMap::default(),
            under_way_executions: HashSet::default(),
            next_batch: 0,
            wants: Vec::new(),
            queues: HashMap::default(),
            parked: HashMap::default(),
            next_poll: 0,
            polls: HashMap::default(),
            fresh_polls: HashMap::default(),
            timers: BTreeSet::new(),
            held: VecDeque::new(),
            extended: HashMap::default(),
            delivering: HashSet::default(),
            waiters: HashMap::default(),
            in_hand: BTreeMap::new(),
            blocked: HashSet::default(),
            unwritten: HashMap::default(),
            to_serve: BTreeSet::new(),
            is_serving: false,
            known_blueprints: HashSet::default(),
            evaluating: HashMap::default(),
            next_evaluation: 0,
            counters: Counters::default(),
            orphans: 0,
            sleeps_until: Timestamp(i64::MAX),
            must_rouse: false,
        }
    }

    /// What has to be done outside.
    pub fn take_wants(&mut self) -> Vec<Want> {
        std::mem::take(&mut self.wants)
    }

    /// True if [`Node::take_batch`] or [`Node::take_wants`] has something.
    pub fn has_work(&self) -> bool {
        !self.outbox.is_empty() || !self.wants.is_empty()
    }

    /// Counters since the node began.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Records that wait for a commit or are being committed.
    pub fn backlog(&self) -> usize {
        self.outbox.len() + self.under_way.values().map(Vec::len).sum::<usize>()
    }

    /// Executions in memory.
    pub fn cached(&self) -> usize {
        self.slots.len()
    }

    /// What the last audit found.
    pub fn orphans(&self) -> u64 {
        self.orphans
    }

    /// Takes note of an audit.
    pub fn set_orphans(&mut self, count: u64) {
        self.orphans = count;
    }

    /// Is told when the execution has ended and that is committed. The caller must look first whether it ended before.
    pub fn on_end(&mut self, execution: ExecutionId) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.waiters.entry(execution).or_default().push(sender);
        receiver
    }

    /// Is told when an attempt is over without its handler's doing, and that is committed.
    pub fn take_in_hand(&mut self, task: TaskId) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.in_hand.insert(task, sender);
        receiver
    }

    /// A handler has said how its attempt ends.
    pub fn let_go(&mut self, task: TaskId) {
        self.in_hand.remove(&task);
    }

    /// Nobody is to go on with anything.
    pub fn let_all_go(&mut self) {
        self.in_hand.clear();
    }
}
