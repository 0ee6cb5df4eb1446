//! The same random operations to the reference model and to another store: every answer must be the same.

use std::sync::Arc;

use segue_core::id::ExecutionId;
use segue_core::projection::{Lease, Ready};
use segue_core::record::{Message, MessageId};
use segue_core::status::ExecutionStatus;
use segue_core::time::Timestamp;

use super::Fixture;
use super::dice::Dice;
use super::operations::{Operation, World};
use super::queue::request;
use crate::contract::{
    Appended, ExecutionRow, Filter, IndexBatch, QueueSize, Result, SearchRequest, Store, StoredRecord,
};
use crate::memory::MemoryStore;

/// How many operations a seed is good for.
const OPERATIONS: u64 = 250;
/// The seeds of an ordinary run.
const SEEDS: std::ops::Range<u64> = 1..13;

/// A store's answer in a form that compares: positions are left out, they are compared by the tail.
#[derive(Debug, PartialEq)]
struct Answer(String);

impl Answer {
    fn of(result: &Result<impl std::fmt::Debug>) -> Self {
        Self(format!("{result:?}"))
    }
}

/// The seeds of an ordinary run, the first so many with `SEGUE_SEEDS=COUNT`, one with `SEGUE_SEED=SEED`.
fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match (number("SEGUE_SEED"), number("SEGUE_SEEDS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, Some(count)) => 1..count + 1,
        (None, None) => SEEDS,
    }
}

/// Runs every seed against a fresh store.
pub async fn it_answers_like_the_reference_model(fixture: &impl Fixture) {
    for seed in seeds() {
        let model: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let mut store = fixture.fresh().await;
        let mut dice = Dice::new(seed);
        let mut world = World::default();
        for step in 0..OPERATIONS {
            let operation = world.operation(&mut dice);
            if matches!(operation, Operation::Reopen)
                && let Some(reopened) = fixture.reopen(store.clone()).await
            {
                store = reopened;
            }
            let keeps_extensions = store.traits().shared;
            let expected = answer(&model, &operation, keeps_extensions, Some(&mut world)).await;
            let found = answer(&store, &operation, keeps_extensions, None).await;
            assert!(
                expected == found,
                "seed {seed}, operation {step}: {operation:#?}\nexpected {}\nfound    {}\n\
                 replay: SEGUE_SEED={seed} cargo test -p segue-store it_answers_like_the_reference_model",
                expected.0,
                found.0
            );
        }
        let (expected, found) = (everything(&model).await, everything(&store).await);
        assert_eq!(found, expected, "the tables at the end of seed {seed}");
        if store.partitions() == 1 {
            assert_eq!(journal_order(&store).await, journal_order(&model).await, "seed {seed}");
        }
    }
}

async fn journal_order(store: &Arc<dyn Store>) -> Vec<(ExecutionId, u64)> {
    let tail = super::whole_tail(store, 100).await;
    tail.into_iter().map(|stored| (stored.execution, stored.seq)).collect()
}

