//! The index of attempts and words.

use std::sync::Arc;

use segue_core::status::TaskStatus;
use segue_core::words::{self, Text};

use super::draft::{Draft, START, execution};
use super::{Fixture, commit};
use crate::contract::{
    Comparison, Filter, IndexBatch, IndexEntry, IndexScope, IndexedTask, Operand, SearchRequest, Store,
    TaskField,
};

fn text(words: &str) -> Text {
    let mut text = Text::default();
    text.add(words);
    text
}

fn task(n: u64, ordinal: u32, task_type: &str, words: &str) -> IndexedTask {
    IndexedTask {
        id: execution(n).task(ordinal),
        task_type: task_type.into(),
        definition_name: task_type.into(),
        reference: "ref".into(),
        status: TaskStatus::Completed,
        domain: None,
        scheduled_at: START + i64::from(ordinal),
        started_at: None,
        updated_at: START,
        ended_at: None,
        reason: None,
        text: text(words),
    }
}

fn entry(n: u64, words: Option<&str>, tasks: Vec<IndexedTask>) -> IndexEntry {
    IndexEntry { execution: execution(n), text: words.map(text), tasks, scope: IndexScope::Listed }
}

/// Stores entries where the index is.
async fn put(store: &Arc<dyn Store>, entries: Vec<IndexEntry>) {
    let at = store.index_progress().await.expect("progress")[0].indexed;
    let batch = IndexBatch { partition: 0, after: at, upto: at, entries };
    assert!(store.index(batch).await.expect("index"));
}

fn asked<F>(words: &str) -> Filter<F> {
    Filter::Words(words::question(words).expect("few words").expect("a question"))
}

fn all<F>(filter: Filter<F>) -> SearchRequest<F> {
    SearchRequest { filter, order: vec![], offset: 0, count_max: 100 }
}

async fn executions(store: &Arc<dyn Store>, words: &str) -> Vec<u64> {
    let page = store.search(all(asked(words))).await.expect("search");
    let number = |id| (1..=9).find(|&n| execution(n) == id).expect("one of ours");
    page.rows.iter().map(|row| number(row.id)).collect()
}

async fn ordinals(store: &Arc<dyn Store>, filter: Filter<TaskField>) -> Vec<u32> {
    let page = store.search_tasks(all(filter)).await.expect("search");
    assert_eq!((page.total, page.total_capped), (page.tasks.len() as u64, false));
    page.tasks.iter().map(|task| task.ordinal()).collect()
}

/// Executions and attempts are found by their words, each for itself, until others replace them.
pub async fn words_are_found(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let starts = (1..=3).map(|n| Draft::start(execution(n), "a").at(n as i64).wake(1).build());
    commit(&store, starts.collect()).await;
    let one = vec![task(1, 1, "pay", "card 4711"), task(1, 2, "ship", "parcel")];
    let many = "word ".repeat(words::TEXT_WORDS_MAX - 2) + "near end";
    put(&store, vec![entry(1, Some("Too late, no paper"), one), entry(2, Some(&many), vec![])]).await;
    assert_eq!(executions(&store, "LATE pap*").await, [1]);
    assert_eq!(executions(&store, "\"near end\"").await, [2]);
    assert_eq!(executions(&store, "card").await, [0; 0], "that is the attempt's word");
    assert_eq!(ordinals(&store, asked("card-4711")).await, [1]);
    assert_eq!(ordinals(&store, Filter::Not(Box::new(asked("card")))).await, [2]);
    assert_eq!(ordinals(&store, Filter::All(vec![])).await, [2, 1], "newest first");
    put(&store, vec![entry(1, Some("in time"), vec![task(1, 1, "pay", "cash")])]).await;
    assert_eq!(executions(&store, "late").await, [0; 0]);
    assert_eq!(executions(&store, "time").await, [1]);
    assert_eq!(ordinals(&store, asked("card")).await, [0; 0]);
    let anew = IndexEntry { scope: IndexScope::All, ..entry(1, None, vec![task(1, 3, "bill", "cash")]) };
    put(&store, vec![anew]).await;
    assert_eq!(ordinals(&store, Filter::All(vec![])).await, [3]);
    assert_eq!(executions(&store, "time").await, [1], "its words were not spoken of");
    let bill = || Filter::Compare(TaskField::Type, Comparison::Equal, Operand::Text("bill".into()));
    let owners = store.search_by_tasks(all(Filter::All(vec![])), bill()).await.expect("search");
    assert_eq!(owners.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [execution(1)]);
    let none = store.search_by_tasks(all(asked("late")), bill()).await.expect("search");
    assert_eq!((none.rows.len(), none.total), (0, 0));
}

/// The index is stored with how far it is: a batch that starts elsewhere is refused, and a reopened store goes on there.
pub async fn the_index_has_a_position(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let last =
        *commit(&store, vec![Draft::start(execution(1), "a").wake(1).build()]).await.last().expect("one");
    let progress = store.index_progress().await.expect("progress");
    assert_eq!(progress.len(), store.partitions() as usize);
    assert!(progress.iter().all(|partition| partition.indexed == 0));
    let partition =
        progress.iter().position(|partition| partition.head == last).expect("its partition") as u32;
    let batch = |after, upto, words| IndexBatch {
        partition,
        after,
        upto,
        entries: vec![entry(1, Some(words), vec![])],
    };
    assert!(!store.index(batch(1, 2, "skipped")).await.expect("index"));
    assert!(store.index(batch(0, last, "first")).await.expect("index"));
    assert!(!store.index(batch(0, last, "again")).await.expect("index"));
    assert!(!store.index(IndexBatch { partition: 999, ..batch(0, 0, "nowhere") }).await.expect("index"));
    assert_eq!(executions(&store, "first").await, [1]);
    let Some(store) = fixture.reopen(store).await else { return };
    assert_eq!(store.index_progress().await.expect("progress")[partition as usize].indexed, last);
    assert_eq!(executions(&store, "first").await, [1]);
    assert_eq!(executions(&store, "again").await, [0; 0]);
    assert_eq!(store.check().await.expect("check"), Vec::<String>::new());
    store.rebuild().await.expect("rebuild");
    assert_eq!(executions(&store, "first").await, [0; 0], "to be carried forward from the beginning");
    assert_eq!(store.index_progress().await.expect("progress")[partition as usize].indexed, 0);
}

/// What is removed is not found, and nobody brings it back.
pub async fn what_is_removed_is_not_indexed(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let starts = (1..=2).map(|n| Draft::start(execution(n), "a").wake(1).build());
    commit(&store, starts.collect()).await;
    let both =
        || vec![1, 2].into_iter().map(|n| entry(n, Some("late"), vec![task(n, n as u32, "pay", "card")]));
    put(&store, both().chain([entry(3, Some("late"), vec![task(3, 3, "pay", "card")])]).collect()).await;
    assert_eq!(ordinals(&store, asked("card")).await, [2, 1], "there is no third");
    assert!(store.remove(execution(1)).await.expect("remove"));
    for _ in 0..2 {
        assert_eq!(executions(&store, "late").await, [2]);
        assert_eq!(ordinals(&store, asked("card")).await, [2]);
        assert_eq!(store.check().await.expect("check"), Vec::<String>::new());
        put(&store, both().collect()).await;
    }
}
