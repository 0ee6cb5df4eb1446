//! Rows to the types of the contract.

use segue_core::event::QueueName;
use segue_core::id::{BlueprintHash, ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::projection::Lease;
use segue_core::record::{Message, MessageId, Record};
use segue_core::status::ExecutionStatus;
use segue_core::time::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;
use uuid::Uuid;

use super::failure::Failure;
use crate::contract::{CatalogEntry, Error, ExecutionRow, Result, Shelf};

/// A column of a statement of ours.
pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T> {
    row.try_get(column).map_err(|cause| corrupt(&cause.to_string()))
}

/// What the schema's constraints exclude is there all the same.
pub(super) fn corrupt(reason: &str) -> Error {
    Error::Corrupt { path: "the PostgreSQL database".into(), reason: reason.into() }
}

pub(super) fn execution_id(uuid: Uuid) -> Result<ExecutionId> {
    ExecutionId::try_from(uuid).map_err(|cause| corrupt(&cause.to_string()))
}

pub(super) fn task_id(uuid: Uuid) -> Result<TaskId> {
    TaskId::try_from(uuid).map_err(|cause| corrupt(&cause.to_string()))
}

/// A count that a constraint keeps from being negative.
pub(super) fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

fn narrow<T: TryFrom<i64>>(count: i64) -> Result<T> {
    T::try_from(count).map_err(|_| corrupt(&format!("{count} is out of range")))
}

pub(super) fn json(text: String) -> Result<Json> {
    Json::parse(text).map_err(|cause| corrupt(&cause.to_string()))
}

/// Columns `format` and `body` from `first` on.
pub(super) fn record(row: &Row, first: usize, execution: ExecutionId, seq: u64) -> Result<Record> {
    let format: i16 = get(row, first)?;
    let body: &[u8] = get(row, first + 1)?;
    // No negative format passes the table's constraint.
    let format = u16::try_from(format).unwrap_or(u16::MAX);
    Record::decode(format, body).map_err(|cause| Error::undecodable(execution, seq, &cause))
}

/// Columns sender, seq, index, body (whose last comes behind the receiver).
pub(super) fn message(row: &Row) -> Result<(MessageId, Message)> {
    let id = MessageId {
        sender: execution_id(get(row, 0)?)?,
        seq: unsigned(get(row, 1)?),
        index: narrow(get(row, 2)?)?,
    };
    let message = serde_json::from_str(get(row, 4)?).map_err(|cause| Error::Undecodable {
        execution: id.sender,
        seq: id.seq,
        reason: format!("message {}: {cause}", id.index).into(),
    })?;
    Ok((id, message))
}

/// Columns task, worker, until, slot.
pub(super) fn lease(row: &Row) -> Result<Lease> {
    Ok(Lease {
        task: task_id(get(row, 0)?)?,
        worker: get::<Option<&str>>(row, 1)?.map(Into::into),
        until: get::<Option<i64>>(row, 2)?.map(Timestamp),
        slot: get::<Option<&str>>(row, 3)?.map(Into::into),
    })
}

pub(super) fn queue(row: &Row, column: usize) -> Result<QueueName> {
    Ok(QueueName(get::<&str>(row, column)?.into()))
}

/// The columns of `row_columns.sql`.
pub(super) fn execution_row(row: &Row) -> Result<ExecutionRow> {
    let parent: Option<Uuid> = get(row, 7)?;
    let blueprint: &str = get(row, 12)?;
    Ok(ExecutionRow {
        id: execution_id(get(row, 0)?)?,
        seq: unsigned(get(row, 1)?),
        name: get::<&str>(row, 2)?.into(),
        version: narrow(get(row, 3)?)?,
        status: status(get(row, 4)?)?,
        correlation_id: get::<Option<&str>>(row, 5)?.map(Into::into),
        priority: narrow(i64::from(get::<i16>(row, 6)?))?,
        parent: parent.map(task_id).transpose()?,
        started_at: Timestamp(get(row, 8)?),
        updated_at: Timestamp(get(row, 9)?),
        ended_at: get::<Option<i64>>(row, 10)?.map(Timestamp),
        reason: get::<Option<&str>>(row, 11)?.map(Into::into),
        blueprint: blueprint.parse::<BlueprintHash>().map_err(|cause| corrupt(&cause.to_string()))?,
        wake_at: get::<Option<i64>>(row, 13)?.map(Timestamp),
    })
}

pub(super) fn status(name: &str) -> Result<ExecutionStatus> {
    ExecutionStatus::parse(name).ok_or_else(|| corrupt(&format!("'{name}' is no status")))
}

/// Columns kind, name, version, body from `first` on.
pub(super) fn catalog_entry(row: &Row, first: usize) -> Result<CatalogEntry> {
    let kind = get::<&str>(row, first)?;
    let unknown = || corrupt(&format!("'{kind}' is no kind of the catalog"));
    Ok(CatalogEntry {
        kind: Shelf::parse(kind).ok_or_else(unknown)?,
        name: get::<&str>(row, first + 1)?.into(),
        version: narrow(get(row, first + 2)?)?,
        body: json(get(row, first + 3)?)?,
    })
}

impl Failure {
    /// A row that makes no sense.
    pub(super) fn corrupt(reason: &str) -> Self {
        Self::Final(corrupt(reason))
    }
}
