//! Reading the journal and what is kept beside single executions.

use async_trait::async_trait;
use segue_core::id::{BlueprintHash, ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::record::{Message, MessageId, Record};
use segue_core::time::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::PostgresStore;
use super::batch::number;
use super::failure::{Failure, Retry};
use super::read::{self, execution_id, get, task_id, unsigned};
use super::session::Call;
use crate::contract::{Append, Appended, Journal, Loaded, LogLine, Position, Result, Snapshot, StoredRecord};

#[async_trait]
impl Journal for PostgresStore {
    async fn append(&self, batch: Vec<Append>) -> Result<Vec<Appended>> {
        self.append_batch(batch).await
    }

    async fn load(&self, execution: ExecutionId, after_seq: u64) -> Result<Option<Loaded>> {
        let mut retry = Retry::new();
        let answers = loop {
            match self.load_rows(execution, number(after_seq)).await {
                Ok(answers) => break answers,
                Err(failure) => retry.after(failure).await?,
            }
        };
        loaded(execution, after_seq, &answers)
    }

    async fn put_snapshot(&self, execution: ExecutionId, snapshot: Snapshot) -> Result<()> {
        let sql = include_str!("sql/put_snapshot.sql");
        self.fetch(sql, &[&execution.uuid(), &number(snapshot.seq), &snapshot.body.text()]).await?;
        Ok(())
    }

    async fn tail(&self, partition: u32, after: Position, count_max: usize) -> Result<Vec<StoredRecord>> {
        let Ok(partition) = i32::try_from(partition) else { return Ok(Vec::new()) };
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&partition, &number(after), &number(count_max as u64)];
        self.fetch(include_str!("sql/tail.sql"), &params).await?.iter().map(stored_record).collect()
    }

    fn partitions(&self) -> u32 {
        self.partitions
    }

    async fn messages(
        &self,
        after: Option<MessageId>,
        count_max: usize,
    ) -> Result<Vec<(MessageId, Message)>> {
        let sender = after.map_or(Uuid::nil(), |after| after.sender.uuid());
        let seq = after.map_or(-1, |after| number(after.seq));
        let index = after.map_or(-1, |after| i64::from(after.index));
        let sql = include_str!("sql/messages.sql");
        let rows = self.fetch(sql, &[&sender, &seq, &index, &number(count_max as u64)]).await?;
        rows.iter().map(read::message).collect()
    }

    async fn logs(&self, task: TaskId) -> Result<Vec<LogLine>> {
        let rows = self.fetch(include_str!("sql/logs.sql"), &[&task.uuid()]).await?;
        rows.iter()
            .map(|row| Ok(LogLine { task, at: Timestamp(get(row, 0)?), text: get::<&str>(row, 1)?.into() }))
            .collect()
    }

    async fn blueprint(&self, hash: BlueprintHash) -> Result<Option<Json>> {
        let rows = self.fetch(include_str!("sql/blueprint.sql"), &[&hash.to_string()]).await?;
        rows.first().map(|row| read::json(get(row, 0)?)).transpose()
    }
}

impl PostgresStore {
    /// Four statements in one flight. The records come first: a snapshot that is taken in between can only make
    /// some of them superfluous.
    async fn load_rows(
        &self,
        execution: ExecutionId,
        after_seq: i64,
    ) -> std::result::Result<Vec<Vec<Row>>, Failure> {
        let session = self.session().await?;
        let (low, high) = (execution.uuid(), execution.task(u32::MAX).uuid());
        let mut flight = session.flight();
        let calls = vec![
            Call { sql: include_str!("sql/load_records.sql"), params: vec![&low, &after_seq] },
            Call { sql: include_str!("sql/load_snapshot.sql"), params: vec![&low, &after_seq] },
            Call { sql: include_str!("sql/load_extended.sql"), params: vec![&low, &high] },
            Call { sql: include_str!("sql/exists.sql"), params: vec![&low] },
        ];
        flight.calls(calls).await?;
        let mut answers = Vec::with_capacity(4);
        for answer in flight.land().await {
            answers.push(answer?);
        }
        Ok(answers)
    }
}

fn loaded(execution: ExecutionId, after_seq: u64, answers: &[Vec<Row>]) -> Result<Option<Loaded>> {
    let [records, snapshots, extended, exists] = answers else { return Err(read::corrupt("no answer")) };
    if exists.is_empty() {
        return Ok(None);
    }
    let mut loaded = Loaded::default();
    if let Some(row) = snapshots.first() {
        loaded.snapshot = Some(Snapshot { seq: unsigned(get(row, 0)?), body: read::json(get(row, 1)?)? });
    }
    let covered = loaded.snapshot.as_ref().map_or(after_seq, |snapshot| snapshot.seq);
    for row in records {
        let seq = unsigned(get(row, 0)?);
        if seq > covered {
            let record: Record = read::record(row, 1, execution, seq)?;
            loaded.tail.push((seq, record));
        }
    }
    for row in extended {
        loaded.extended.push((task_id(get(row, 0)?)?, Timestamp(get(row, 1)?)));
    }
    Ok(Some(loaded))
}

fn stored_record(row: &Row) -> Result<StoredRecord> {
    let (execution, seq) = (execution_id(get(row, 1)?)?, unsigned(get(row, 2)?));
    let record = read::record(row, 3, execution, seq)?;
    Ok(StoredRecord { position: unsigned(get(row, 0)?), execution, seq, record })
}
