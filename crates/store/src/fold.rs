//! How an execution's row follows from the journal: the part of the fold that every store shares.

use std::sync::Arc;

use segue_core::event::ExecutionStarted;
use segue_core::id::ExecutionId;
use segue_core::record::Record;
use segue_core::status::ExecutionStatus;
use segue_core::time::Timestamp;

use crate::contract::ExecutionRow;

/// The row of an execution whose record `seq`, decided `at`, says that it started.
pub(crate) fn begun(
    execution: ExecutionId,
    seq: u64,
    at: Timestamp,
    started: &ExecutionStarted,
) -> ExecutionRow {
    ExecutionRow {
        id: execution,
        seq,
        name: started.name.clone(),
        version: started.version,
        status: ExecutionStatus::Running,
        correlation_id: started.correlation_id.clone(),
        priority: started.priority,
        parent: started.parent,
        started_at: at,
        updated_at: at,
        ended_at: None,
        reason: None,
        blueprint: started.blueprint,
        wake_at: None,
    }
}

/// Gives the row a new status. A status that is not final takes the end back.
pub(crate) fn set_status(
    row: &mut ExecutionRow,
    status: ExecutionStatus,
    reason: Option<Arc<str>>,
    at: Timestamp,
) {
    row.status = status;
    row.reason = reason;
    row.ended_at = status.is_terminal().then_some(at);
}

/// Describes the row anew.
pub(crate) fn redefine(row: &mut ExecutionRow, started: &ExecutionStarted, since: Option<Timestamp>) {
    row.version = started.version;
    row.blueprint = started.blueprint;
    row.correlation_id = started.correlation_id.clone();
    row.started_at = since.unwrap_or(row.started_at);
}

/// Name and start key of the execution that this record starts, if it starts one with a key. Only a first
/// record can.
pub(crate) fn start_key(seq: u64, record: &Record) -> Option<(Arc<str>, Arc<str>)> {
    use segue_core::event::Event;
    if seq != 1 {
        return None;
    }
    record.events.iter().find_map(|event| match event {
        Event::ExecutionStarted(started) => Some((started.name.clone(), started.start_key.clone()?)),
        _ => None,
    })
}
