//! The clock and the durable wake-ups.

use async_trait::async_trait;
use segue_core::id::ExecutionId;
use segue_core::time::Timestamp;
use uuid::Uuid;

use super::PostgresStore;
use super::batch::number;
use super::read::{execution_id, get};
use crate::contract::{Result, Timers};

#[async_trait]
impl Timers for PostgresStore {
    async fn now(&self) -> Result<Timestamp> {
        self.present().await
    }

    async fn due(
        &self,
        before: Timestamp,
        after: Option<(Timestamp, ExecutionId)>,
        count_max: usize,
    ) -> Result<Vec<(Timestamp, ExecutionId)>> {
        let (at, id) = after.map_or((i64::MIN, Uuid::nil()), |(at, id)| (at.0, id.uuid()));
        let sql = include_str!("sql/due.sql");
        let rows = self.fetch(sql, &[&before.0, &at, &id, &number(count_max as u64)]).await?;
        rows.iter().map(|row| Ok((Timestamp(get(row, 0)?), execution_id(get(row, 1)?)?))).collect()
    }

    async fn without_wake_up(
        &self,
        after: Option<ExecutionId>,
        candidates_max: usize,
    ) -> Result<Vec<ExecutionId>> {
        let after = after.map_or(Uuid::nil(), ExecutionId::uuid);
        let sql = include_str!("sql/without_wake_up.sql");
        let rows = self.fetch(sql, &[&after, &number(candidates_max as u64)]).await?;
        rows.iter().map(|row| execution_id(get(row, 0)?)).collect()
    }
}
