//! Ready attempts, reservations, leases, polls.

use std::collections::BTreeMap;

use async_trait::async_trait;
use segue_core::event::QueueName;
use segue_core::id::TaskId;
use segue_core::projection::{Lease, Ready};
use segue_core::time::Timestamp;
use uuid::Uuid;

use super::PostgresStore;
use super::batch::{column, number};
use super::read::{self, get, task_id, unsigned};
use crate::contract::{PollRecord, Queue, QueueSize, Result, WindowRequest};

#[async_trait]
impl Queue for PostgresStore {
    async fn window(&self, request: WindowRequest) -> Result<Vec<Ready>> {
        let (rank, task) = request.from.unwrap_or((i64::MIN, TaskId::MIN));
        let rows = self
            .fetch(
                include_str!("sql/window.sql"),
                &[
                    &column(&request.node),
                    &request.reserved_until.0,
                    &column(&request.queue.0),
                    &rank,
                    &task.uuid(),
                    &request.ready_before.0,
                    &request.now.0,
                    &number(request.count_max as u64),
                ],
            )
            .await?;
        let mut window = Vec::with_capacity(rows.len());
        for row in &rows {
            window.push(Ready {
                task: task_id(get(row, 0)?)?,
                queue: request.queue.clone(),
                rank: get(row, 1)?,
                ready_at: Timestamp(get(row, 2)?),
            });
        }
        window.sort_unstable_by_key(|ready| (ready.rank, ready.task));
        Ok(window)
    }

    async fn release(&self, node: &str, tasks: Vec<TaskId>) -> Result<()> {
        let tasks: Vec<Uuid> = tasks.into_iter().map(|task| task.uuid()).collect();
        self.fetch(include_str!("sql/release.sql"), &[&column(node), &tasks]).await?;
        Ok(())
    }

    async fn extend_lease(&self, task: TaskId, until: Timestamp) -> Result<()> {
        self.fetch(include_str!("sql/extend_lease.sql"), &[&task.uuid(), &until.0]).await?;
        Ok(())
    }

    async fn queue_sizes(&self) -> Result<Vec<QueueSize>> {
        let rows = self.fetch(include_str!("sql/queue_sizes.sql"), &[]).await?;
        rows.iter()
            .map(|row| Ok(QueueSize { queue: read::queue(row, 0)?, ready: unsigned(get(row, 1)?) }))
            .collect()
    }

    async fn queue_size(&self, queue: &QueueName) -> Result<u64> {
        let rows = self.fetch(include_str!("sql/queue_size.sql"), &[&column(&queue.0)]).await?;
        rows.first().map_or(Ok(0), |row| Ok(unsigned(get(row, 0)?)))
    }

    async fn slot_holders(&self, key: &str, count_max: usize) -> Result<Vec<Lease>> {
        let sql = include_str!("sql/slot_holders.sql");
        let rows = self.fetch(sql, &[&column(key), &number(count_max as u64)]).await?;
        rows.iter().map(read::lease).collect()
    }

    async fn rate_arrival(&self, key: &str) -> Result<Option<i64>> {
        let rows = self.fetch("SELECT arrival_us FROM limits WHERE key = $1", &[&column(key)]).await?;
        Ok(rows.first().and_then(|row| row.get(0)))
    }

    async fn put_polls(&self, polls: Vec<PollRecord>) -> Result<()> {
        // One statement cannot write a row twice; and in one order, so that two nodes never wait for each other.
        let mut latest = BTreeMap::new();
        for poll in polls {
            let at = latest.entry((column(&poll.queue.0), column(&poll.worker))).or_insert(poll.at.0);
            *at = poll.at.0.max(*at);
        }
        if latest.is_empty() {
            return Ok(());
        }
        let (keys, ats): (Vec<(String, String)>, Vec<i64>) = latest.into_iter().unzip();
        let (queues, workers): (Vec<String>, Vec<String>) = keys.into_iter().unzip();
        self.fetch(include_str!("sql/put_polls.sql"), &[&queues, &workers, &ats]).await?;
        Ok(())
    }

    async fn polls(&self, task_type: Option<&str>) -> Result<Vec<PollRecord>> {
        let mut polls = Vec::new();
        for row in self.fetch(include_str!("sql/polls.sql"), &[]).await? {
            let queue = read::queue(&row, 0)?;
            if task_type.is_none_or(|asked| queue.task_type() == asked) {
                let worker = get::<&str>(&row, 1)?.into();
                polls.push(PollRecord { queue, worker, at: Timestamp(get(&row, 2)?) });
            }
        }
        Ok(polls)
    }
}
