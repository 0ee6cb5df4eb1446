//! What the journal says and the tables do not say yet, coalesced: an attempt that is scheduled, claimed and ended
//! within one window touches no table at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use segue_core::event::ExecutionStarted;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::projection::{Change, Lease, Ready};
use segue_core::record::{Message, MessageId};
use segue_core::status::ExecutionStatus;
use segue_core::table::{HashMap, HashSet};
use segue_core::time::Timestamp;

use crate::contract::{ExecutionRow, Position};
use crate::fold;

/// A row to be.
#[derive(Debug)]
pub(super) enum Pending<T> {
    /// Present.
    Put {
        /// The row.
        row: T,
        /// No row with its key can be in the table.
        is_fresh: bool,
    },
    /// Absent.
    Gone,
}

/// What becomes of an execution's row.
#[derive(Debug)]
pub(super) enum RowChange {
    Whole(Box<ExecutionRow>),
    Patch(Patch),
}

/// The fields that a record changes.
#[derive(Debug, Default)]
pub(super) struct Patch {
    pub(super) seq: u64,
    pub(super) updated_at: Timestamp,
    pub(super) wake_at: Option<Timestamp>,
    /// Status, reason, end.
    pub(super) status: Option<(ExecutionStatus, Option<Arc<str>>, Option<Timestamp>)>,
    /// Described anew, and since when it runs so.
    pub(super) redefined: Option<(Box<ExecutionStarted>, Option<Timestamp>)>,
}

/// A record as the overlay needs it.
pub(super) struct Folded {
    pub(super) position: Position,
    pub(super) execution: ExecutionId,
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) changes: Vec<Change>,
}

/// The changes of the records up to `position` that the tables miss.
#[derive(Default)]
pub(super) struct Overlay {
    pub(super) executions: HashMap<ExecutionId, RowChange>,
    /// Started within the window, so that no table knows them.
    fresh: HashSet<ExecutionId>,
    /// Executions whose attempts in the tables are all gone.
    pub(super) cleared: HashSet<ExecutionId>,
    pub(super) ready: BTreeMap<TaskId, Pending<Ready>>,
    pub(super) leases: BTreeMap<TaskId, Pending<Lease>>,
    pub(super) messages: BTreeMap<MessageId, Pending<Box<Message>>>,
    pub(super) position: Position,
    pub(super) records: usize,
}

impl Overlay {
    pub(super) fn apply(&mut self, record: Folded) {
        let Folded { position, execution, seq, at, changes } = record;
        self.position = position;
        self.records += 1;
        if seq == 1 {
            self.fresh.insert(execution);
        }
        let no_attempt_stored = self.fresh.contains(&execution) || self.cleared.contains(&execution);
        self.touch(execution, seq, at);
        for change in changes {
            match change {
                Change::Started(started) => {
                    let row = Box::new(fold::begun(execution, seq, at, &started));
                    self.executions.insert(execution, RowChange::Whole(row));
                }
                Change::Status(status, reason) => self.set_status(execution, status, reason, at),
                Change::Redefined(started, since) => self.redefine(execution, started, since),
                Change::Ready(row) => put(&mut self.ready, row.task, row, no_attempt_stored),
                Change::Leased(row) => {
                    take(&mut self.ready, row.task, no_attempt_stored);
                    put(&mut self.leases, row.task, row, no_attempt_stored);
                }
                Change::Settled(task) => {
                    take(&mut self.ready, task, no_attempt_stored);
                    take(&mut self.leases, task, no_attempt_stored);
                }
                Change::AllSettled => self.settle_all(execution),
                // Its id is new with this record.
                Change::Sent(id, row) => put(&mut self.messages, id, row, true),
                Change::Applied(id) => take(&mut self.messages, id, false),
                Change::WakeAt(wake_at) => self.set_wake_at(execution, wake_at),
            }
        }
    }

    fn touch(&mut self, execution: ExecutionId, seq: u64, at: Timestamp) {
        match self.executions.entry(execution).or_insert_with(|| RowChange::Patch(Patch::default())) {
            RowChange::Whole(row) => (row.seq, row.updated_at) = (seq, at),
            RowChange::Patch(patch) => (patch.seq, patch.updated_at) = (seq, at),
        }
    }

    fn set_wake_at(&mut self, execution: ExecutionId, wake_at: Option<Timestamp>) {
        match self.executions.get_mut(&execution) {
            Some(RowChange::Whole(row)) => row.wake_at = wake_at,
            Some(RowChange::Patch(patch)) => patch.wake_at = wake_at,
            None => {}
        }
    }

    fn set_status(
        &mut self,
        execution: ExecutionId,
        status: ExecutionStatus,
        reason: Option<Arc<str>>,
        at: Timestamp,
    ) {
        match self.executions.get_mut(&execution) {
            Some(RowChange::Whole(row)) => fold::set_status(row, status, reason, at),
            Some(RowChange::Patch(patch)) => {
                patch.status = Some((status, reason, status.is_terminal().then_some(at)));
            }
            None => {}
        }
    }

    fn redefine(&mut self, execution: ExecutionId, started: Box<ExecutionStarted>, since: Option<Timestamp>) {
        match self.executions.get_mut(&execution) {
            Some(RowChange::Whole(row)) => fold::redefine(row, &started, since),
            Some(RowChange::Patch(patch)) => {
                let earlier = patch.redefined.take().and_then(|(_, since)| since);
                patch.redefined = Some((started, since.or(earlier)));
            }
            None => {}
        }
    }

    fn settle_all(&mut self, execution: ExecutionId) {
        forget_range(&mut self.ready, execution);
        forget_range(&mut self.leases, execution);
        if !self.fresh.contains(&execution) {
            self.cleared.insert(execution);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Starts the next window.
    pub(super) fn reset(&mut self) {
        *self = Self { position: self.position, ..Self::default() };
    }
}

fn put<K: Ord, T>(rows: &mut BTreeMap<K, Pending<T>>, key: K, row: T, nothing_stored: bool) {
    let is_fresh = match rows.get(&key) {
        Some(Pending::Put { is_fresh, .. }) => *is_fresh,
        Some(Pending::Gone) => false,
        None => nothing_stored,
    };
    rows.insert(key, Pending::Put { row, is_fresh });
}

fn take<K: Ord, T>(rows: &mut BTreeMap<K, Pending<T>>, key: K, nothing_stored: bool) {
    match rows.get(&key) {
        Some(Pending::Put { is_fresh: true, .. }) => drop(rows.remove(&key)),
        Some(_) => drop(rows.insert(key, Pending::Gone)),
        None if nothing_stored => {}
        None => drop(rows.insert(key, Pending::Gone)),
    }
}

fn forget_range<T>(rows: &mut BTreeMap<TaskId, Pending<T>>, execution: ExecutionId) {
    let attempts = execution.task(1)..=execution.task(u32::MAX);
    let tasks: Vec<TaskId> = rows.range(attempts).map(|(task, _)| *task).collect();
    for task in tasks {
        rows.remove(&task);
    }
}