async fn answer(
    store: &Arc<dyn Store>,
    operation: &Operation,
    keeps_extensions: bool,
    world: Option<&mut World>,
) -> Answer {
    match operation.clone() {
        Operation::Append(batch) => {
            let mut outcomes = store.append(batch.clone()).await;
            if let (Some(world), Ok(outcomes)) = (world, &outcomes) {
                world.observe(&batch, outcomes);
            }
            for outcome in outcomes.iter_mut().flatten() {
                if let Appended::Committed { position } = outcome {
                    assert!(*position > 0);
                    *position = 1;
                }
            }
            Answer::of(&outcomes)
        }
        Operation::Load(execution, after) => {
            let mut loaded = store.load(execution, after).await;
            if let (false, Ok(Some(loaded))) = (keeps_extensions, &mut loaded) {
                loaded.extended.clear();
            }
            Answer::of(&loaded)
        }
        Operation::PutSnapshot(execution, snapshot) => {
            Answer::of(&store.put_snapshot(execution, snapshot).await)
        }
        Operation::Logs(execution, task) => Answer::of(&store.logs(execution.task(task)).await),
        Operation::Messages(after, count_max) => Answer::of(&store.messages(after, count_max).await),
        Operation::Blueprint(hash) => Answer::of(&store.blueprint(hash).await),
        Operation::Window(request) => Answer::of(&store.window(request).await),
        Operation::QueueSizes => Answer::of(&store.queue_sizes().await),
        Operation::RateArrival(key) => Answer::of(&store.rate_arrival(key).await),
        Operation::SlotHolders(key) => Answer::of(&store.slot_holders(key, 3).await),
        Operation::Due(ms, count_max) => {
            Answer::of(&store.due(super::draft::START + ms, None, count_max).await)
        }
        Operation::Lost(count_max) => Answer::of(&store.without_wake_up(None, count_max).await),
        Operation::Search(request) => Answer::of(&store.search(request).await),
        Operation::SearchTasks(request) => Answer::of(&store.search_tasks(request).await),
        Operation::SearchByTasks(request, task) => Answer::of(&store.search_by_tasks(request, task).await),
        Operation::Index(entries) => {
            let indexed = store.index_progress().await.expect("progress")[0].indexed;
            let batch = IndexBatch { partition: 0, after: indexed, upto: indexed, entries };
            Answer::of(&store.index(batch).await)
        }
        Operation::Row(execution) => Answer::of(&store.row(execution).await),
        Operation::Counts => Answer::of(&store.counts().await),
        Operation::PutEntries(entries, overwrite) => Answer::of(&store.put_entries(entries, overwrite).await),
        Operation::DeleteEntry(kind, name, version) => {
            Answer::of(&store.delete_entry(kind, name, version).await)
        }
        Operation::Catalog => Answer::of(&store.catalog().await.map(|(_, entries)| entries)),
        Operation::Remove(execution) => Answer::of(&store.remove(execution).await),
        Operation::ExtendLease(execution, task, ms) => {
            Answer::of(&store.extend_lease(execution.task(task), super::draft::START + ms).await)
        }
        Operation::Rebuild => Answer::of(&store.rebuild().await),
        Operation::Check | Operation::Reopen => {
            let findings = store.check().await;
            assert!(findings.as_ref().is_ok_and(Vec::is_empty), "{findings:?}");
            Answer::of(&findings)
        }
        Operation::Flush => Answer::of(&store.flush().await),
    }
}

/// Appends `count` random batches.
pub(super) async fn populate(store: &Arc<dyn Store>, seed: u64, count: usize) {
    let (mut dice, mut world) = (Dice::new(seed), World::default());
    for _ in 0..count {
        let operation = world.append(&mut dice);
        answer(store, &operation, false, Some(&mut world)).await;
    }
}

/// Everything that the tables show.
#[derive(Debug, PartialEq)]
pub(super) struct Everything {
    rows: Vec<ExecutionRow>,
    sizes: Vec<QueueSize>,
    ready: Vec<Ready>,
    holders: Vec<Lease>,
    messages: Vec<(MessageId, Message)>,
    due: Vec<(Timestamp, ExecutionId)>,
    counts: Vec<(ExecutionStatus, u64)>,
    records: Vec<StoredRecord>,
}

pub(super) async fn everything(store: &Arc<dyn Store>) -> Everything {
    let all = SearchRequest { filter: Filter::All(vec![]), order: vec![], offset: 0, count_max: 10_000 };
    let sizes = store.queue_sizes().await.expect("sizes");
    let mut ready = Vec::new();
    for size in &sizes {
        ready.extend(store.window(request(&size.queue.0, "node", 1_000_000_000)).await.expect("window"));
    }
    let mut records = super::whole_tail(store, 1_000).await;
    // Partitions have no common order.
    records.sort_by_key(|stored| (stored.execution, stored.seq));
    for (position, stored) in (1u64..).zip(&mut records) {
        stored.position = position;
    }
    Everything {
        rows: store.search(all).await.expect("search").rows,
        sizes,
        ready,
        holders: store.slot_holders("limit", 100).await.expect("holders"),
        messages: store.messages(None, 10_000).await.expect("messages"),
        due: store.due(Timestamp(i64::MAX), None, 10_000).await.expect("due"),
        counts: store.counts().await.expect("counts"),
        records,
    }
}
