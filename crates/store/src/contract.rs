//! What every store promises, by role of the caller.
//!
//! - An append is compare-and-swap on `(execution, seq)`: of two writers with the same expected seq exactly
//!   one wins. What an append carries (record, logs, blueprint, snapshot, slot) becomes durable with it or not at all.
//! - An answer means durable. After [`Error::Unwritable`] nothing is acknowledged any more.
//! - The tables beside the journal are what [`segue_core::projection::changes`] says of it; a reader of any of them sees
//!   every append that was answered before the read began.
//! - Positions are dense enough to page by and strictly rise in commit order: whoever has read up to a
//!   position never misses an append below it.

mod index;
mod search;

use std::sync::Arc;

use async_trait::async_trait;
use segue_core::event::QueueName;
use segue_core::id::{BlueprintHash, ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::projection::{Lease, Ready};
use segue_core::record::{DecodeError, Message, MessageId, Record};
use segue_core::time::Timestamp;

pub use index::{Index, IndexBatch, IndexEntry, IndexProgress, IndexScope, IndexedTask};
pub use search::{
    Comparison, Direction, ExecutionRow, Field, Filter, Operand, Search, SearchPage, SearchRequest,
    TOTAL_MAX, TaskField, TaskPage,
};

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The database cannot be written any more (a failed sync, a full disk). Nothing since was acknowledged.
    #[error("the store is read-only: {0}")]
    Unwritable(Arc<str>),
    /// The database did not answer; the outcome of a write is unknown until read back.
    #[error("the store does not answer: {0}")]
    Unavailable(Arc<str>),
    /// Another process owns the database.
    #[error("{path} is in use by process {pid}")]
    Locked {
        /// The database file.
        path: Arc<str>,
        /// The owner's process id.
        pid: u32,
        /// Where the owner serves, if it said so.
        url: Option<Arc<str>>,
    },
    /// Written by a newer release.
    #[error("{path} has schema version {found}; this release understands up to {known}")]
    Newer {
        /// The database.
        path: Arc<str>,
        /// Its schema version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// The database is damaged or is no Segue database.
    #[error("{path} is not a usable Segue database: {reason}")]
    Corrupt {
        /// The database.
        path: Arc<str>,
        /// What is wrong.
        reason: Arc<str>,
    },
    /// A row that cannot be read.
    #[error("execution {execution}, record {seq}: {reason}")]
    Undecodable {
        /// Whose row.
        execution: ExecutionId,
        /// Which row.
        seq: u64,
        /// What is wrong.
        reason: Arc<str>,
    },
}

impl Error {
    /// A row that [`Record::decode`] refused.
    pub fn undecodable(execution: ExecutionId, seq: u64, cause: &DecodeError) -> Self {
        Self::Undecodable { execution, seq, reason: cause.to_string().into() }
    }
}

/// The result of any store call.
pub type Result<T> = std::result::Result<T, Error>;

/// A place in the order of all appends of one partition; 0 is before the first.
pub type Position = u64;

/// One record and all that becomes durable with it.
#[derive(Debug, Clone)]
pub struct Append {
    /// Whose record.
    pub execution: ExecutionId,
    /// The topmost ancestor, by which the partition is chosen.
    pub root: ExecutionId,
    /// The seq of the execution's last record; 0 if it does not exist yet. The record gets `expected_seq + 1`.
    pub expected_seq: u64,
    /// The record.
    pub record: Arc<Record>,
    /// Lines for the logs of attempts.
    pub logs: Vec<LogLine>,
    /// Definitions that the record pins and the store may not have yet.
    pub blueprints: Vec<Blueprint>,
    /// A place in a limit, taken by a claim in this record.
    pub admission: Option<Admission>,
}

/// What became of one append of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// Durable.
    Committed {
        /// Where in the journal.
        position: Position,
    },
    /// Somebody else appended first, or the execution exists already (`expected_seq` 0), or it does not (otherwise).
    Conflict,
    /// The start key is taken.
    DuplicateKey {
        /// By this execution.
        existing: ExecutionId,
    },
    /// The limit has no place left now.
    NotAdmitted {
        /// When to ask again, if time alone helps.
        retry_at: Option<Timestamp>,
    },
}

