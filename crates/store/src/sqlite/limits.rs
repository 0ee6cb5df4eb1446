//! Who occupies which limit, and how far each rate is used up: all in memory, because an append must be judged before
//! the tables follow.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::Connection;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::projection::Change;
use segue_core::time::Timestamp;

use super::codec;
use crate::contract::Admission;
use crate::rate::{self, Verdict};

/// What a failed commit takes back.
enum Undo {
    Take(TaskId),
    Free(TaskId, Arc<str>),
    Rate(Arc<str>, Option<i64>),
}

/// The state of every limit in use.
#[derive(Default)]
pub(super) struct Limits {
    holders: BTreeMap<TaskId, Arc<str>>,
    counts: HashMap<Arc<str>, u32>,
    arrivals_us: HashMap<Arc<str>, i64>,
    undo: Vec<Undo>,
}

/// Whether a claim may commit.
pub(super) enum Judgement {
    /// It may; the rate, if there is one, has this new state.
    Admitted { arrival_us: Option<i64> },
    /// Not now.
    Refused { retry_at: Option<Timestamp> },
}

impl Limits {
    /// Reads what the tables say; they must be up to date.
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut limits = Self::default();
        let mut held = connection.prepare("SELECT task, slot FROM leases WHERE slot IS NOT NULL")?;
        let mut rows = held.query([])?;
        while let Some(row) = rows.next()? {
            limits.take(codec::task_id(row, 0)?, codec::text(row, 1)?);
        }
        let mut rates = connection.prepare("SELECT key, arrival_us FROM rates")?;
        let mut rows = rates.query([])?;
        while let Some(row) = rows.next()? {
            limits.arrivals_us.insert(row.get(0)?, row.get(1)?);
        }
        limits.keep();
        Ok(limits)
    }

    /// Judges a claim without taking the place: that is done by the claim's changes.
    pub(super) fn judge(&self, admission: &Admission, now: Timestamp) -> Judgement {
        if let Some(count_max) = admission.concurrent_max {
            let count = self.counts.get(&admission.key).copied().unwrap_or(0);
            let own = u32::from(self.holders.get(&admission.task) == Some(&admission.key));
            if count - own >= count_max {
                return Judgement::Refused { retry_at: None };
            }
        }
        let Some(limit) = admission.rate else { return Judgement::Admitted { arrival_us: None } };
        match rate::judge(limit, self.arrivals_us.get(&admission.key).copied(), now) {
            Verdict::Admitted { arrival_us } => Judgement::Admitted { arrival_us: Some(arrival_us) },
            Verdict::Refused { retry_at } => Judgement::Refused { retry_at },
        }
    }

    pub(super) fn use_rate(&mut self, key: &Arc<str>, arrival_us: i64) {
        let earlier = self.arrivals_us.insert(key.clone(), arrival_us);
        self.undo.push(Undo::Rate(key.clone(), earlier));
    }

    /// Follows a record.
    pub(super) fn apply(&mut self, execution: ExecutionId, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Leased(lease) => {
                    self.free(lease.task);
                    if let Some(slot) = &lease.slot {
                        self.take(lease.task, slot.clone());
                    }
                }
                Change::Settled(task) => self.free(*task),
                Change::AllSettled => self.free_all(execution),
                _ => {}
            }
        }
    }

    pub(super) fn free_all(&mut self, execution: ExecutionId) {
        let attempts = execution.task(1)..=execution.task(u32::MAX);
        let held: Vec<TaskId> = self.holders.range(attempts).map(|(task, _)| *task).collect();
        for task in held {
            self.free(task);
        }
    }

    fn take(&mut self, task: TaskId, key: Arc<str>) {
        *self.counts.entry(key.clone()).or_default() += 1;
        self.holders.insert(task, key);
        self.undo.push(Undo::Take(task));
    }

    fn free(&mut self, task: TaskId) {
        let Some(key) = self.holders.remove(&task) else { return };
        if let Some(count) = self.counts.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&key);
            }
        }
        self.undo.push(Undo::Free(task, key));
    }

    /// The commit succeeded.
    pub(super) fn keep(&mut self) {
        self.undo.clear();
    }

    /// The commit failed: everything since the last one is taken back, newest first.
    pub(super) fn take_back(&mut self) {
        for undo in std::mem::take(&mut self.undo).into_iter().rev() {
            match undo {
                Undo::Take(task) => self.free(task),
                Undo::Free(task, key) => self.take(task, key),
                Undo::Rate(key, Some(earlier)) => drop(self.arrivals_us.insert(key, earlier)),
                Undo::Rate(key, None) => drop(self.arrivals_us.remove(&key)),
            }
        }
        self.undo.clear();
    }
}
