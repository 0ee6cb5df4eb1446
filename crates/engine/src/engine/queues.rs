//! Looking at queues and pollers.

use segue_core::event::QueueName;
use segue_store::contract::{PollRecord, QueueSize};

use super::Engine;
use crate::error::Error;

impl Engine {
    /// All queues that hold anything.
    ///
    /// # Errors
    /// The store's.
    pub async fn queue_sizes(&self) -> Result<Vec<QueueSize>, Error> {
        Ok(self.inner.store.queue_sizes().await?)
    }

    /// How many attempts wait in a queue.
    ///
    /// # Errors
    /// The store's.
    pub async fn queue_size(&self, queue: &QueueName) -> Result<u64, Error> {
        self.with_node(|node, now| node.flush_claims(now));
        Ok(self.inner.store.queue_size(queue).await?)
    }

    /// Who polled, of one task type or of all.
    ///
    /// # Errors
    /// The store's.
    pub async fn pollers(&self, task_type: Option<&str>) -> Result<Vec<PollRecord>, Error> {
        let fresh = self.with_node(|node, now| node.take_polls(now));
        if !fresh.is_empty() && !self.is_read_only() {
            self.inner.store.put_polls(fresh).await?;
        }
        Ok(self.inner.store.polls(task_type).await?)
    }
}