/// The condition under which a claim of a limited task type may commit. Places are counted without one that the attempt
/// itself holds; a rate is judged by [`crate::rate::judge`] at the record's instant, and used up only by a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The limit's name; equals the `slot` of the record's claim where `concurrent_max` is set.
    pub key: Arc<str>,
    /// The attempt that takes the place. The place is free again when the attempt is settled.
    pub task: TaskId,
    /// How many attempts may be held at a time.
    pub concurrent_max: Option<u32>,
    /// How often an attempt may be taken: generic cell rate, a burst of `count` per `window_ms`.
    pub rate: Option<Rate>,
}

/// So many per window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Claims per window.
    pub count: u32,
    /// Length of the window.
    pub window_ms: i64,
}

/// A definition with its task definitions, stored once under its hash.
#[derive(Debug, Clone, PartialEq)]
pub struct Blueprint {
    /// The hash of `body`.
    pub hash: BlueprintHash,
    /// Canonical JSON.
    pub body: Json,
}

/// One line of an attempt's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Whose.
    pub task: TaskId,
    /// When it was written.
    pub at: Timestamp,
    /// The line.
    pub text: Arc<str>,
}

/// A whole execution as text, from which a reader can go on without the records up to `seq`.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Includes the records up to this one.
    pub seq: u64,
    /// Written by the engine, opaque here.
    pub body: Json,
}

/// A stored record.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRecord {
    /// Where in the journal.
    pub position: Position,
    /// Whose.
    pub execution: ExecutionId,
    /// Its number within the execution, from 1.
    pub seq: u64,
    /// The record.
    pub record: Record,
}

/// What is needed to bring an execution to its present state.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Loaded {
    /// The newest snapshot beyond the asked seq, if there is one.
    pub snapshot: Option<Snapshot>,
    /// The records after it (or after the asked seq), in order.
    pub tail: Vec<(u64, Record)>,
    /// Leases that were extended beyond what the journal says.
    pub extended: Vec<(TaskId, Timestamp)>,
}

/// The ordered record of all events.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Commits a batch as one transaction and says for each append what became of it. A loser never aborts
    /// the batch. An execution may occur several times, with rising seqs; if one of them loses, the later
    /// ones lose as well. A start key (from the record's `ExecutionStarted`) is unique per definition name among executions that
    /// exist. The seq is judged first, then the start key, then the admission.
    async fn append(&self, batch: Vec<Append>) -> Result<Vec<Appended>>;

    /// What came after `after_seq` (0: everything). `None` if there is no such execution.
    async fn load(&self, execution: ExecutionId, after_seq: u64) -> Result<Option<Loaded>>;

    /// Stores a snapshot; replaces an older one, never a newer. Ignored if there is no such execution (any more).
    async fn put_snapshot(&self, execution: ExecutionId, snapshot: Snapshot) -> Result<()>;

    /// The records behind `after` in the order of positions, at most `count_max`, of one partition.
    async fn tail(&self, partition: u32, after: Position, count_max: usize) -> Result<Vec<StoredRecord>>;

    /// How many partitions there are; fixed when the database was made.
    fn partitions(&self) -> u32;

    /// Messages that are sent and not applied (which only a record of the receiver does), in the order of their ids, at most `count_max`, behind `after` (`None`: from
    /// the first).
    async fn messages(&self, after: Option<MessageId>, count_max: usize)
    -> Result<Vec<(MessageId, Message)>>;

    /// The log of an attempt, oldest first; lines of one instant in the order of their appends.
    async fn logs(&self, task: TaskId) -> Result<Vec<LogLine>>;

    /// A blueprint by its hash.
    async fn blueprint(&self, hash: BlueprintHash) -> Result<Option<Json>>;
}

