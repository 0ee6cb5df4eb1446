//! The queues of the reference model.

use std::collections::BTreeMap;

use async_trait::async_trait;
use segue_core::event::QueueName;
use segue_core::id::TaskId;
use segue_core::projection::{Lease, Ready};
use segue_core::time::Timestamp;

use super::MemoryStore;
use crate::contract::{PollRecord, Queue, QueueSize, Result, WindowRequest};

#[async_trait]
impl Queue for MemoryStore {
    async fn window(&self, request: WindowRequest) -> Result<Vec<Ready>> {
        self.with(|state| {
            let wanted = |ready: &&Ready| {
                ready.queue == request.queue
                    && ready.ready_at <= request.ready_before
                    && request.from.is_none_or(|from| (ready.rank, ready.task) >= from)
            };
            let mut found: Vec<Ready> = state.tables.ready.values().filter(wanted).cloned().collect();
            found.sort_by_key(|ready| (ready.rank, ready.task));
            found.truncate(request.count_max);
            found
        })
    }

    async fn release(&self, _node: &str, _tasks: Vec<TaskId>) -> Result<()> {
        self.with(|_| ())
    }

    async fn extend_lease(&self, task: TaskId, until: Timestamp) -> Result<()> {
        self.with(|state| {
            let Some(Lease { until: Some(said), .. }) = state.tables.leases.get(&task) else { return };
            let present = state.extended.get(&task).unwrap_or(said);
            if until > *present {
                state.extended.insert(task, until);
            }
        })
    }

    async fn queue_sizes(&self) -> Result<Vec<QueueSize>> {
        self.with(|state| {
            let mut sizes = BTreeMap::<QueueName, u64>::new();
            for ready in state.tables.ready.values() {
                *sizes.entry(ready.queue.clone()).or_default() += 1;
            }
            sizes.into_iter().map(|(queue, ready)| QueueSize { queue, ready }).collect()
        })
    }

    async fn queue_size(&self, queue: &QueueName) -> Result<u64> {
        self.with(|state| state.tables.ready.values().filter(|ready| ready.queue == *queue).count() as u64)
    }

    async fn slot_holders(&self, key: &str, count_max: usize) -> Result<Vec<Lease>> {
        self.with(|state| {
            let holders = state.tables.leases.values().filter(|lease| lease.slot.as_deref() == Some(key));
            holders.take(count_max).cloned().collect()
        })
    }

    async fn rate_arrival(&self, key: &str) -> Result<Option<i64>> {
        self.with(|state| state.rates.get(key).copied())
    }

    async fn put_polls(&self, polls: Vec<PollRecord>) -> Result<()> {
        self.with(|state| {
            for poll in polls {
                let latest = state.polls.entry((poll.queue, poll.worker)).or_insert(poll.at);
                *latest = (*latest).max(poll.at);
            }
        })
    }

    async fn polls(&self, task_type: Option<&str>) -> Result<Vec<PollRecord>> {
        self.with(|state| {
            let wanted = state
                .polls
                .iter()
                .filter(|((queue, _), _)| task_type.is_none_or(|asked| queue.task_type() == asked));
            wanted
                .map(|((queue, worker), at)| PollRecord {
                    queue: queue.clone(),
                    worker: worker.clone(),
                    at: *at,
                })
                .collect()
        })
    }
}
