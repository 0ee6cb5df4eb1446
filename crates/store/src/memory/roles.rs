//! The smaller roles of the reference model.

use async_trait::async_trait;
use segue_core::id::ExecutionId;
use segue_core::status::ExecutionStatus;
use segue_core::time::Timestamp;

use super::MemoryStore;
use super::index::Indexed;
use crate::contract::{
    Activity, Catalog, CatalogEntry, Overwrite, Result, Retention, Shelf, Store, Timers, Traits,
};

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
            state.indexed = Indexed::default();
            state.order.len() as u64
        })
    }

    async fn check(&self) -> Result<Vec<String>> {
        self.with(|state| {
            let mut findings = state.tables.differences(&state.refold());
            state.indexed.check(state.position, |execution| state.head(execution) > 0, &mut findings);
            findings
        })
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
