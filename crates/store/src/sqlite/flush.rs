//! Writes an overlay into the tables, and folds stretches of the journal through one.

use std::sync::Arc;

use rusqlite::{Connection, params};
use segue_core::id::ExecutionId;
use segue_core::projection;
use segue_core::record::{Message, MessageBody, MessageId};

use super::codec::{self, signed, task_bytes, task_range};
use super::overlay::{Folded, Overlay, Patch, Pending, RowChange};
use crate::contract::{ExecutionRow, Position};
use crate::fold;

/// How far the tables may be behind the journal.
pub(super) const RECORDS_MAX: usize = 10_000;

/// Writes everything that is pending, and how far the tables are then, into the open transaction.
pub(super) fn write(connection: &Connection, overlay: &Overlay) -> rusqlite::Result<()> {
    for (id, change) in &overlay.executions {
        match change {
            RowChange::Whole(row) => put_execution(connection, row)?,
            RowChange::Patch(patch) => patch_execution(connection, *id, patch)?,
        }
    }
    let mut clear_ready = connection.prepare_cached("DELETE FROM ready WHERE task BETWEEN ?1 AND ?2")?;
    let mut clear_leases = connection.prepare_cached("DELETE FROM leases WHERE task BETWEEN ?1 AND ?2")?;
    for execution in &overlay.cleared {
        let (first, last) = task_range(*execution);
        clear_ready.execute(params![first, last])?;
        clear_leases.execute(params![first, last])?;
    }
    write_ready(connection, overlay)?;
    write_leases(connection, overlay)?;
    write_messages(connection, overlay)?;
    connection
        .prepare_cached("UPDATE progress SET folded = ?1")?
        .execute([signed(overlay.position)])
        .map(drop)
}

fn put_execution(connection: &Connection, row: &ExecutionRow) -> rusqlite::Result<()> {
    let mut put = connection.prepare_cached(include_str!("sql/put_execution.sql"))?;
    put.execute(params![
        row.id.to_bytes(),
        signed(row.seq),
        row.name,
        row.version,
        row.status.as_str(),
        row.correlation_id,
        row.priority,
        row.parent.map(task_bytes),
        row.started_at.0,
        row.updated_at.0,
        row.ended_at.map(|at| at.0),
        row.reason,
        row.blueprint.to_string(),
        row.wake_at.map(|at| at.0),
    ])
    .map(drop)
}

fn patch_execution(connection: &Connection, id: ExecutionId, patch: &Patch) -> rusqlite::Result<()> {
    let id = id.to_bytes();
    let (seq, updated_at, wake_at) = (signed(patch.seq), patch.updated_at.0, patch.wake_at.map(|at| at.0));
    if let Some((started, since)) = &patch.redefined {
        let sql = "UPDATE executions SET version = ?2, blueprint = ?3, correlation_id = ?4, \
                   started_at = coalesce(?5, started_at) WHERE id = ?1";
        let (blueprint, since) = (started.blueprint.to_string(), since.map(|at| at.0));
        let mut update = connection.prepare_cached(sql)?;
        update.execute(params![id, started.version, blueprint, started.correlation_id, since])?;
    }
    let Some((status, reason, ended_at)) = &patch.status else {
        let sql = "UPDATE executions SET seq = ?2, updated_at = ?3, wake_at = ?4 WHERE id = ?1";
        return connection.prepare_cached(sql)?.execute(params![id, seq, updated_at, wake_at]).map(drop);
    };
    let sql = "UPDATE executions SET seq = ?2, updated_at = ?3, wake_at = ?4, status = ?5, reason = ?6, \
               ended_at = ?7 WHERE id = ?1";
    let ended_at = ended_at.map(|at| at.0);
    let mut update = connection.prepare_cached(sql)?;
    update.execute(params![id, seq, updated_at, wake_at, status.as_str(), reason, ended_at]).map(drop)
}

fn write_ready(connection: &Connection, overlay: &Overlay) -> rusqlite::Result<()> {
    let mut put = connection.prepare_cached(
        "INSERT OR REPLACE INTO ready (task, queue, rank, ready_at) VALUES (?1, ?2, ?3, ?4)",
    )?;
    let mut delete = connection.prepare_cached("DELETE FROM ready WHERE task = ?1")?;
    for (task, pending) in &overlay.ready {
        match pending {
            Pending::Put { row, .. } => {
                put.execute(params![task_bytes(*task), row.queue.0, row.rank, row.ready_at.0])?
            }
            Pending::Gone => delete.execute([task_bytes(*task)])?,
        };
    }
    Ok(())
}