/// Ready attempts and held ones.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Up to `count_max` ready attempts of a queue, lowest rank first, with `ready_at` up to `ready_before`, that no node has
    /// reserved, this one included. A shared store reserves them for `node` until `reserved_until`; a store with one node returns
    /// what is there, so the caller must skip what it knows already (`from` lets it start there).
    async fn window(&self, request: WindowRequest) -> Result<Vec<Ready>>;

    /// Gives reservations back, as at a shutdown.
    async fn release(&self, node: &str, tasks: Vec<TaskId>) -> Result<()>;

    /// Extends a lease beyond what the journal says. Durable only where several nodes share the store.
    async fn extend_lease(&self, task: TaskId, until: Timestamp) -> Result<()>;

    /// Names and sizes of all queues that hold anything.
    async fn queue_sizes(&self) -> Result<Vec<QueueSize>>;

    /// One queue's size. Cheap.
    async fn queue_size(&self, queue: &QueueName) -> Result<u64>;

    /// The attempts that occupy a limit, at most `count_max`.
    async fn slot_holders(&self, key: &str, count_max: usize) -> Result<Vec<Lease>>;

    /// How far a rate is used up, as [`crate::rate::judge`] takes it (Unix microseconds); nothing if nobody claimed yet.
    async fn rate_arrival(&self, key: &str) -> Result<Option<i64>>;

    /// Remembers who polled; the latest per (queue, worker) wins.
    async fn put_polls(&self, polls: Vec<PollRecord>) -> Result<()>;

    /// Who polled, of one task type or of all.
    async fn polls(&self, task_type: Option<&str>) -> Result<Vec<PollRecord>>;
}

/// Which part of a queue a node wants.
#[derive(Debug, Clone)]
pub struct WindowRequest {
    /// The queue.
    pub queue: QueueName,
    /// The node that asks.
    pub node: Arc<str>,
    /// Nothing before this rank and attempt.
    pub from: Option<(i64, TaskId)>,
    /// Nothing that is ready later than this.
    pub ready_before: Timestamp,
    /// How many at most.
    pub count_max: usize,
    /// Until when they are the node's alone.
    pub reserved_until: Timestamp,
    /// The store's present.
    pub now: Timestamp,
}

/// How much waits in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSize {
    /// The queue.
    pub queue: QueueName,
    /// Ready attempts, those with a future ready time included.
    pub ready: u64,
}

/// A poll that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollRecord {
    /// The queue.
    pub queue: QueueName,
    /// The worker.
    pub worker: Arc<str>,
    /// When.
    pub at: Timestamp,
}

/// Durable wake-ups.
#[async_trait]
pub trait Timers: Send + Sync {
    /// The store's present. One clock for all nodes that share the store; never runs backwards within a process.
    async fn now(&self) -> Result<Timestamp>;

    /// Executions that are to be looked at before `before`, earliest first, at most `count_max`, behind `after` (both
    /// parts of the order: instant, then id).
    async fn due(
        &self,
        before: Timestamp,
        after: Option<(Timestamp, ExecutionId)>,
        count_max: usize,
    ) -> Result<Vec<(Timestamp, ExecutionId)>>;

    /// Running executions that own no durable wake-up at all: no ready or held attempt, timer, child, message. Empty
    /// unless something is wrong. In the order of ids, at most `candidates_max`; `after` continues behind the last. A child
    /// counts while it is not over; so does a message to the execution, or a start that it sent.
    async fn without_wake_up(
        &self,
        after: Option<ExecutionId>,
        candidates_max: usize,
    ) -> Result<Vec<ExecutionId>>;
}

/// A definition of a kind (`workflow`, `task`) in the catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogEntry {
    /// Which shelf.
    pub kind: Shelf,
    /// Its name.
    pub name: Arc<str>,
    /// Its version; 0 for kinds without versions.
    pub version: u32,
    /// JSON as the dialect writes it.
    pub body: Json,
}

