//! The journal of the reference model.

use async_trait::async_trait;
use segue_core::id::{BlueprintHash, ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::record::{Message, MessageId};

use super::MemoryStore;
use crate::contract::{
    Append, Appended, Error, Journal, Loaded, LogLine, Position, Result, Snapshot, StoredRecord,
};

#[async_trait]
impl Journal for MemoryStore {
    async fn append(&self, batch: Vec<Append>) -> Result<Vec<Appended>> {
        self.with(|state| {
            if let Some(cause) = &state.unwritable {
                return Err(Error::Unwritable(cause.clone()));
            }
            state.activity.commits += 1;
            state.activity.syncs += 1;
            Ok(state.append_all(batch))
        })?
    }

    async fn load(&self, execution: ExecutionId, after_seq: u64) -> Result<Option<Loaded>> {
        self.with(|state| {
            if state.head(execution) == 0 {
                return None;
            }
            let snapshot = state.snapshots.get(&execution).filter(|found| found.seq > after_seq).cloned();
            let after_seq = snapshot.as_ref().map_or(after_seq, |found| found.seq);
            let tail = state
                .records
                .range((execution, after_seq.saturating_add(1))..=(execution, u64::MAX))
                .filter(|((_, seq), _)| *seq > after_seq)
                .map(|((_, seq), (_, record))| (*seq, (**record).clone()));
            let extended = state.extended.iter().filter(|(task, _)| task.execution() == execution);
            Some(Loaded {
                snapshot,
                tail: tail.collect(),
                extended: extended.map(|(task, until)| (*task, *until)).collect(),
            })
        })
    }

    async fn put_snapshot(&self, execution: ExecutionId, snapshot: Snapshot) -> Result<()> {
        self.with(|state| {
            let stored_seq = state.snapshots.get(&execution).map_or(0, |stored| stored.seq);
            if state.head(execution) > 0 && snapshot.seq > stored_seq {
                state.snapshots.insert(execution, snapshot);
            }
        })
    }

    async fn tail(&self, partition: u32, after: Position, count_max: usize) -> Result<Vec<StoredRecord>> {
        self.with(|state| {
            if partition != 0 {
                return Vec::new();
            }
            let behind = state.order.range(after.saturating_add(1)..).take(count_max);
            behind
                .filter_map(|(&position, &(execution, seq))| {
                    let (_, record) = state.records.get(&(execution, seq))?;
                    Some(StoredRecord { position, execution, seq, record: (**record).clone() })
                })
                .collect()
        })
    }

    fn partitions(&self) -> u32 {
        1
    }

    async fn messages(
        &self,
        after: Option<MessageId>,
        count_max: usize,
    ) -> Result<Vec<(MessageId, Message)>> {
        self.with(|state| {
            let behind =
                state.tables.messages.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
            behind.take(count_max).map(|(id, message)| (*id, message.clone())).collect()
        })
    }

    async fn logs(&self, task: TaskId) -> Result<Vec<LogLine>> {
        self.with(|state| {
            let mut lines = state.logs.get(&task).cloned().unwrap_or_default();
            lines.sort_by_key(|line| line.at);
            lines
        })
    }

    async fn blueprint(&self, hash: BlueprintHash) -> Result<Option<Json>> {
        self.with(|state| state.blueprints.get(&hash).cloned())
    }
}
