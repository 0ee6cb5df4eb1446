//! Ids, rows and positions as columns.

use rusqlite::Row;
use segue_core::event::QueueName;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::projection::{Lease, Ready};
use segue_core::record::{DecodeError, Record};
use segue_core::status::ExecutionStatus;
use segue_core::time::Timestamp;
use uuid::Uuid;

use super::error::invalid;
use crate::contract::ExecutionRow;

/// The columns that [`execution_row`] reads, in its order.
pub(super) const ROW_COLUMNS: &str = "id, seq, name, version, status, correlation_id, priority, parent, \
     started_at, updated_at, ended_at, reason, blueprint, wake_at";

/// A status that no release has written.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a status")]
struct UnknownStatus(String);

pub(super) fn task_bytes(task: TaskId) -> [u8; 16] {
    task.uuid().into_bytes()
}

/// The first and the last id that an attempt of the execution can have (the first is the execution's own).
pub(super) fn task_range(execution: ExecutionId) -> ([u8; 16], [u8; 16]) {
    (execution.to_bytes(), task_bytes(execution.task(u32::MAX)))
}

/// As SQLite counts. No store lives to see the difference.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn limit(count_max: usize) -> i64 {
    i64::try_from(count_max).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

pub(super) fn execution_id(row: &Row<'_>, column: usize) -> rusqlite::Result<ExecutionId> {
    ExecutionId::from_bytes(row.get(column)?).map_err(invalid)
}

pub(super) fn task_id(row: &Row<'_>, column: usize) -> rusqlite::Result<TaskId> {
    TaskId::try_from(Uuid::from_bytes(row.get(column)?)).map_err(invalid)
}

pub(super) fn timestamp(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp))
}

pub(super) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<std::sync::Arc<str>> {
    row.get(column)
}

pub(super) fn execution_row(row: &Row<'_>) -> rusqlite::Result<ExecutionRow> {
    let status: String = row.get(4)?;
    let parent = match row.get::<_, Option<[u8; 16]>>(7)? {
        Some(bytes) => Some(TaskId::try_from(Uuid::from_bytes(bytes)).map_err(invalid)?),
        None => None,
    };
    Ok(ExecutionRow {
        id: execution_id(row, 0)?,
        seq: unsigned(row, 1)?,
        name: row.get(2)?,
        version: row.get(3)?,
        status: ExecutionStatus::parse(&status).ok_or_else(|| invalid(UnknownStatus(status)))?,
        correlation_id: row.get(5)?,
        priority: row.get(6)?,
        parent,
        started_at: Timestamp(row.get(8)?),
        updated_at: Timestamp(row.get(9)?),
        ended_at: timestamp(row, 10)?,
        reason: row.get(11)?,
        blueprint: row.get::<_, String>(12)?.parse().map_err(invalid)?,
        wake_at: timestamp(row, 13)?,
    })
}

/// `task, queue, rank, ready_at`.
pub(super) fn ready(row: &Row<'_>) -> rusqlite::Result<Ready> {
    Ok(Ready {
        task: task_id(row, 0)?,
        queue: QueueName(row.get(1)?),
        rank: row.get(2)?,
        ready_at: Timestamp(row.get(3)?),
    })
}

/// `task, worker, until, slot`.
pub(super) fn lease(row: &Row<'_>) -> rusqlite::Result<Lease> {
    Ok(Lease { task: task_id(row, 0)?, worker: row.get(1)?, until: timestamp(row, 2)?, slot: row.get(3)? })
}

/// `execution, seq, format, body` from `column` on. What the record says is a matter of its own: a row that cannot be
/// decoded does not spoil its neighbours.
pub(super) fn record(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<(ExecutionId, u64, Result<Record, DecodeError>)> {
    let format: u16 = row.get(column + 2)?;
    let body = row.get_ref(column + 3)?.as_bytes().map_err(invalid)?;
    Ok((execution_id(row, column)?, unsigned(row, column + 1)?, Record::decode(format, body)))
}
