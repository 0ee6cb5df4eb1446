//! What is done to the database as a whole.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use segue_core::id::ExecutionId;

use super::PostgresStore;
use super::failure::{Failure, Retry};
use crate::contract::{Activity, Error, Result, Retention};

#[async_trait]
impl Retention for PostgresStore {
    async fn remove(&self, execution: ExecutionId) -> Result<bool> {
        let mut retry = Retry::new();
        let mut was_doubtful = false;
        loop {
            match self.try_remove(execution).await {
                // Whoever lost the answer to the first try finds nothing at the second.
                Ok(existed) => return Ok(existed || was_doubtful),
                Err(failure) => {
                    was_doubtful |= matches!(failure, Failure::Doubtful(_));
                    retry.after(failure).await?;
                }
            }
        }
    }

    async fn rebuild(&self) -> Result<u64> {
        let mut retry = Retry::new();
        loop {
            match self.try_rebuild().await {
                Ok(count) => return Ok(count),
                Err(failure) => retry.after(failure).await?,
            }
        }
    }

    async fn check(&self) -> Result<Vec<String>> {
        let mut retry = Retry::new();
        loop {
            match self.try_check().await {
                Ok(findings) => return Ok(findings),
                Err(failure) => retry.after(failure).await?,
            }
        }
    }

    fn activity(&self) -> Activity {
        let commits = self.counters.commits.load(Ordering::Relaxed);
        Activity {
            commits,
            records: self.counters.records.load(Ordering::Relaxed),
            bytes: self.counters.bytes.load(Ordering::Relaxed),
            syncs: commits,
        }
    }

    /// Every answer is durable already, and the write-ahead log is the server's business.
    async fn flush(&self) -> Result<()> {
        if self.pool.is_closed() {
            return Err(Error::Unavailable("the store is closed".into()));
        }
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        self.changes.stop();
        self.pool.close();
        Ok(())
    }
}

impl PostgresStore {
    async fn try_remove(&self, execution: ExecutionId) -> std::result::Result<bool, Failure> {
        let (low, high) = (execution.uuid(), execution.task(u32::MAX).uuid());
        let mut session = self.session().await?;
        session.begin().await?;
        if session.rows(include_str!("sql/remove_execution.sql"), &[&low]).await?.is_empty() {
            session.rollback().await?;
            return Ok(false);
        }
        session.rows(include_str!("sql/remove_records.sql"), &[&low, &high]).await?;
        session.rows(include_str!("sql/index_lock.sql"), &[&low]).await?;
        session.rows(include_str!("sql/index_forget.sql"), &[&low]).await?;
        session.commit().await?;
        Ok(true)
    }
}