/// What the catalog keeps apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Shelf {
    WorkflowDef,
    TaskDef,
    /// A tag of a workflow definition; each is an entry of its own, so that nobody overwrites another's.
    WorkflowTag,
    /// A tag of a task definition.
    TaskTag,
    /// What a published event starts.
    EventHandler,
    /// What is started by time.
    Schedule,
}

impl Shelf {
    /// Every shelf, in order.
    pub const ALL: [Self; 6] = [
        Self::WorkflowDef,
        Self::TaskDef,
        Self::WorkflowTag,
        Self::TaskTag,
        Self::EventHandler,
        Self::Schedule,
    ];

    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WorkflowDef => "workflow",
            Self::TaskDef => "task",
            Self::WorkflowTag => "workflow_tag",
            Self::TaskTag => "task_tag",
            Self::EventHandler => "event_handler",
            Self::Schedule => "schedule",
        }
    }

    /// The shelf with a stored name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shelf| shelf.as_str() == name)
    }
}

/// Whether an entry may replace another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// The later wins.
    Allowed,
    /// The earlier stays.
    Refused,
}

/// Registered definitions.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Everything registered, and the catalog's revision at that moment. Ordered by kind, name, version.
    async fn catalog(&self) -> Result<(u64, Vec<CatalogEntry>)>;

    /// Rises with every change. Cheap.
    async fn catalog_revision(&self) -> Result<u64>;

    /// Stores entries, all or none. Returns the first entry that exists already, as it is stored, if that is refused; an
    /// entry that occurs twice in one call exists already the second time.
    async fn put_entries(
        &self,
        entries: Vec<CatalogEntry>,
        overwrite: Overwrite,
    ) -> Result<Option<CatalogEntry>>;

    /// Deletes an entry; false if there was none. Running executions keep their pinned copy.
    async fn delete_entry(&self, kind: Shelf, name: &str, version: u32) -> Result<bool>;
}

/// What is done to the database as a whole.
#[async_trait]
pub trait Retention: Send + Sync {
    /// Deletes an execution with its records, logs, queue entries, snapshot and what is indexed of it, and leaves a tombstone so that
    /// a late append (expected seq 0 included) conflicts. False if there was none. Messages from it stay; messages to
    /// it, which nobody can answer any more, are dropped, those sent later included. Blueprints stay.
    async fn remove(&self, execution: ExecutionId) -> Result<bool>;

    /// Recreates every table beside the journal from the journal; empties the index, which whoever carries it forward
    /// fills again. Returns how many records were folded.
    async fn rebuild(&self) -> Result<u64>;

    /// Looks for damage: the database's own check, every table against a fold of the journal, and what is indexed against
    /// the executions. Each finding is a line.
    async fn check(&self) -> Result<Vec<String>>;

    /// Counters of what the store did since it was opened.
    fn activity(&self) -> Activity;

    /// Brings everything to disk and truncates the write-ahead log.
    async fn flush(&self) -> Result<()>;

    /// Flushes, lets go of the database and refuses further calls ([`Error::Unavailable`]).
    async fn close(&self) -> Result<()>;
}

/// Counters since opening.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Activity {
    /// Group commits.
    pub commits: u64,
    /// Records appended.
    pub records: u64,
    /// Bytes of records, logs and blueprints given to the database.
    pub bytes: u64,
    /// Syncs of the journal to disk (each group commit on SQLite; commits on PostgreSQL).
    pub syncs: u64,
}

/// How a store wants to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// Several nodes may use the database at once: claims commit before they are answered, windows are reserved.
    pub shared: bool,
    /// Appends that may be under way at a time.
    pub concurrent_appends: usize,
    /// Records per append call that pay off.
    pub batch_max: usize,
}

/// Every role together.
pub trait Store: Journal + Queue + Timers + Search + Index + Catalog + Retention {
    /// How it wants to be used.
    fn traits(&self) -> Traits;

    /// Says where this process serves, for whoever finds the database in use. Only a store of one process has somebody to tell.
    ///
    /// # Errors
    /// If the word cannot be left.
    fn announce(&self, _url: &str) -> Result<()> {
        Ok(())
    }
}
