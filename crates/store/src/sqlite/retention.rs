//! Removal, rebuild, and the end.

use async_trait::async_trait;
use rusqlite::{Connection, params};
use segue_core::id::ExecutionId;

use super::codec::{self, signed, task_range};
use super::flush::{self, Stretch};
use super::limits::Limits;
use super::writer::Writer;
use super::{SqliteStore, check, index};
use crate::contract::{Activity, Error, Result, Retention};

/// Rows of the journal that go in one transaction, so that a long execution does not hold up appends.
const ROWS_PER_BATCH: usize = 1_000;

#[async_trait]
impl Retention for SqliteStore {
    async fn remove(&self, execution: ExecutionId) -> Result<bool> {
        if !self.run(move |writer| bury(writer, execution)).await? {
            return Ok(false);
        }
        // Batch by batch through the inbox, so that appends get their turn.
        while self.run(move |writer| delete_rows(writer, execution)).await? {}
        Ok(true)
    }

    async fn rebuild(&self) -> Result<u64> {
        self.run(rebuild).await
    }

    async fn check(&self) -> Result<Vec<String>> {
        self.run(Writer::fold).await?;
        let path = self.shared.file.clone();
        let shown = self.shared.path.clone();
        let checking = tokio::task::spawn_blocking(move || {
            check::check(&path).map_err(|cause| super::error::of_read(&shown, &cause))
        });
        checking.await.unwrap_or_else(|cause| Err(Error::Unavailable(cause.to_string().into())))
    }

    fn activity(&self) -> Activity {
        self.shared.activity()
    }

    async fn flush(&self) -> Result<()> {
        self.run(flush_all).await
    }

    async fn close(&self) -> Result<()> {
        self.shared.open()?;
        if !self.shared.set_closed() {
            return Ok(());
        }
        // Readers first: a checkpoint waits for them.
        self.readers.close().await;
        let flushed = self
            .run_anyway(|writer| {
                writer.is_stopping = true;
                flush_all(writer)
            })
            .await;
        drop(self.inbox.lock().take());
        let thread = self.thread.lock().take();
        let joined = tokio::task::spawn_blocking(move || thread.map(std::thread::JoinHandle::join)).await;
        drop(self.lock.lock().take());
        match joined {
            Ok(None | Some(Ok(()))) => flushed,
            _ => Err(Error::Unavailable("the writer ended badly".into())),
        }
    }
}

fn flush_all(writer: &mut Writer) -> Result<()> {
    writer.fold()?;
    let checkpoint = writer.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    checkpoint.map_err(|cause| writer.failed(&cause))
}

/// In one transaction: the tombstone, and everything but the rows of the journal. From then on it is gone for every
/// reader.
fn bury(writer: &mut Writer, execution: ExecutionId) -> Result<bool> {
    writer.fold()?;
    writer.write(|connection, known| {
        let id = execution.to_bytes();
        let head: i64 =
            connection.prepare_cached(include_str!("sql/head.sql"))?.query_row([id], |row| row.get(0))?;
        if head <= 0 {
            return Ok(false);
        }
        let (first, last) = task_range(execution);
        connection
            .prepare_cached("INSERT INTO tombstones (execution, rows_left) VALUES (?1, 1)")?
            .execute([id])?;
        for sql in [
            "DELETE FROM ready WHERE task BETWEEN ?1 AND ?2",
            "DELETE FROM leases WHERE task BETWEEN ?1 AND ?2",
            "DELETE FROM logs WHERE task BETWEEN ?1 AND ?2",
        ] {
            connection.prepare_cached(sql)?.execute([first, last])?;
        }
        for sql in [
            "DELETE FROM executions WHERE id = ?1",
            "DELETE FROM snapshots WHERE execution = ?1",
            "DELETE FROM start_keys WHERE execution = ?1",
            "DELETE FROM messages WHERE receiver = ?1",
        ] {
            connection.prepare_cached(sql)?.execute([id])?;
        }
        index::forget(connection, execution)?;
        known.heads.forget(execution);
        known.limits.free_all(execution);
        Ok(true)
    })
}

/// One batch; false when nothing is left.
fn delete_rows(writer: &mut Writer, execution: ExecutionId) -> Result<bool> {
    writer.write(|connection, _| {
        let id = execution.to_bytes();
        let sql = "DELETE FROM journal WHERE position IN \
                   (SELECT position FROM journal WHERE execution = ?1 ORDER BY seq LIMIT ?2)";
        let count = connection.prepare_cached(sql)?.execute(params![id, ROWS_PER_BATCH as i64])?;
        if count == ROWS_PER_BATCH {
            return Ok(true);
        }
        let sql = "UPDATE tombstones SET rows_left = 0 WHERE execution = ?1";
        connection.prepare_cached(sql)?.execute([id])?;
        connection.execute_batch("PRAGMA incremental_vacuum(1000)")?;
        Ok(false)
    })
}

/// Goes on with removals that a crash interrupted.
pub(super) fn finish_removals(writer: &mut Writer) -> Result<()> {
    let unfinished = unfinished(&writer.connection).map_err(|cause| writer.failed(&cause))?;
    for execution in unfinished {
        while delete_rows(writer, execution)? {}
    }
    Ok(())
}

fn unfinished(connection: &Connection) -> rusqlite::Result<Vec<ExecutionId>> {
    let mut select = connection.prepare("SELECT execution FROM tombstones WHERE rows_left = 1")?;
    let found = select.query_map([], |row| codec::execution_id(row, 0))?;
    found.collect()
}

/// Everything in one transaction: a crash leaves the old tables. Appends wait for it.
fn rebuild(writer: &mut Writer) -> Result<u64> {
    writer.fold()?;
    writer.write(|connection, known| {
        connection.execute_batch(
            "DELETE FROM executions;
             DELETE FROM ready;
             DELETE FROM leases;
             DELETE FROM start_keys;
             -- Those of removed executions are in no record any more.
             DELETE FROM messages WHERE sender NOT IN (SELECT execution FROM tombstones);",
        )?;
        let sql = "SELECT coalesce(max(position), 0) FROM journal";
        let last = connection.query_row(sql, [], |row| codec::unsigned(row, 0))?;
        let folded: u64 =
            connection.query_row("SELECT folded FROM progress", [], |row| codec::unsigned(row, 0))?;
        let stretch = Stretch { schema: "main", after: 0, last, with_start_keys: true };
        let mut warn = |finding: String| tracing::warn!(finding, "a record is not in the tables");
        let count = flush::fold(connection, &stretch, &mut warn)?;
        // The last records may have been removed since they were folded.
        connection.execute("UPDATE progress SET folded = ?1", [signed(last.max(folded))])?;
        index::clear(connection)?;
        known.limits = Limits::load(connection)?;
        Ok(count)
    })
}
