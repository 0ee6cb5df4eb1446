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

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, StatementStatus, params};

    /// Steps of SQLite's machine for a look at 100 of so many executions that wait for a signal.
    fn steps(waiting: usize) -> i32 {
        let mut connection = Connection::open_in_memory().expect("opens");
        super::super::schema::create(&mut connection).expect("the schema");
        let insert = "INSERT INTO executions (id, seq, name, version, status, priority, started_at, updated_at, blueprint) \
                      VALUES (?1, 1, 'w', 1, 'RUNNING', 0, 0, 0, '')";
        for number in 0..waiting {
            let mut id = [0; 16];
            id[4..12].copy_from_slice(&number.to_be_bytes());
            connection.execute(insert, [id]).expect("inserted");
        }
        let mut select = connection.prepare(include_str!("sql/without_wake_up.sql")).expect("prepared");
        let found = select.query_map(params![Vec::<u8>::new(), 100], |_| Ok(())).expect("asked").count();
        assert_eq!(found, 100);
        select.get_status(StatementStatus::VmStep)
    }

    #[test]
    fn an_audit_costs_what_it_looks_at_and_not_what_there_is() {
        assert_eq!(steps(100), steps(3_000));
    }
}
