//! The contract's roles on the reference model.

use async_trait::async_trait;
use segue_core::event::QueueName;
use segue_core::id::{BlueprintHash, ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::projection::{Lease, Ready};
use segue_core::record::{Message, MessageId};
use segue_core::status::ExecutionStatus;
use segue_core::time::Timestamp;

use super::{MemoryStore, search};
use crate::contract::{
    Activity, Append, Appended, Catalog, CatalogEntry, ExecutionRow, Journal, Loaded, LogLine, Overwrite,
    PollRecord, Position, Queue, QueueSize, Result, Retention, Search, SearchPage, SearchRequest, Shelf,
    Snapshot, Store, StoredRecord, TOTAL_MAX, Timers, Traits, WindowRequest,
};

#[async_trait]
impl Journal for MemoryStore {
    async fn append(&self, batch: Vec<Append>) -> Result<Vec<Appended>> {
        self.with(|state| {
            state.activity.commits += 1;
            state.activity.syncs += 1;
            state.append_all(batch)
        })
    }

    async fn load(&self, execution: ExecutionId, after_seq: u64) -> Result<Option<Loaded>> {
        self.with(|state| {
            if state.head(execution) == 0 {
                return None;
            }
            let snapshot = state.snapshots.get(&execution).filter(|found| found.seq > after_seq).cloned();
            let after_seq = snapshot.as_ref().map_or(after_seq, |found| found.seq);
            let tail = state
                .records
                .range((execution, after_seq.saturating_add(1))..=(execution, u64::MAX))
                .filter(|((_, seq), _)| *seq > after_seq)
                .map(|((_, seq), (_, record))| (*seq, (**record).clone()));
            let extended = state.extended.iter().filter(|(task, _)| task.execution() == execution);
            Some(Loaded {
                snapshot,
                tail: tail.collect(),
                extended: extended.map(|(task, until)| (*task, *until)).collect(),
            })
        })
    }

    async fn put_snapshot(&self, execution: ExecutionId, snapshot: Snapshot) -> Result<()> {
        self.with(|state| {
            let stored_seq = state.snapshots.get(&execution).map_or(0, |stored| stored.seq);
            if state.head(execution) > 0 && snapshot.seq > stored_seq {
                state.snapshots.insert(execution, snapshot);
            }
        })
    }

    async fn tail(&self, partition: u32, after: Position, count_max: usize) -> Result<Vec<StoredRecord>> {
        self.with(|state| {
            if partition != 0 {
                return Vec::new();
            }
            let behind = state.order.range(after.saturating_add(1)..).take(count_max);
            behind
                .filter_map(|(&position, &(execution, seq))| {
                    let (_, record) = state.records.get(&(execution, seq))?;
                    Some(StoredRecord { position, execution, seq, record: (**record).clone() })
                })
                .collect()
        })
    }

    fn partitions(&self) -> u32 {
        1
    }

    async fn messages(
        &self,
        after: Option<MessageId>,
        count_max: usize,
    ) -> Result<Vec<(MessageId, Message)>> {
        self.with(|state| {
            let behind =
                state.tables.messages.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
            behind.take(count_max).map(|(id, message)| (*id, message.clone())).collect()
        })
    }

    async fn logs(&self, task: TaskId) -> Result<Vec<LogLine>> {
        self.with(|state| {
            let mut lines = state.logs.get(&task).cloned().unwrap_or_default();
            lines.sort_by_key(|line| line.at);
            lines
        })
    }

    async fn blueprint(&self, hash: BlueprintHash) -> Result<Option<Json>> {
        self.with(|state| state.blueprints.get(&hash).cloned())
    }
}

#[async_trait]
impl Queue for MemoryStore {
    async fn window(&self, request: WindowRequest) -> Result<Vec<Ready>> {
        self.with(|state| {
            let wanted = |ready: &&Ready| {
                ready.queue == request.queue
                    && ready.ready_at <= request.ready_before
                    && request.after_rank.is_none_or(|rank| ready.rank >= rank)
            };
            let mut found: Vec<Ready> = state.tables.ready.values().filter(wanted).cloned().collect();
            found.sort_by_key(|ready| (ready.rank, ready.task));
            found.truncate(request.count_max);
            found
        })
    }

    async fn release(&self, _node: &str, _tasks: Vec<TaskId>) -> Result<()> {
        self.with(|_| ())
    }

    async fn extend_lease(&self, task: TaskId, until: Timestamp) -> Result<()> {
        self.with(|state| {
            let Some(Lease { until: Some(said), .. }) = state.tables.leases.get(&task) else { return };
            let present = state.extended.get(&task).unwrap_or(said);
            if until > *present {
                state.extended.insert(task, until);
            }
        })
    }

    async fn queue_sizes(&self) -> Result<Vec<QueueSize>> {
        self.with(|state| {
            let mut sizes = std::collections::BTreeMap::<QueueName, u64>::new();
            for ready in state.tables.ready.values() {
                *sizes.entry(ready.queue.clone()).or_default() += 1;
            }
            sizes.into_iter().map(|(queue, ready)| QueueSize { queue, ready }).collect()
        })
    }

    async fn queue_size(&self, queue: &QueueName) -> Result<u64> {
        self.with(|state| state.tables.ready.values().filter(|ready| ready.queue == *queue).count() as u64)
    }

    async fn slot_holders(&self, key: &str, count_max: usize) -> Result<Vec<Lease>> {
        self.with(|state| {
            let holders = state.tables.leases.values().filter(|lease| lease.slot.as_deref() == Some(key));
            holders.take(count_max).cloned().collect()
        })
    }

    async fn put_polls(&self, polls: Vec<PollRecord>) -> Result<()> {
        self.with(|state| {
            for poll in polls {
                let latest = state.polls.entry((poll.queue, poll.worker)).or_insert(poll.at);
                *latest = (*latest).max(poll.at);
            }
        })
    }

    async fn polls(&self, task_type: Option<&str>) -> Result<Vec<PollRecord>> {
        self.with(|state| {
            let wanted = state
                .polls
                .iter()
                .filter(|((queue, _), _)| task_type.is_none_or(|asked| queue.task_type() == asked));
            wanted
                .map(|((queue, worker), at)| PollRecord {
                    queue: queue.clone(),
                    worker: worker.clone(),
                    at: *at,
                })
                .collect()
        })
    }
}

#[async_trait]
impl Timers for MemoryStore {
    async fn now(&self) -> Result<Timestamp> {
        let now = (self.clock)();
        self.with(|state| {
            state.now = state.now.max(now);
            state.now
        })
    }

    async fn due(
        &self,
        before: Timestamp,
        after: Option<(Timestamp, ExecutionId)>,
        count_max: usize,
    ) -> Result<Vec<(Timestamp, ExecutionId)>> {
        self.with(|state| {
            let timers = state.tables.rows.values().filter_map(|row| Some((row.wake_at?, row.id)));
            let wanted = timers.filter(|timer| timer.0 < before && after.is_none_or(|after| *timer > after));
            let mut due: Vec<_> = wanted.collect();
            due.sort_unstable();
            due.truncate(count_max);
            due
        })
    }

    async fn without_wake_up(
        &self,
        after: Option<ExecutionId>,
        candidates_max: usize,
    ) -> Result<Vec<ExecutionId>> {
        self.with(|state| {
            let running = state.tables.rows.values().filter(|row| {
                row.status == ExecutionStatus::Running && after.is_none_or(|after| row.id > after)
            });
            let lost = running.filter(|row| !state.tables.has_wake_up(row)).map(|row| row.id);
            lost.take(candidates_max).collect()
        })
    }
}

#[async_trait]
impl Search for MemoryStore {
    async fn search(&self, request: SearchRequest) -> Result<SearchPage> {
        self.with(|state| {
            let all = state.tables.rows.values();
            let mut found: Vec<&ExecutionRow> =
                all.filter(|row| search::matches(row, &request.filter)).collect();
            found.sort_by(|left, right| search::order(left, right, &request.order));
            let matching = found.len() as u64;
            let page = found.into_iter().skip(request.offset).take(request.count_max);
            SearchPage {
                rows: page.cloned().collect(),
                total: matching.min(TOTAL_MAX),
                total_capped: matching > TOTAL_MAX,
            }
        })
    }

    async fn row(&self, execution: ExecutionId) -> Result<Option<ExecutionRow>> {
        self.with(|state| state.tables.rows.get(&execution).cloned())
    }

    async fn counts(&self) -> Result<Vec<(ExecutionStatus, u64)>> {
        self.with(|state| state.tables.counts())
    }
}

#[async_trait]
impl Catalog for MemoryStore {
    async fn catalog(&self) -> Result<(u64, Vec<CatalogEntry>)> {
        self.with(|state| (state.revision, state.catalog.values().cloned().collect()))
    }

    async fn catalog_revision(&self) -> Result<u64> {
        self.with(|state| state.revision)
    }

    async fn put_entries(
        &self,
        entries: Vec<CatalogEntry>,
        overwrite: Overwrite,
    ) -> Result<Option<CatalogEntry>> {
        self.with(|state| {
            let changes_something = !entries.is_empty();
            let mut next = state.catalog.clone();
            for entry in entries {
                let earlier = next.insert((entry.kind, entry.name.clone(), entry.version), entry);
                if earlier.is_some() && overwrite == Overwrite::Refused {
                    return earlier;
                }
            }
            state.catalog = next;
            state.revision += u64::from(changes_something);
            None
        })
    }

    async fn delete_entry(&self, kind: Shelf, name: &str, version: u32) -> Result<bool> {
        self.with(|state| {
            let existed = state.catalog.remove(&(kind, name.into(), version)).is_some();
            state.revision += u64::from(existed);
            existed
        })
    }
}

#[async_trait]
impl Retention for MemoryStore {
    async fn remove(&self, execution: ExecutionId) -> Result<bool> {
        self.with(|state| state.remove(execution))
    }

    async fn rebuild(&self) -> Result<u64> {
        self.with(|state| {
            state.tables = state.refold();
            state.order.len() as u64
        })
    }

    async fn check(&self) -> Result<Vec<String>> {
        self.with(|state| state.tables.differences(&state.refold()))
    }

    fn activity(&self) -> Activity {
        self.state.lock().activity
    }

    async fn flush(&self) -> Result<()> {
        self.with(|_| ())
    }

    async fn close(&self) -> Result<()> {
        self.with(|state| state.closed = true)
    }
}

impl Store for MemoryStore {
    fn traits(&self) -> Traits {
        Traits { shared: false, concurrent_appends: 1, batch_max: 1_000 }
    }
}
