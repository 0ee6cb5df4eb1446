//! The reference model: every promise of the contract in the plainest way, behind one lock. Used by tests,
//! and by runs that save nothing.

mod append;
mod index;
mod journal;
mod queue;
mod roles;
mod search;
mod tables;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use parking_lot::Mutex;
use segue_core::event::QueueName;
use segue_core::id::{BlueprintHash, ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::record::Record;
use segue_core::time::Timestamp;

use crate::contract::{Activity, CatalogEntry, Error, LogLine, Position, Result, Shelf, Snapshot};
use index::Indexed;
use tables::Tables;

/// Tells the present; may run backwards, the store does not.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A store that lives as long as its process.
pub struct MemoryStore {
    state: Mutex<State>,
    clock: Clock,
}

#[derive(Default)]
struct State {
    closed: bool,
    /// Why nothing can be appended any more.
    unwritable: Option<Arc<str>>,
    position: Position,
    records: BTreeMap<(ExecutionId, u64), (Position, Arc<Record>)>,
    order: BTreeMap<Position, (ExecutionId, u64)>,
    tombstones: BTreeSet<ExecutionId>,
    start_keys: BTreeMap<(Arc<str>, Arc<str>), ExecutionId>,
    /// Theoretical arrival times by limit, in Unix microseconds.
    rates: HashMap<Arc<str>, i64>,
    tables: Tables,
    indexed: Indexed,
    extended: BTreeMap<TaskId, Timestamp>,
    snapshots: HashMap<ExecutionId, Snapshot>,
    logs: HashMap<TaskId, Vec<LogLine>>,
    blueprints: HashMap<BlueprintHash, Json>,
    polls: BTreeMap<(QueueName, Arc<str>), Timestamp>,
    catalog: BTreeMap<(Shelf, Arc<str>, u32), CatalogEntry>,
    revision: u64,
    now: Timestamp,
    activity: Activity,
}

impl MemoryStore {
    /// An empty store on the system's clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(crate::clock::system))
    }

    /// An empty store on a clock of the caller's, as a simulation needs it.
    pub fn with_clock(clock: Clock) -> Self {
        Self { state: Mutex::default(), clock }
    }

    /// Runs `work` on the state unless the store is closed.
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> Result<T> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Error::Unavailable("the store is closed".into()));
        }
        Ok(work(&mut state))
    }

    /// Fails every append from now on, as a full disk does.
    #[cfg(feature = "conformance")]
    #[doc(hidden)]
    pub fn refuse_writes(&self, cause: &str) {
        self.state.lock().unwritable = Some(cause.into());
    }

    /// Loses an execution's row behind the journal's back, so that a test sees `check` find it.
    #[cfg(feature = "conformance")]
    #[doc(hidden)]
    pub fn damage(&self, execution: ExecutionId) {
        self.state.lock().tables.rows.remove(&execution);
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    /// The tables as the journal alone says they are. Messages of removed executions are in no journal and stay.
    fn refold(&self) -> Tables {
        let mut tables = Tables::default();
        let orphaned = self.tables.messages.iter().filter(|(id, _)| self.tombstones.contains(&id.sender));
        tables.messages.extend(orphaned.map(|(id, message)| (*id, message.clone())));
        for &(execution, seq) in self.order.values() {
            if let Some((_, record)) = self.records.get(&(execution, seq)) {
                tables.apply(execution, seq, record);
            }
        }
        tables.messages.retain(|_, message| !self.tombstones.contains(&message.to));
        tables
    }

    fn remove(&mut self, execution: ExecutionId) -> bool {
        if self.head(execution) == 0 {
            return false;
        }
        self.records.retain(|(owner, _), _| *owner != execution);
        self.order.retain(|_, (owner, _)| *owner != execution);
        self.start_keys.retain(|_, owner| *owner != execution);
        self.logs.retain(|task, _| task.execution() != execution);
        self.extended.retain(|task, _| task.execution() != execution);
        self.snapshots.remove(&execution);
        self.tables.remove(execution);
        self.indexed.forget(execution);
        self.tombstones.insert(execution);
        true
    }
}
