//! What every store must do, one scenario per behaviour. A store's tests name a [`Fixture`] and get them all:
//!
//! ```ignore
//! segue_store::conformance_suite!(MyFixture::new());
//! ```
//!
//! Each scenario takes a fresh database from the fixture, so they run side by side.

pub mod admission;
pub mod append;
pub mod catalog;
mod dice;
pub mod differential;
pub mod draft;
pub mod index;
pub mod journal;
pub mod messages;
mod operations;
pub mod queue;
pub mod retention;
pub mod search;
mod suite;
pub mod timers;

use std::sync::Arc;

use async_trait::async_trait;
use segue_core::id::ExecutionId;

use crate::contract::{Append, Appended, Position, Store, StoredRecord};

/// How a scenario gets its stores.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// A store on a new, empty database. Several may be open at a time.
    async fn fresh(&self) -> Arc<dyn Store>;

    /// Closes the store and opens its database again; `None` if the data dies with the store.
    async fn reopen(&self, store: Arc<dyn Store>) -> Option<Arc<dyn Store>>;

    /// Deletes the execution's row from the table of executions behind the store's back.
    async fn damage(&self, store: &Arc<dyn Store>, execution: ExecutionId);
}

/// Appends that must all win; their positions.
pub async fn commit(store: &Arc<dyn Store>, batch: Vec<Append>) -> Vec<Position> {
    let outcomes = store.append(batch).await.expect("append");
    let position = |outcome| match outcome {
        Appended::Committed { position } => position,
        refused => panic!("expected a commit, got {refused:?}"),
    };
    outcomes.into_iter().map(position).collect()
}

/// One append and what became of it.
pub async fn try_one(store: &Arc<dyn Store>, append: Append) -> Appended {
    let mut outcomes = store.append(vec![append]).await.expect("append");
    assert_eq!(outcomes.len(), 1, "one outcome for each append");
    outcomes.remove(0)
}

/// The records of every partition, in the order of positions within each, read `page` at a time.
pub async fn whole_tail(store: &Arc<dyn Store>, page: usize) -> Vec<StoredRecord> {
    let mut all = Vec::new();
    for partition in 0..store.partitions() {
        let mut after = 0;
        loop {
            let records = store.tail(partition, after, page).await.expect("tail");
            assert!(records.len() <= page);
            let Some(last) = records.last() else { break };
            after = last.position;
            all.extend(records);
        }
    }
    all
}
