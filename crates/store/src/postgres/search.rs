//! Finding executions and attempts.

use async_trait::async_trait;
use segue_core::id::ExecutionId;
use segue_core::status::ExecutionStatus;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::PostgresStore;
use super::batch::number;
use super::condition::{Column, Condition, order};
use super::read::{self, get, unsigned};
use crate::contract::{
    ExecutionRow, Filter, Result, Search, SearchPage, SearchRequest, TOTAL_MAX, TaskField, TaskPage,
};

const COLUMNS: &str = include_str!("sql/row_columns.sql");

/// Attempts, with what their executions say.
const TASKS: &str = "tasks JOIN live ON live.id = tasks.execution";

#[async_trait]
impl Search for PostgresStore {
    async fn search(&self, request: SearchRequest) -> Result<SearchPage> {
        self.search_executions(&request, None).await
    }

    async fn search_by_tasks(&self, request: SearchRequest, task: Filter<TaskField>) -> Result<SearchPage> {
        self.search_executions(&request, Some(&task)).await
    }

    async fn search_tasks(&self, request: SearchRequest<TaskField>) -> Result<TaskPage> {
        let mut condition = Condition::default();
        let filter = condition.filter(&request.filter);
        let from = Source { columns: "tasks.id", tables: TASKS };
        let (rows, total) = self.page(&from, &filter, &condition, &request).await?;
        let id = |row| read::task_id(get(row, 0)?);
        Ok(TaskPage {
            tasks: rows.iter().map(id).collect::<Result<_>>()?,
            total: total.min(TOTAL_MAX),
            total_capped: total > TOTAL_MAX,
        })
    }

    async fn row(&self, execution: ExecutionId) -> Result<Option<ExecutionRow>> {
        let sql = format!("SELECT {COLUMNS} FROM live WHERE id = $1");
        self.fetch(&sql, &[&execution.uuid()]).await?.first().map(read::execution_row).transpose()
    }

    async fn counts(&self) -> Result<Vec<(ExecutionStatus, u64)>> {
        let mut counts = Vec::new();
        for row in self.fetch(include_str!("sql/counts.sql"), &[]).await? {
            counts.push((read::status(get(&row, 0)?)?, unsigned(get(&row, 1)?)));
        }
        counts.sort_unstable_by_key(|(status, _)| *status);
        Ok(counts)
    }
}

/// What is selected, and where from.
struct Source {
    columns: &'static str,
    tables: &'static str,
}

impl PostgresStore {
    async fn search_executions(
        &self,
        request: &SearchRequest,
        task: Option<&Filter<TaskField>>,
    ) -> Result<SearchPage> {
        let mut condition = Condition::default();
        let mut filter = condition.filter(&request.filter);
        if let Some(task) = task {
            let task = condition.filter(task);
            filter = format!("{filter} AND live.id IN (SELECT tasks.execution FROM {TASKS} WHERE {task})");
        }
        let from = Source { columns: COLUMNS, tables: "live" };
        let (rows, total) = self.page(&from, &filter, &condition, request).await?;
        Ok(SearchPage {
            rows: rows.iter().map(read::execution_row).collect::<Result<_>>()?,
            total: total.min(TOTAL_MAX),
            total_capped: total > TOTAL_MAX,
        })
    }

    /// The rows of a page, and how many there are in all, counted to one beyond [`TOTAL_MAX`].
    async fn page<F: Column>(
        &self,
        Source { columns, tables }: &Source,
        filter: &str,
        condition: &Condition,
        request: &SearchRequest<F>,
    ) -> Result<(Vec<Row>, u64)> {
        let counted = TOTAL_MAX + 1;
        let sql =
            format!("SELECT count(*) FROM (SELECT FROM {tables} WHERE {filter} LIMIT {counted}) AS hits");
        let mut params = condition.params();
        let counted = self.fetch(&sql, &params).await?;
        let total = counted.first().map_or(Ok(0), |row| Ok(unsigned(get(row, 0)?)))?;
        let (limit, offset) = (number(request.count_max as u64), number(request.offset as u64));
        let next = params.len() + 1;
        let sql = format!(
            "SELECT {columns} FROM {tables} WHERE {filter} ORDER BY {} LIMIT ${next}::bigint OFFSET ${}::bigint",
            order(&request.order),
            next + 1
        );
        params.extend([&limit as &(dyn ToSql + Sync), &offset]);
        Ok((self.fetch(&sql, &params).await?, total))
    }
}
