//! Wake-ups by time, and the search for executions without any.

use async_trait::async_trait;
use rusqlite::params;
use segue_core::id::ExecutionId;
use segue_core::time::Timestamp;

use super::SqliteStore;
use super::codec::{self, limit};
use crate::contract::{Result, Timers};

#[async_trait]
impl Timers for SqliteStore {
    async fn now(&self) -> Result<Timestamp> {
        self.shared.open()?;
        Ok(self.shared.now())
    }

    async fn due(
        &self,
        before: Timestamp,
        after: Option<(Timestamp, ExecutionId)>,
        count_max: usize,
    ) -> Result<Vec<(Timestamp, ExecutionId)>> {
        self.read_tables(move |connection| {
            let sql = "SELECT wake_at, id FROM executions INDEXED BY executions_by_wake \
                       WHERE wake_at IS NOT NULL AND wake_at < ?1 AND (wake_at, id) > (?2, ?3) \
                       ORDER BY wake_at, id LIMIT ?4";
            let (at, id) = after.map_or((i64::MIN, [0; 16]), |(at, id)| (at.0, id.to_bytes()));
            let mut select = connection.prepare_cached(sql)?;
            let due = select.query_map(params![before.0, at, id, limit(count_max)], |row| {
                Ok((Timestamp(row.get(0)?), codec::execution_id(row, 1)?))
            })?;
            due.collect()
        })
        .await
    }

    async fn without_wake_up(
        &self,
        after: Option<ExecutionId>,
        candidates_max: usize,
    ) -> Result<Vec<ExecutionId>> {
        self.read_tables(move |connection| {
            let after = after.map_or_else(Vec::new, |id| id.to_bytes().to_vec());
            let mut select = connection.prepare_cached(include_str!("sql/without_wake_up.sql"))?;
            let lost =
                select.query_map(params![after, limit(candidates_max)], |row| codec::execution_id(row, 0))?;
            lost.collect()
        })
        .await
    }
}
