//! Schedules without a server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use segue_core::id::ExecutionId;
use segue_core::json::Json;
use segue_core::time::Timestamp;
use segue_engine::{Engine, Options, firing_definition};
use segue_store::contract::{
    CatalogEntry, Comparison, Field, Filter, Operand, Overwrite, SearchRequest, Shelf, Store,
};
use segue_store::sqlite::SqliteStore;
use serde_json::json;

const HOUR_MS: i64 = 3_600_000;

fn open(path: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(path).expect("opens"))
}

/// The times that fired, once there are as many or more, and the executions.
async fn fired(engine: &Engine, at_least: usize) -> (Vec<Timestamp>, Vec<ExecutionId>) {
    let name = Operand::Text(firing_definition("hourly").into());
    let request = SearchRequest {
        filter: Filter::Compare(Field::Name, Comparison::Equal, name),
        order: Vec::new(),
        offset: 0,
        count_max: 1000,
    };
    let looks = async {
        loop {
            let rows = engine.search(request.clone()).await.expect("found").page.rows;
            if rows.len() >= at_least {
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let rows = tokio::time::timeout(Duration::from_secs(60), looks).await.expect("in time");
    let mut times = Vec::new();
    for row in &rows {
        times.push(Timestamp(engine.firing(row.id).await.expect("a firing").scheduled_time));
    }
    times.sort();
    (times, rows.iter().map(|row| row.id).collect())
}

#[tokio::test]
async fn what_was_made_up_for_is_not_again_though_its_executions_are_gone() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("segue.db");
    let store = open(&path);
    let now = store.now().await.expect("a clock");
    let since = now.plus_ms(-50 * HOUR_MS);
    let schedule = json!({
        "name": "hourly", "cronExpression": "@hourly", "runCatchupScheduleInstances": true, "activeSince": since,
        "startWorkflowRequest": {"name": "none"},
    });
    let entry =
        CatalogEntry { kind: Shelf::Schedule, name: "hourly".into(), version: 0, body: Json::of(&schedule) };
    store.put_entries(vec![entry], Overwrite::Refused).await.expect("kept");

    let engine = Engine::open(store, Options::default()).await.expect("an engine");
    let (times, executions) = fired(&engine, 50).await;
    assert!(times.windows(2).all(|two| two[1] - two[0] == HOUR_MS), "{times:?}");
    assert!(times[0] - since <= HOUR_MS && now - times[49] < HOUR_MS, "{since:?} {now:?} {times:?}");
    for id in executions {
        engine.remove(id).await.expect("removed");
    }
    engine.shutdown().await.expect("closed");

    let engine = Engine::open(open(&path), Options::default()).await.expect("an engine");
    // What fired since the last mark, which is a day old at most.
    let (again, _) = fired(&engine, 1).await;
    assert!(again[0] - since > 48 * HOUR_MS, "{since:?} {again:?}");
    engine.shutdown().await.expect("closed");
}
