//! The index of attempts and words. Whoever moves a partition's position holds its row until the commit, so of two nodes
//! that carry the index forward one wins, and a removal is never overtaken.

use async_trait::async_trait;
use segue_core::words::Text;
use uuid::Uuid;

use super::PostgresStore;
use super::batch::{column, number};
use super::failure::{Failure, Retry};
use super::read::{execution_id, get, unsigned};
use super::session::Session;
use crate::contract::{Index, IndexBatch, IndexEntry, IndexProgress, IndexScope, IndexedTask, Result};

#[async_trait]
impl Index for PostgresStore {
    async fn index_progress(&self) -> Result<Vec<IndexProgress>> {
        let rows = self.fetch(include_str!("sql/index_progress.sql"), &[]).await?;
        let progress =
            |row| Ok(IndexProgress { indexed: unsigned(get(row, 0)?), head: unsigned(get(row, 1)?) });
        rows.iter().map(progress).collect()
    }

    async fn index(&self, batch: IndexBatch) -> Result<bool> {
        let mut retry = Retry::new();
        loop {
            match self.try_index(&batch).await {
                Ok(done) => return Ok(done),
                // After a lost answer the next try finds the position moved, which is as good.
                Err(failure) => retry.after(failure).await?,
            }
        }
    }
}

impl PostgresStore {
    async fn try_index(&self, batch: &IndexBatch) -> std::result::Result<bool, Failure> {
        let Ok(partition) = i32::try_from(batch.partition) else { return Ok(false) };
        let mut session = self.session().await?;
        session.begin().await?;
        let (after, upto) = (number(batch.after), number(batch.upto));
        let sql = include_str!("sql/index_advance.sql");
        if session.rows(sql, &[&partition, &after, &upto]).await?.is_empty() {
            session.rollback().await?;
            return Ok(false);
        }
        let ids: Vec<Uuid> = batch.entries.iter().map(|entry| entry.execution.uuid()).collect();
        let mut existing = Vec::with_capacity(ids.len());
        for row in session.rows("SELECT id FROM live WHERE id = ANY($1)", &[&ids]).await? {
            existing.push(execution_id(row.try_get(0)?)?);
        }
        existing.sort_unstable();
        let exists = |entry: &&IndexEntry| existing.binary_search(&entry.execution).is_ok();
        put(&session, batch.entries.iter().filter(exists)).await?;
        session.commit().await?;
        Ok(true)
    }

    /// What the index holds and should not.
    pub(super) async fn check_index(
        session: &Session,
        findings: &mut Vec<String>,
    ) -> std::result::Result<(), Failure> {
        for row in session.rows(include_str!("sql/check_index.sql"), &[]).await? {
            findings.push(format!("index: {}", row.try_get::<_, &str>(0)?));
        }
        Ok(())
    }
}

async fn put<'a>(
    session: &Session,
    entries: impl Iterator<Item = &'a IndexEntry>,
) -> std::result::Result<(), Failure> {
    let mut tasks = TaskColumns::default();
    let (mut anew, mut owners, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        let execution = entry.execution.uuid();
        if entry.scope == IndexScope::All {
            anew.push(execution);
        }
        if let Some(text) = &entry.text {
            owners.push(execution);
            texts.push(vector(text));
        }
        entry.tasks.iter().for_each(|task| tasks.push(execution, task));
    }
    if !anew.is_empty() {
        session.rows("DELETE FROM tasks WHERE execution = ANY($1)", &[&anew]).await?;
    }
    if !owners.is_empty() {
        session.rows(include_str!("sql/index_put_texts.sql"), &[&owners, &texts]).await?;
    }
    tasks.write(session).await
}

/// Attempts as the database takes them.
#[derive(Default)]
struct TaskColumns {
    id: Vec<Uuid>,
    execution: Vec<Uuid>,
    task_type: Vec<String>,
    definition: Vec<String>,
    reference: Vec<String>,
    status: Vec<&'static str>,
    domain: Vec<Option<String>>,
    scheduled_at: Vec<i64>,
    started_at: Vec<Option<i64>>,
    updated_at: Vec<i64>,
    ended_at: Vec<Option<i64>>,
    reason: Vec<Option<String>>,
    words: Vec<String>,
}

impl TaskColumns {
    fn push(&mut self, execution: Uuid, task: &IndexedTask) {
        self.id.push(task.id.uuid());
        self.execution.push(execution);
        self.task_type.push(column(&task.task_type));
        self.definition.push(column(&task.definition_name));
        self.reference.push(column(&task.reference));
        self.status.push(task.status.as_str());
        self.domain.push(task.domain.as_deref().map(column));
        self.scheduled_at.push(task.scheduled_at.0);
        self.started_at.push(task.started_at.map(|at| at.0));
        self.updated_at.push(task.updated_at.0);
        self.ended_at.push(task.ended_at.map(|at| at.0));
        self.reason.push(task.reason.as_deref().map(column));
        self.words.push(vector(&task.text));
    }

    async fn write(&self, session: &Session) -> std::result::Result<(), Failure> {
        if self.id.is_empty() {
            return Ok(());
        }
        let sql = include_str!("sql/index_put_tasks.sql");
        session
            .rows(
                sql,
                &[
                    &self.id,
                    &self.execution,
                    &self.task_type,
                    &self.definition,
                    &self.reference,
                    &self.status,
                    &self.domain,
                    &self.scheduled_at,
                    &self.started_at,
                    &self.updated_at,
                    &self.ended_at,
                    &self.reason,
                    &self.words,
                ],
            )
            .await
            .map(drop)
    }
}

/// Words with their places, as a `tsvector` is written. Words have letters and digits only, so nothing needs an escape.
fn vector(text: &Text) -> String {
    let words = text.as_str();
    let mut vector = String::with_capacity(words.len() * 2);
    for (place, word) in (1u32..).zip(words.split(' ').filter(|word| !word.is_empty())) {
        vector.push_str(&format!("'{word}':{place} "));
    }
    vector
}
