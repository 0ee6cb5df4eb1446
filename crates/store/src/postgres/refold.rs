//! The journal read from the beginning, execution by execution, and what the tables beside it should hold.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use segue_core::id::{ExecutionId, TaskId};
use segue_core::projection::{self, Change, Lease, Ready};
use segue_core::record::{Message, MessageId, Record};
use uuid::Uuid;

use super::failure::Failure;
use super::read::{self, execution_id, unsigned};
use super::rows::fold_change;
use super::session::Session;
use crate::contract::{Error, ExecutionRow};
use crate::fold;

/// Records read at a time.
const PAGE: i64 = 2_000;

/// One execution as its records say it is.
#[derive(Default)]
pub(super) struct Refolded {
    /// None for records that do not begin with a start.
    pub(super) row: Option<ExecutionRow>,
    pub(super) start_key: Option<Arc<str>>,
    pub(super) root: Option<ExecutionId>,
    pub(super) partition: i32,
    pub(super) ready: BTreeMap<TaskId, Ready>,
    pub(super) leases: BTreeMap<TaskId, Lease>,
    /// What is wrong with the records themselves.
    pub(super) damage: Vec<Error>,
    seq: u64,
}

/// Messages that are sent and not applied. Sender and receiver come in any order.
#[derive(Default)]
pub(super) struct Outstanding {
    pub(super) messages: BTreeMap<MessageId, Message>,
    applied_early: HashSet<MessageId>,
}

impl Outstanding {
    fn sent(&mut self, id: MessageId, message: Message) {
        if !self.applied_early.remove(&id) {
            self.messages.insert(id, message);
        }
    }

    fn applied(&mut self, id: MessageId) {
        if self.messages.remove(&id).is_none() {
            self.applied_early.insert(id);
        }
    }
}

impl Refolded {
    fn add(&mut self, execution: ExecutionId, seq: u64, record: &Record, outstanding: &mut Outstanding) {
        for change in projection::changes(execution, seq, record) {
            self.change(execution, seq, record, change, outstanding);
        }
        if let Some(row) = &mut self.row {
            (row.seq, row.updated_at) = (seq, record.at);
        }
    }

    fn change(
        &mut self,
        execution: ExecutionId,
        seq: u64,
        record: &Record,
        change: Change,
        outstanding: &mut Outstanding,
    ) {
        match change {
            Change::Started(started) => {
                self.row = Some(fold::begun(execution, seq, record.at, &started));
                self.root = Some(started.root.unwrap_or(execution));
                self.start_key = started.start_key;
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
            Change::AllSettled => {
                self.ready.clear();
                self.leases.clear();
            }
            Change::Sent(id, message) => outstanding.sent(id, *message),
            Change::Applied(id) => outstanding.applied(id),
            Change::Status(..) | Change::Redefined(..) | Change::WakeAt(_) => {
                if let Some(row) = &mut self.row {
                    fold_change(row, &change, record.at);
                }
            }
        }
    }
}

/// Reads the journal in the order of executions.
#[derive(Default)]
pub(super) struct Reader {
    last: (Uuid, i64),
    /// The execution whose records the last page may have cut off.
    open: Option<(ExecutionId, Refolded)>,
    pub(super) outstanding: Outstanding,
    pub(super) records: u64,
}

impl Reader {
    /// Executions that are read completely, a page's worth; `None` at the end.
    pub(super) async fn next(
        &mut self,
        session: &Session,
    ) -> Result<Option<Vec<(ExecutionId, Refolded)>>, Failure> {
        let sql = include_str!("sql/journal_page.sql");
        let rows = session.rows(sql, &[&self.last.0, &self.last.1, &PAGE]).await?;
        let mut complete = Vec::new();
        for row in &rows {
            self.last = (row.try_get(0)?, row.try_get(1)?);
            let (execution, seq) = (execution_id(self.last.0)?, unsigned(self.last.1));
            if self.open.as_ref().is_none_or(|(open, _)| *open != execution) {
                complete.extend(self.open.take());
                let partition = row.try_get(2)?;
                self.open = Some((execution, Refolded { partition, ..Refolded::default() }));
            }
            self.records += 1;
            let Some((_, refolded)) = &mut self.open else { continue };
            if seq != refolded.seq + 1 {
                let reason = format!("record {} is missing", refolded.seq + 1).into();
                refolded.damage.push(Error::Undecodable { execution, seq, reason });
            }
            refolded.seq = seq;
            match read::record(row, 4, execution, seq) {
                Ok(record) => refolded.add(execution, seq, &record, &mut self.outstanding),
                Err(error) => refolded.damage.push(error),
            }
        }
        if rows.is_empty() {
            let last = self.open.take();
            return Ok(last.map(|last| vec![last]));
        }
        Ok(Some(complete))
    }
}
