//! The index of attempts and words, carried by the engine.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use segue_core::decide::{Compensate, Start};
use segue_core::definition::WorkflowDef;
use segue_core::json::Json;
use segue_core::status::TaskStatus;
use segue_core::words;
use segue_engine::{Engine, Options, Report, StartBy};
use segue_store::Store;
use segue_store::contract::{Comparison, Filter, IndexProgress, Operand, SearchRequest, TaskField};
use segue_store::sqlite::SqliteStore;
use serde_json::json;

async fn open(path: &Path) -> Engine {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path).expect("opens"));
    Engine::open(store, Options::default()).await.expect("opens")
}

async fn progress(engine: &Engine) -> IndexProgress {
    engine.store().index_progress().await.expect("progress")[0]
}

fn page<F>(filter: Filter<F>) -> SearchRequest<F> {
    SearchRequest { filter, order: vec![], offset: 0, count_max: 100 }
}

/// Ordinals of the attempts in a status, newest first.
async fn attempts(engine: &Engine, status: TaskStatus) -> Vec<u32> {
    let status = Operand::Text(status.as_str().into());
    let filter = Filter::Compare(TaskField::Status, Comparison::Equal, status);
    let found = engine.search_tasks(page(filter)).await.expect("search");
    assert_eq!(found.behind, 0);
    found.page.tasks.iter().map(|task| task.ordinal()).collect()
}

async fn found(engine: &Engine, words: &str) -> usize {
    let phrases = words::question(words).expect("few words").expect("a question");
    let found = engine.search(page(Filter::Words(phrases))).await.expect("search");
    assert_eq!(found.behind, 0);
    found.page.rows.len()
}

#[tokio::test]
async fn the_index_follows_by_itself_and_goes_on_after_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("segue.db");
    let engine = open(&path).await;
    let definition: WorkflowDef = serde_json::from_value(json!({"name": "h", "tasks": [
        {"name": "ask", "taskReferenceName": "ask", "type": "HUMAN"},
        {"name": "w", "taskReferenceName": "w"},
    ]}))
    .expect("a definition");
    let start = |note: &str| Start { input: Json::of(&json!({"note": note})), ..Start::default() };
    let by = || StartBy::Definition(Box::new(definition.clone()));
    let id = engine.start(by(), start("first words")).await.expect("starts").execution;
    let caught_up = async {
        while progress(&engine).await.indexed == 0
            || progress(&engine).await.indexed < progress(&engine).await.head
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), caught_up).await.expect("the index follows");
    let before = progress(&engine).await;
    engine.shutdown().await.expect("closes");

    let engine = open(&path).await;
    assert_eq!(progress(&engine).await, before, "what is indexed is not indexed again");
    assert_eq!(found(&engine, "\"first words\"").await, 1);
    assert_eq!(attempts(&engine, TaskStatus::InProgress).await, [1]);
    engine.report_by_reference(id, "ask", &Report::of(TaskStatus::Completed)).await.expect("taken");
    assert_eq!(attempts(&engine, TaskStatus::Completed).await, [1]);
    assert_eq!(attempts(&engine, TaskStatus::Scheduled).await, [2]);
    engine.terminate(id, "no longer wanted", Compensate::No).await.expect("terminates");
    assert_eq!(attempts(&engine, TaskStatus::Canceled).await, [2], "ended with its execution");
    assert_eq!(found(&engine, "wanted first").await, 1);
    engine.retry(id).await.expect("retries");
    assert_eq!(found(&engine, "wanted").await, 0, "it runs again");
    assert_eq!(attempts(&engine, TaskStatus::Scheduled).await, [3]);

    engine.store().rebuild().await.expect("rebuild");
    assert_eq!(attempts(&engine, TaskStatus::Scheduled).await, [3], "filled again from the journal");
    assert_eq!(engine.store().check().await.expect("check"), Vec::<String>::new());
    engine.shutdown().await.expect("closes");
}
