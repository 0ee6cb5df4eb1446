//! Ready attempts, limits, polls.

use async_trait::async_trait;
use rusqlite::{OptionalExtension, params};
use segue_core::event::QueueName;
use segue_core::id::TaskId;
use segue_core::projection::{Lease, Ready};
use segue_core::time::Timestamp;

use super::SqliteStore;
use super::codec::{self, limit};
use crate::contract::{PollRecord, Queue, QueueSize, Result, WindowRequest};

#[async_trait]
impl Queue for SqliteStore {
    async fn window(&self, request: WindowRequest) -> Result<Vec<Ready>> {
        self.read_tables(move |connection| {
            let (rank, task) = request.from.unwrap_or((i64::MIN, TaskId::MIN));
            let mut select = connection.prepare_cached(include_str!("sql/window.sql"))?;
            let found = select.query_map(
                params![
                    request.queue.0,
                    rank,
                    codec::task_bytes(task),
                    request.ready_before.0,
                    limit(request.count_max)
                ],
                codec::ready,
            )?;
            found.collect()
        })
        .await
    }

    async fn release(&self, _node: &str, _tasks: Vec<TaskId>) -> Result<()> {
        // With one node nothing is reserved.
        self.shared.open()
    }

    async fn extend_lease(&self, _task: TaskId, _until: Timestamp) -> Result<()> {
        // The one node that could ask for it knows it.
        self.shared.open()
    }

    async fn queue_sizes(&self) -> Result<Vec<QueueSize>> {
        self.read_tables(|connection| {
            let sql = "SELECT queue, count(*) FROM ready GROUP BY queue ORDER BY queue";
            let mut select = connection.prepare_cached(sql)?;
            let sizes = select.query_map([], |row| {
                Ok(QueueSize { queue: QueueName(row.get(0)?), ready: codec::unsigned(row, 1)? })
            })?;
            sizes.collect()
        })
        .await
    }

    async fn queue_size(&self, queue: &QueueName) -> Result<u64> {
        let queue = queue.clone();
        self.read_tables(move |connection| {
            let mut select = connection.prepare_cached("SELECT count(*) FROM ready WHERE queue = ?1")?;
            select.query_row([queue.0], |row| codec::unsigned(row, 0))
        })
        .await
    }

    async fn slot_holders(&self, key: &str, count_max: usize) -> Result<Vec<Lease>> {
        let key = key.to_owned();
        self.read_tables(move |connection| {
            let sql = "SELECT task, worker, until, slot FROM leases WHERE slot = ?1 ORDER BY task LIMIT ?2";
            let mut select = connection.prepare_cached(sql)?;
            let holders = select.query_map(params![key, limit(count_max)], codec::lease)?;
            holders.collect()
        })
        .await
    }

    async fn rate_arrival(&self, key: &str) -> Result<Option<i64>> {
        let key = key.to_owned();
        self.read(move |connection| {
            let mut select = connection.prepare_cached("SELECT arrival_us FROM rates WHERE key = ?1")?;
            select.query_row([key], |row| row.get(0)).optional()
        })
        .await
    }

    async fn put_polls(&self, polls: Vec<PollRecord>) -> Result<()> {
        self.run(move |writer| {
            writer.write(|connection, _| {
                let sql = "INSERT INTO polls (queue, worker, at) VALUES (?1, ?2, ?3) \
                           ON CONFLICT (queue, worker) DO UPDATE SET at = excluded.at WHERE excluded.at > at";
                let mut put = connection.prepare_cached(sql)?;
                for poll in &polls {
                    put.execute(params![poll.queue.0, poll.worker, poll.at.0])?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn polls(&self, task_type: Option<&str>) -> Result<Vec<PollRecord>> {
        let polls = self.read(|connection| {
            let sql = "SELECT queue, worker, at FROM polls ORDER BY queue, worker";
            let mut select = connection.prepare_cached(sql)?;
            let polls = select.query_map([], |row| {
                Ok(PollRecord {
                    queue: QueueName(row.get(0)?),
                    worker: row.get(1)?,
                    at: Timestamp(row.get(2)?),
                })
            })?;
            polls.collect::<rusqlite::Result<Vec<_>>>()
        });
        let mut polls = polls.await?;
        if let Some(asked) = task_type {
            polls.retain(|poll| poll.queue.task_type() == asked);
        }
        Ok(polls)
    }
}
