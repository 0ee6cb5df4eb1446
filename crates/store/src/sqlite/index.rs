//! The index of attempts and words: written by the one thread that writes, in small batches and without a sync, which a
//! crash at worst makes somebody do again.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use segue_core::id::ExecutionId;
use segue_core::words::Text;

use super::SqliteStore;
use super::codec::{self, signed, task_bytes, task_range};
use crate::contract::{Index, IndexBatch, IndexEntry, IndexProgress, IndexScope, IndexedTask, Result};

#[async_trait]
impl Index for SqliteStore {
    async fn index_progress(&self) -> Result<Vec<IndexProgress>> {
        let head = self.shared.committed();
        let read = self.read(|connection| {
            connection.query_row("SELECT position FROM indexed", [], |row| codec::unsigned(row, 0))
        });
        Ok(vec![IndexProgress { indexed: read.await?, head }])
    }

    async fn index(&self, batch: IndexBatch) -> Result<bool> {
        if batch.partition != 0 {
            return Ok(false);
        }
        self.run(move |writer| writer.write_unsynced(|connection| write(connection, &batch))).await
    }
}

fn write(connection: &Connection, batch: &IndexBatch) -> rusqlite::Result<bool> {
    let sql = "UPDATE indexed SET position = ?2 WHERE position = ?1";
    if connection.prepare_cached(sql)?.execute([signed(batch.after), signed(batch.upto)])? == 0 {
        return Ok(false);
    }
    let mut words = Words::default();
    for entry in &batch.entries {
        let mut head = connection.prepare_cached(include_str!("sql/head.sql"))?;
        if head.query_row([entry.execution.to_bytes()], |row| row.get::<_, i64>(0))? > 0 {
            put(connection, entry, &mut words)?;
        }
    }
    words.put(connection)?;
    Ok(true)
}

/// What goes into the tables of words, by row numbers. A statement that could be undone by itself, as those on ordinary tables
/// are, makes these tables write down all that they have gathered, and so does a row before the one that was put last; so they
/// are filled when the others are done, in order.
#[derive(Default)]
struct Words<'a> {
    tasks: Vec<(i64, &'a Text)>,
    executions: Vec<(i64, &'a Text)>,
}

impl Words<'_> {
    fn put(self, connection: &Connection) -> rusqlite::Result<()> {
        for (sql, mut texts) in [
            ("INSERT OR REPLACE INTO task_words (rowid, words) VALUES (?1, ?2)", self.tasks),
            ("INSERT OR REPLACE INTO execution_words (rowid, words) VALUES (?1, ?2)", self.executions),
        ] {
            texts.sort_unstable_by_key(|(number, _)| *number);
            let mut put = connection.prepare_cached(sql)?;
            for (number, text) in texts {
                put.execute(params![number, text.as_str()])?;
            }
        }
        Ok(())
    }
}

fn put<'a>(connection: &Connection, entry: &'a IndexEntry, words: &mut Words<'a>) -> rusqlite::Result<()> {
    if entry.scope == IndexScope::All {
        forget_tasks(connection, entry.execution)?;
    }
    if let Some(text) = &entry.text {
        words.executions.push((put_text(connection, entry.execution)?, text));
    }
    for task in &entry.tasks {
        words.tasks.push((put_task(connection, entry.execution, task)?, &task.text));
    }
    Ok(())
}

fn put_text(connection: &Connection, execution: ExecutionId) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO texts (execution) VALUES (?1) ON CONFLICT (execution) DO UPDATE SET number = number \
               RETURNING number";
    connection.prepare_cached(sql)?.query_row([execution.to_bytes()], |row| row.get(0))
}

fn put_task(connection: &Connection, execution: ExecutionId, task: &IndexedTask) -> rusqlite::Result<i64> {
    let mut put = connection.prepare_cached(include_str!("sql/put_task.sql"))?;
    let row = params![
        task_bytes(task.id),
        execution.to_bytes(),
        task.task_type,
        task.definition_name,
        task.reference,
        task.status.as_str(),
        task.domain,
        task.scheduled_at.0,
        task.started_at.map(|at| at.0),
        task.updated_at.0,
        task.ended_at.map(|at| at.0),
        task.reason,
    ];
    put.query_row(row, |row| row.get(0))
}

fn forget_tasks(connection: &Connection, execution: ExecutionId) -> rusqlite::Result<()> {
    let (first, last) = task_range(execution);
    for sql in [
        "DELETE FROM task_words WHERE rowid IN (SELECT number FROM tasks WHERE id BETWEEN ?1 AND ?2)",
        "DELETE FROM tasks WHERE id BETWEEN ?1 AND ?2",
    ] {
        connection.prepare_cached(sql)?.execute([first, last])?;
    }
    Ok(())
}

/// Takes an execution out of the index.
pub(super) fn forget(connection: &Connection, execution: ExecutionId) -> rusqlite::Result<()> {
    forget_tasks(connection, execution)?;
    let sql = "DELETE FROM texts WHERE execution = ?1 RETURNING number";
    let mut delete = connection.prepare_cached(sql)?;
    let number: Option<i64> = delete.query_row([execution.to_bytes()], |row| row.get(0)).optional()?;
    if let Some(number) = number {
        connection.prepare_cached("DELETE FROM execution_words WHERE rowid = ?1")?.execute([number])?;
    }
    Ok(())
}

/// Empties the index, so that it is carried forward from the beginning.
pub(super) fn clear(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "DELETE FROM tasks;
         DELETE FROM texts;
         INSERT INTO task_words (task_words) VALUES ('delete-all');
         INSERT INTO execution_words (execution_words) VALUES ('delete-all');
         UPDATE indexed SET position = 0;",
    )
}
