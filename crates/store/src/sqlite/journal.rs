//! The journal and what is written with its records.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use segue_core::id::{BlueprintHash, ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::record::{Message, MessageId, Record};
use segue_core::time::Timestamp;
use tokio::sync::oneshot;

use super::append::Prepared;
use super::codec::{self, limit, signed, task_bytes};
use super::error::invalid;
use super::writer::{Call, Command};
use super::{SqliteStore, WAITING_RECORDS_MAX};
use crate::contract::{
    Append, Appended, Error, Journal, Loaded, LogLine, Position, Result, Snapshot, StoredRecord,
};

#[async_trait]
impl Journal for SqliteStore {
    async fn append(&self, batch: Vec<Append>) -> Result<Vec<Appended>> {
        self.shared.open()?;
        if let Some(cause) = self.shared.unwritable() {
            return Err(Error::Unwritable(cause));
        }
        let places = u32::try_from(batch.len().min(WAITING_RECORDS_MAX)).unwrap_or(u32::MAX);
        let permit = self.waiting.clone().acquire_many_owned(places).await.ok();
        let batch = batch.into_iter().map(Prepared::of).collect();
        let (answer, answered) = oneshot::channel();
        self.send(Command::Append(Call { batch, answer, permit }))?;
        answered.await.unwrap_or_else(|_| Err(Error::Unavailable("the writer ended".into())))
    }

    async fn load(&self, execution: ExecutionId, after_seq: u64) -> Result<Option<Loaded>> {
        let found = self.read(move |connection| load(connection, execution, after_seq)).await?;
        let Some((snapshot, rows)) = found else { return Ok(None) };
        let decode = |(seq, record): (u64, Decoded)| match record {
            Ok(record) => Ok((seq, record)),
            Err(cause) => Err(Error::undecodable(execution, seq, &cause)),
        };
        let tail = rows.into_iter().map(decode).collect::<Result<_>>()?;
        // Extensions live with the one node that has this file.
        Ok(Some(Loaded { snapshot, tail, extended: Vec::new() }))
    }

    async fn put_snapshot(&self, execution: ExecutionId, snapshot: Snapshot) -> Result<()> {
        self.run(move |writer| {
            writer.write(|connection, _| {
                let sql = "INSERT INTO snapshots (execution, seq, body) SELECT ?1, ?2, ?3 WHERE EXISTS \
                           (SELECT 1 FROM journal WHERE execution = ?1) AND NOT EXISTS \
                           (SELECT 1 FROM tombstones WHERE execution = ?1) \
                           ON CONFLICT (execution) DO UPDATE SET seq = excluded.seq, body = excluded.body \
                           WHERE excluded.seq > seq";
                let mut put = connection.prepare_cached(sql)?;
                let body = snapshot.body.text();
                put.execute(params![execution.to_bytes(), signed(snapshot.seq), body]).map(drop)
            })
        })
        .await
    }

    async fn tail(&self, partition: u32, after: Position, count_max: usize) -> Result<Vec<StoredRecord>> {
        if partition != 0 {
            self.shared.open()?;
            return Ok(Vec::new());
        }
        let rows = self.read(move |connection| {
            let sql = "SELECT position, execution, seq, format, body FROM journal WHERE position > ?1 \
                       ORDER BY position LIMIT ?2";
            let mut select = connection.prepare_cached(sql)?;
            let rows = select.query_map([signed(after), limit(count_max)], |row| {
                Ok((codec::unsigned(row, 0)?, codec::record(row, 1)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        let stored = |(position, (execution, seq, record)): (u64, (ExecutionId, u64, Decoded))| match record {
            Ok(record) => Ok(StoredRecord { position, execution, seq, record }),
            Err(cause) => Err(Error::undecodable(execution, seq, &cause)),
        };
        rows.await?.into_iter().map(stored).collect()
    }

    fn partitions(&self) -> u32 {
        1
    }

    async fn messages(
        &self,
        after: Option<MessageId>,
        count_max: usize,
    ) -> Result<Vec<(MessageId, Message)>> {
        self.read_tables(move |connection| {
            let sql = "SELECT sender, seq, place, receiver, body FROM messages \
                       WHERE (sender, seq, place) > (?1, ?2, ?3) ORDER BY sender, seq, place LIMIT ?4";
            let (sender, seq, place) = after
                .map_or(([0; 16], 0, -1), |id| (id.sender.to_bytes(), signed(id.seq), i64::from(id.index)));
            let mut select = connection.prepare_cached(sql)?;
            let found = select.query_map(params![sender, seq, place, limit(count_max)], |row| {
                let sender = codec::execution_id(row, 0)?;
                let id = MessageId { sender, seq: codec::unsigned(row, 1)?, index: row.get(2)? };
                let body = row.get_ref(4)?.as_str().map_err(invalid)?;
                let body = serde_json::from_str(body).map_err(invalid)?;
                Ok((id, Message { to: codec::execution_id(row, 3)?, body }))
            })?;
            found.collect()
        })
        .await
    }

    async fn logs(&self, task: TaskId) -> Result<Vec<LogLine>> {
        self.read(move |connection| {
            let sql = "SELECT at, text FROM logs WHERE task = ?1 ORDER BY at, line";
            let mut select = connection.prepare_cached(sql)?;
            let lines = select.query_map([task_bytes(task)], |row| {
                Ok(LogLine { task, at: Timestamp(row.get(0)?), text: row.get(1)? })
            })?;
            lines.collect()
        })
        .await
    }

    async fn blueprint(&self, hash: BlueprintHash) -> Result<Option<Json>> {
        self.read(move |connection| {
            let mut select = connection.prepare_cached("SELECT body FROM blueprints WHERE hash = ?1")?;
            select.query_row([hash.to_string()], |row| json(row, 0)).optional()
        })
        .await
    }
}

type Decoded = std::result::Result<Record, segue_core::record::DecodeError>;
type Rows = Vec<(u64, Decoded)>;

fn load(
    connection: &Connection,
    execution: ExecutionId,
    after_seq: u64,
) -> rusqlite::Result<Option<(Option<Snapshot>, Rows)>> {
    let id = execution.to_bytes();
    let mut head = connection.prepare_cached(include_str!("sql/head.sql"))?;
    if head.query_row([id], |row| row.get::<_, i64>(0))? <= 0 {
        return Ok(None);
    }
    let sql = "SELECT seq, body FROM snapshots WHERE execution = ?1 AND seq > ?2";
    let snapshot = connection
        .prepare_cached(sql)?
        .query_row(params![id, signed(after_seq)], |row| {
            Ok(Snapshot { seq: codec::unsigned(row, 0)?, body: json(row, 1)? })
        })
        .optional()?;
    let after_seq = snapshot.as_ref().map_or(after_seq, |found| found.seq);
    let sql =
        "SELECT execution, seq, format, body FROM journal WHERE execution = ?1 AND seq > ?2 ORDER BY seq";
    let mut select = connection.prepare_cached(sql)?;
    let tail = select.query_map(params![id, signed(after_seq)], |row| {
        let (_, seq, record) = codec::record(row, 0)?;
        Ok((seq, record))
    })?;
    Ok(Some((snapshot, tail.collect::<rusqlite::Result<_>>()?)))
}

pub(super) fn json(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Json> {
    Json::parse(row.get(column)?).map_err(invalid)
}