fn write_leases(connection: &Connection, overlay: &Overlay) -> rusqlite::Result<()> {
    let mut put = connection.prepare_cached(
        "INSERT OR REPLACE INTO leases (task, worker, until, slot) VALUES (?1, ?2, ?3, ?4)",
    )?;
    let mut delete = connection.prepare_cached("DELETE FROM leases WHERE task = ?1")?;
    for (task, pending) in &overlay.leases {
        match pending {
            Pending::Put { row, .. } => {
                put.execute(params![task_bytes(*task), row.worker, row.until.map(|at| at.0), row.slot])?
            }
            Pending::Gone => delete.execute([task_bytes(*task)])?,
        };
    }
    Ok(())
}

fn write_messages(connection: &Connection, overlay: &Overlay) -> rusqlite::Result<()> {
    let mut delete =
        connection.prepare_cached("DELETE FROM messages WHERE sender = ?1 AND seq = ?2 AND place = ?3")?;
    for (id, pending) in &overlay.messages {
        match pending {
            Pending::Put { row, .. } => put_message(connection, *id, row)?,
            Pending::Gone => {
                delete.execute(params![id.sender.to_bytes(), signed(id.seq), id.index])?;
            }
        }
    }
    Ok(())
}

fn put_message(connection: &Connection, id: MessageId, message: &Message) -> rusqlite::Result<()> {
    let body = serde_json::to_string(&message.body).map_err(super::error::invalid)?;
    let starts = matches!(message.body, MessageBody::Start(_));
    let mut put = connection.prepare_cached(include_str!("sql/put_message.sql"))?;
    let (sender, receiver) = (id.sender.to_bytes(), message.to.to_bytes());
    put.execute(params![sender, signed(id.seq), id.index, receiver, starts, body]).map(drop)
}

/// A stretch of a journal, and the database to fold it into.
pub(super) struct Stretch<'a> {
    /// Whose journal: `main`, or the name of an attached database.
    pub(super) schema: &'a str,
    /// Behind this position.
    pub(super) after: Position,
    /// Up to this one.
    pub(super) last: Position,
    /// Whether start keys are written too, as they must be where the table is empty.
    pub(super) with_start_keys: bool,
}

/// Folds the stretch into the tables of `main` within the open transaction; returns how many records it has. A
/// record that cannot be decoded changes no table and is reported to `damaged`.
pub(super) fn fold(
    connection: &Connection,
    stretch: &Stretch<'_>,
    damaged: &mut dyn FnMut(String),
) -> rusqlite::Result<u64> {
    let mut overlay = Overlay::default();
    let mut count = 0;
    let mut select = connection.prepare(&include_str!("sql/fold.sql").replace("{schema}", stretch.schema))?;
    let mut rows = select.query([signed(stretch.after), signed(stretch.last)])?;
    while let Some(row) = rows.next()? {
        count += 1;
        let position = codec::unsigned(row, 0)?;
        let (execution, seq, record) = codec::record(row, 1)?;
        let record = match record {
            Ok(record) => record,
            Err(cause) => {
                damaged(format!("journal: execution {execution}, record {seq}: {cause}"));
                continue;
            }
        };
        if stretch.with_start_keys
            && let Some((name, key)) = fold::start_key(seq, &record)
        {
            put_start_key(connection, &name, &key, execution)?;
        }
        let changes = projection::changes(execution, seq, &record);
        overlay.apply(Folded { position, execution, seq, at: record.at, changes });
        if overlay.records >= RECORDS_MAX {
            write(connection, &overlay)?;
            overlay.reset();
        }
    }
    overlay.position = stretch.last;
    write(connection, &overlay)?;
    Ok(count)
}

/// Takes the key; false if it is taken.
pub(super) fn put_start_key(
    connection: &Connection,
    name: &Arc<str>,
    key: &Arc<str>,
    execution: ExecutionId,
) -> rusqlite::Result<bool> {
    let sql = "INSERT INTO start_keys (name, key, execution) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    let count = connection.prepare_cached(sql)?.execute(params![name, key, execution.to_bytes()])?;
    Ok(count > 0)
}
