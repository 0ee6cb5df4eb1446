//! What a batch changes in the tables beside the journal: one final state for each row, however often it
//! changed on the way, as columns for set-based statements.

use std::collections::{BTreeMap, BTreeSet};

use segue_core::id::{ExecutionId, TaskId};
use segue_core::projection::{Change, Lease, Ready};
use segue_core::record::{Message, MessageBody, MessageId};
use uuid::Uuid;

use super::batch::{column, number};
use super::session::Call;

/// The final state of the rows that change; `None` where a row goes.
#[derive(Default)]
pub(super) struct Delta<'a> {
    ready: BTreeMap<TaskId, Option<&'a Ready>>,
    leases: BTreeMap<TaskId, Option<&'a Lease>>,
    messages: BTreeMap<MessageId, Option<&'a Message>>,
    ended: BTreeSet<ExecutionId>,
    is_for_others: bool,
}

impl<'a> Delta<'a> {
    /// Adds the changes of one more record, in the journal's order.
    pub(super) fn add(&mut self, execution: ExecutionId, changes: &'a [Change]) {
        for change in changes {
            match change {
                Change::Ready(ready) => self.wait(ready),
                Change::Leased(lease) => {
                    self.ready.insert(lease.task, None);
                    self.hold(lease);
                }
                Change::Settled(task) => {
                    self.ready.insert(*task, None);
                    self.leases.insert(*task, None);
                }
                Change::AllSettled => self.settle_all(execution),
                Change::Sent(id, message) => self.send(*id, message),
                // One that was sent in this batch never reaches the table.
                Change::Applied(id) => {
                    if let Some(Some(_)) = self.messages.insert(*id, None) {
                        self.messages.remove(id);
                    }
                }
                Change::WakeAt(wake_at) => self.is_for_others |= wake_at.is_some(),
                Change::Started(_) | Change::Redefined(..) | Change::Status(..) => {}
            }
        }
    }

    /// The attempt waits.
    pub(super) fn wait(&mut self, ready: &'a Ready) {
        self.ready.insert(ready.task, Some(ready));
        self.is_for_others = true;
    }

    /// A worker holds the attempt.
    pub(super) fn hold(&mut self, lease: &'a Lease) {
        self.leases.insert(lease.task, Some(lease));
    }

    /// The message is on its way.
    pub(super) fn send(&mut self, id: MessageId, message: &'a Message) {
        self.messages.insert(id, Some(message));
        self.is_for_others = true;
    }

    fn settle_all(&mut self, execution: ExecutionId) {
        self.ended.insert(execution);
        let own = execution.task(1)..=execution.task(u32::MAX);
        self.ready.extract_if(own.clone(), |_, _| true).for_each(drop);
        self.leases.extract_if(own, |_, _| true).for_each(drop);
    }

    /// True if another node could find something to do in it.
    pub(super) fn is_for_others(&self) -> bool {
        self.is_for_others
    }

    pub(super) fn columns(&self) -> Columns {
        let mut columns = Columns::default();
        for (task, ready) in &self.ready {
            match ready {
                None => columns.no_ready.push(task.uuid()),
                Some(ready) => columns.push_ready(ready),
            }
        }
        for (task, lease) in &self.leases {
            match lease {
                None => columns.no_lease.push(task.uuid()),
                Some(lease) => columns.push_lease(lease),
            }
        }
        for (id, message) in &self.messages {
            match message {
                None => columns.no_message.push(*id),
                Some(message) => columns.message.push_whole(*id, message),
            }
        }
        for execution in &self.ended {
            columns.ended_low.push(execution.uuid());
            columns.ended_high.push(execution.task(u32::MAX).uuid());
        }
        columns
    }
}

/// The same as the database takes it.
#[derive(Default)]
pub(super) struct Columns {
    no_ready: Vec<Uuid>,
    no_lease: Vec<Uuid>,
    ended_low: Vec<Uuid>,
    ended_high: Vec<Uuid>,
    ready: ReadyColumns,
    lease: LeaseColumns,
    no_message: MessageColumns,
    message: MessageColumns,
}

#[derive(Default)]
struct ReadyColumns {
    task: Vec<Uuid>,
    queue: Vec<String>,
    rank: Vec<i64>,
    ready_at: Vec<i64>,
}

#[derive(Default)]
struct LeaseColumns {
    task: Vec<Uuid>,
    worker: Vec<Option<String>>,
    until: Vec<Option<i64>>,
    slot: Vec<Option<String>>,
}

#[derive(Default)]
struct MessageColumns {
    sender: Vec<Uuid>,
    seq: Vec<i64>,
    index: Vec<i64>,
    receiver: Vec<Uuid>,
    starts: Vec<bool>,
    body: Vec<String>,
}

impl Columns {
    fn push_ready(&mut self, ready: &Ready) {
        self.ready.task.push(ready.task.uuid());
        self.ready.queue.push(column(&ready.queue.0));
        self.ready.rank.push(ready.rank);
        self.ready.ready_at.push(ready.ready_at.0);
    }

    fn push_lease(&mut self, lease: &Lease) {
        self.lease.task.push(lease.task.uuid());
        self.lease.worker.push(lease.worker.as_deref().map(column));
        self.lease.until.push(lease.until.map(|until| until.0));
        self.lease.slot.push(lease.slot.as_deref().map(column));
    }

    /// The statements that change anything, those that take away first.
    pub(super) fn calls(&self) -> Vec<Call<'_>> {
        let mut calls = Vec::new();
        if !self.ended_low.is_empty() {
            let sql = include_str!("sql/settle_executions.sql");
            calls.push(Call { sql, params: vec![&self.ended_low, &self.ended_high] });
        }
        if !(self.no_ready.is_empty() && self.no_lease.is_empty()) {
            let sql = include_str!("sql/settle_tasks.sql");
            calls.push(Call { sql, params: vec![&self.no_ready, &self.no_lease] });
        }
        let ReadyColumns { task, queue, rank, ready_at } = &self.ready;
        if !task.is_empty() {
            let sql = include_str!("sql/put_ready.sql");
            calls.push(Call { sql, params: vec![task, queue, rank, ready_at] });
        }
        let LeaseColumns { task, worker, until, slot } = &self.lease;
        if !task.is_empty() {
            let sql = include_str!("sql/put_leases.sql");
            calls.push(Call { sql, params: vec![task, worker, until, slot] });
        }
        if !self.no_message.sender.is_empty() {
            let sql = include_str!("sql/delete_messages.sql");
            let MessageColumns { sender, seq, index, .. } = &self.no_message;
            calls.push(Call { sql, params: vec![sender, seq, index] });
        }
        if !self.message.sender.is_empty() {
            let sql = include_str!("sql/put_messages.sql");
            let MessageColumns { sender, seq, index, receiver, starts, body } = &self.message;
            calls.push(Call { sql, params: vec![sender, seq, index, receiver, starts, body] });
        }
        calls
    }
}

impl MessageColumns {
    fn push(&mut self, id: MessageId) {
        self.sender.push(id.sender.uuid());
        self.seq.push(number(id.seq));
        self.index.push(i64::from(id.index));
    }

    fn push_whole(&mut self, id: MessageId, message: &Message) {
        self.push(id);
        self.receiver.push(message.to.uuid());
        self.starts.push(matches!(message.body, MessageBody::Start(_)));
        // Keys are strings and numbers finite throughout, so this cannot fail.
        self.body.push(serde_json::to_string(message).unwrap_or_default());
    }
}
