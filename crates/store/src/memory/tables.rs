//! The tables beside the journal, as a plain fold of [`projection::changes`].

use std::collections::BTreeMap;

use segue_core::id::{ExecutionId, TaskId};
use segue_core::projection::{self, Change, Lease, Ready};
use segue_core::record::{Message, MessageBody, MessageId, Record};
use segue_core::status::ExecutionStatus;

use crate::contract::ExecutionRow;
use crate::fold;

/// What follows from the journal.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tables {
    pub(super) rows: BTreeMap<ExecutionId, ExecutionRow>,
    pub(super) ready: BTreeMap<TaskId, Ready>,
    pub(super) leases: BTreeMap<TaskId, Lease>,
    pub(super) messages: BTreeMap<MessageId, Message>,
}

impl Tables {
    pub(super) fn apply(&mut self, execution: ExecutionId, seq: u64, record: &Record) {
        for change in projection::changes(execution, seq, record) {
            self.change(execution, seq, record, change);
        }
        if let Some(row) = self.rows.get_mut(&execution) {
            row.seq = seq;
            row.updated_at = record.at;
        }
    }

    fn change(&mut self, execution: ExecutionId, seq: u64, record: &Record, change: Change) {
        match change {
            Change::Started(started) => {
                self.rows.insert(execution, fold::begun(execution, seq, record.at, &started));
            }
            Change::Status(status, reason) => {
                if let Some(row) = self.rows.get_mut(&execution) {
                    fold::set_status(row, status, reason, record.at);
                }
            }
            Change::Redefined(started, since) => {
                if let Some(row) = self.rows.get_mut(&execution) {
                    fold::redefine(row, &started, since);
                }
            }
            Change::Ready(ready) => {
                self.ready.insert(ready.task, ready);
            }
            Change::Leased(lease) => {
                self.ready.remove(&lease.task);
                self.leases.insert(lease.task, lease);
            }
            Change::Settled(task) => {
                self.ready.remove(&task);
                self.leases.remove(&task);
            }
            Change::AllSettled => self.settle_all(execution),
            Change::Sent(id, message) => {
                self.messages.insert(id, *message);
            }
            Change::Applied(id) => {
                self.messages.remove(&id);
            }
            Change::WakeAt(wake_at) => {
                if let Some(row) = self.rows.get_mut(&execution) {
                    row.wake_at = wake_at;
                }
            }
        }
    }

    fn settle_all(&mut self, execution: ExecutionId) {
        self.ready.retain(|task, _| task.execution() != execution);
        self.leases.retain(|task, _| task.execution() != execution);
    }

    /// Forgets an execution, and what is on its way to it.
    pub(super) fn remove(&mut self, execution: ExecutionId) {
        self.rows.remove(&execution);
        self.settle_all(execution);
        self.messages.retain(|_, message| message.to != execution);
    }

    /// True if something durable will wake the execution.
    pub(super) fn has_wake_up(&self, row: &ExecutionRow) -> bool {
        let id = row.id;
        let is_own = |task: &TaskId| task.execution() == id;
        row.wake_at.is_some()
            || self.ready.keys().any(is_own)
            || self.leases.keys().any(is_own)
            || self.rows.values().any(|child| {
                !child.status.is_terminal() && child.parent.is_some_and(|task| task.execution() == id)
            })
            || self.messages.iter().any(|(message, content)| {
                content.to == id || (message.sender == id && matches!(content.body, MessageBody::Start(_)))
            })
    }

    /// How these tables (as they are) differ from `expected` (as they should be), a line for each difference.
    pub(super) fn differences(&self, expected: &Self) -> Vec<String> {
        let mut findings = Vec::new();
        compare("executions", &self.rows, &expected.rows, &mut findings);
        compare("ready", &self.ready, &expected.ready, &mut findings);
        compare("leases", &self.leases, &expected.leases, &mut findings);
        compare("messages", &self.messages, &expected.messages, &mut findings);
        findings
    }

    /// How many executions have each status, those of zero left out.
    pub(super) fn counts(&self) -> Vec<(ExecutionStatus, u64)> {
        let count = |status| (status, self.rows.values().filter(|row| row.status == status).count() as u64);
        ExecutionStatus::ALL.into_iter().map(count).filter(|(_, count)| *count > 0).collect()
    }
}

fn compare<K, V>(table: &str, is: &BTreeMap<K, V>, expected: &BTreeMap<K, V>, findings: &mut Vec<String>)
where
    K: Ord + std::fmt::Debug,
    V: PartialEq,
{
    for (key, value) in expected {
        match is.get(key) {
            None => findings.push(format!("{table}: {key:?} is missing")),
            Some(found) if found != value => {
                findings.push(format!("{table}: {key:?} is not as the journal says"));
            }
            Some(_) => {}
        }
    }
    let surplus = is.keys().filter(|key| !expected.contains_key(key));
    findings.extend(surplus.map(|key| format!("{table}: {key:?} is not in the journal")));
}
