//! The index of attempts and words. It follows the journal at a distance, so that no step waits for it: somebody reads the
//! tail of each partition, works out what is to be found of the executions there, and stores that with how far it came.

use std::sync::Arc;

use async_trait::async_trait;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::status::TaskStatus;
use segue_core::time::Timestamp;
use segue_core::words::Text;

use super::{Position, Result};

/// How far the index follows a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexProgress {
    /// What was appended up to here is indexed.
    pub indexed: Position,
    /// The last position given out.
    pub head: Position,
}

/// What the records of a stretch of a partition come to.
#[derive(Debug, Clone)]
pub struct IndexBatch {
    /// Which.
    pub partition: u32,
    /// Behind this position.
    pub after: Position,
    /// Up to this one.
    pub upto: Position,
    /// What is to be found now, each execution at most once.
    pub entries: Vec<IndexEntry>,
}

/// What is to be found of an execution.
#[derive(Debug, Clone)]
pub struct IndexEntry {
    /// Which.
    pub execution: ExecutionId,
    /// Its words; `None`: as before.
    pub text: Option<Text>,
    /// Attempts, which replace what was indexed of them.
    pub tasks: Vec<IndexedTask>,
    /// Which attempts the entry speaks of.
    pub scope: IndexScope,
}

/// Which attempts an [`IndexEntry`] speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexScope {
    /// Those that it lists.
    Listed,
    /// All: what it does not list is indexed no more.
    All,
}

/// An attempt as it is found.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexedTask {
    /// Its id.
    pub id: TaskId,
    /// The operator, or the name of what a worker polls.
    pub task_type: Arc<str>,
    /// Name of its definition.
    pub definition_name: Arc<str>,
    /// The node's reference, with the loop suffix.
    pub reference: Arc<str>,
    /// Where it stands.
    pub status: TaskStatus,
    /// The domain of its queue.
    pub domain: Option<Arc<str>>,
    /// When it was scheduled.
    pub scheduled_at: Timestamp,
    /// When it was first handed out.
    pub started_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended so.
    pub reason: Option<Arc<str>>,
    /// Its words.
    pub text: Text,
}

/// Carrying the index forward.
#[async_trait]
pub trait Index: Send + Sync {
    /// How far the index is, by partition. What was appended before the call lies at or before `head`.
    async fn index_progress(&self) -> Result<Vec<IndexProgress>>;

    /// Stores a batch and that the index of the partition is at `upto`, together; false, and nothing is stored, if it is
    /// not at `after`. Entries of executions that do not exist (any more) are left out.
    async fn index(&self, batch: IndexBatch) -> Result<bool>;
}
