//! Finding executions and attempts.

use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use segue_core::id::ExecutionId;
use segue_core::status::ExecutionStatus;

use super::SqliteStore;
use super::codec::{self, ROW_COLUMNS, limit};
use super::condition::{Column, Condition, order};
use crate::contract::{
    ExecutionRow, Filter, Result, Search, SearchPage, SearchRequest, TOTAL_MAX, TaskField, TaskPage,
};

/// Attempts, with what their executions say.
const TASKS: &str = "tasks JOIN executions ON executions.id = tasks.execution";

#[async_trait]
impl Search for SqliteStore {
    async fn search(&self, request: SearchRequest) -> Result<SearchPage> {
        self.search_executions(request, None).await
    }

    async fn search_by_tasks(&self, request: SearchRequest, task: Filter<TaskField>) -> Result<SearchPage> {
        self.search_executions(request, Some(task)).await
    }

    async fn search_tasks(&self, request: SearchRequest<TaskField>) -> Result<TaskPage> {
        self.read_tables(move |connection| {
            let mut condition = Condition::default();
            condition.push(&request.filter);
            let from = Source { columns: "tasks.id", tables: TASKS };
            let (tasks, total) = page(connection, &from, condition, &request, |row| codec::task_id(row, 0))?;
            Ok(TaskPage { tasks, total: total.min(TOTAL_MAX), total_capped: total > TOTAL_MAX })
        })
        .await
    }

    async fn row(&self, execution: ExecutionId) -> Result<Option<ExecutionRow>> {
        self.read_tables(move |connection| {
            let sql = format!("SELECT {ROW_COLUMNS} FROM executions WHERE id = ?1");
            let mut select = connection.prepare_cached(&sql)?;
            select.query_row([execution.to_bytes()], codec::execution_row).optional()
        })
        .await
    }

    async fn counts(&self) -> Result<Vec<(ExecutionStatus, u64)>> {
        let counts = self.read_tables(|connection| {
            let mut select =
                connection.prepare_cached("SELECT status, count(*) FROM executions GROUP BY status")?;
            let counts = select.query_map([], |row| Ok((row.get(0)?, codec::unsigned(row, 1)?)))?;
            counts.collect::<rusqlite::Result<Vec<(String, u64)>>>()
        });
        let counts = counts.await?;
        let count = |status: ExecutionStatus| {
            let found = counts.iter().find(|(name, _)| name == status.as_str());
            found.map(|(_, count)| (status, *count))
        };
        Ok(ExecutionStatus::ALL.into_iter().filter_map(count).collect())
    }
}

impl SqliteStore {
    async fn search_executions(
        &self,
        request: SearchRequest,
        task: Option<Filter<TaskField>>,
    ) -> Result<SearchPage> {
        self.read_tables(move |connection| {
            let mut condition = Condition::default();
            condition.push(&request.filter);
            if let Some(task) = &task {
                condition
                    .sql
                    .push_str(&format!(" AND executions.id IN (SELECT tasks.execution FROM {TASKS} WHERE "));
                condition.push(task);
                condition.sql.push(')');
            }
            let from = Source { columns: ROW_COLUMNS, tables: "executions" };
            let (rows, total) = page(connection, &from, condition, &request, codec::execution_row)?;
            Ok(SearchPage { rows, total: total.min(TOTAL_MAX), total_capped: total > TOTAL_MAX })
        })
        .await
    }
}

/// What is selected, and where from.
struct Source {
    columns: &'static str,
    tables: &'static str,
}

/// The rows of a page, and how many there are in all, counted to one beyond [`TOTAL_MAX`].
fn page<F: Column, T>(
    connection: &Connection,
    Source { columns, tables }: &Source,
    condition: Condition,
    request: &SearchRequest<F>,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<(Vec<T>, u64)> {
    let Condition { sql: condition, mut values, .. } = condition;
    let counted = TOTAL_MAX + 1;
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {tables} WHERE {condition} LIMIT {counted})");
    let total = connection
        .prepare_cached(&sql)?
        .query_row(params_from_iter(&values), |row| codec::unsigned(row, 0))?;
    let order = order(&request.order);
    let sql = format!("SELECT {columns} FROM {tables} WHERE {condition} ORDER BY {order} LIMIT ? OFFSET ?");
    values.extend([limit(request.count_max), limit(request.offset)].map(Value::Integer));
    let mut select = connection.prepare_cached(&sql)?;
    let rows = select.query_map(params_from_iter(&values), read)?;
    Ok((rows.collect::<rusqlite::Result<_>>()?, total))
}
