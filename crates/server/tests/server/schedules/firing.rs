//! What schedules fire, and that each time is fired once, whatever happens in between.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use segue_engine::Options;
use segue_server::ServerOptions;
use segue_store::Store;
use segue_store::memory::MemoryStore;
use segue_store::postgres::PostgresStore;
use segue_store::sqlite::SqliteStore;
use serde_json::{Value, json};

use super::{save, schedule};
use crate::running::Running;

const EACH_SECOND: &str = "* * * * * *";

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("before the year 292 million")
}

async fn over<S: Store + 'static>(store: S) -> Running<S> {
    Running::over(Arc::new(store), Options::default(), ServerOptions::default()).await
}

async fn sqlite(directory: &Path) -> Running<SqliteStore> {
    over(SqliteStore::open(&directory.join("segue.db")).expect("open")).await
}

/// Registers the definition that schedules start, which ends at once.
async fn with_job<S: Store + 'static>(server: &Running<S>) {
    let task = json!({"name": "n", "taskReferenceName": "n", "type": "NOOP"});
    server.register(&json!({"name": "job", "tasks": [task]})).await;
}

/// The records of a schedule's firings, oldest first.
async fn records<S: Store + 'static>(server: &Running<S>, name: &str) -> Vec<Value> {
    let path = "/api/scheduler/search/executions?size=5000&sort=startTime:ASC";
    let page = server.get(&format!("{path}&query=scheduleName%20IN%20({name})")).await.ok();
    let mut found = page["results"].as_array().expect("results").clone();
    assert!(page["totalHits"].is_u64(), "{page}");
    found.sort_by_key(|record| record["scheduledTime"].as_i64());
    found
}

/// The records, once they are as they should be.
async fn records_when<S: Store + 'static>(
    server: &Running<S>,
    name: &str,
    are_so: impl Fn(&[Value]) -> bool,
) -> Vec<Value> {
    let looks = async {
        loop {
            let found = records(server, name).await;
            if are_so(&found) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(60), looks).await {
        Ok(found) => found,
        Err(_) => panic!("{name}: not in time: {:?}", records(server, name).await),
    }
}

fn times(records: &[Value]) -> Vec<i64> {
    records.iter().map(|record| record["scheduledTime"].as_i64().expect("a time")).collect()
}

fn fired_after(at: i64) -> impl Fn(&[Value]) -> bool {
    move |records| times(records).last().is_some_and(|last| *last > at)
}

/// The instant has come.
async fn reach(at: i64) {
    while now_ms() < at {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_time_starts_an_execution_and_leaves_a_record() {
    let server = Running::new().await;
    with_job(&server).await;
    let request = json!({
        "name": "job", "version": 1, "input": {"n": 1, "kept": "${workflow.input.n}"}, "correlationId": "c", "priority": 7,
        "taskToDomain": {"*": "d"}, "createdBy": "me",
    });
    let zone = json!({"zoneId": "Asia/Tokyo", "startWorkflowRequest": request});
    save(&server, &schedule("fires", EACH_SECOND, zone)).await;
    save(
        &server,
        &schedule("fails", EACH_SECOND, json!({"startWorkflowRequest": {"name": "none", "version": 3}})),
    )
    .await;
    let task = json!({"name": "n", "taskReferenceName": "n", "type": "NOOP"});
    let inline = json!({"startWorkflowRequest": {"name": "brought", "workflowDef": {"tasks": [task]}}});
    save(&server, &schedule("brings", EACH_SECOND, inline)).await;

    let are_done = |records: &[Value]| records.first().is_some_and(|record| record["state"] != "POLLED");
    let record = records_when(&server, "fires", are_done).await.remove(0);
    let at = record["scheduledTime"].as_i64().expect("a time");
    assert_eq!(at % 1000, 0);
    assert!(record["executionTime"].as_i64().is_some_and(|executed| executed >= at));
    let id = record["workflowId"].as_str().expect("an execution").to_owned();
    let expected =
        json!({"scheduleName": "fires", "workflowName": "job", "state": "EXECUTED", "zoneId": "Asia/Tokyo"});
    for (key, value) in expected.as_object().expect("an object") {
        assert_eq!(&record[key], value, "{record}");
    }
    let looks = async {
        loop {
            let answer = server.get(&format!("/api/workflow/{id}")).await;
            if answer.status != 404 {
                return answer.ok();
            }
        }
    };
    let started = tokio::time::timeout(Duration::from_secs(30), looks).await.expect("its execution");
    assert_eq!(
        started["input"],
        json!({
            "n": 1, "kept": "${workflow.input.n}", "_startedByScheduler": "fires", "_scheduledTime": at,
            "_executedTime": record["executionTime"], "_executionId": record["executionId"], "_schedulerCron": EACH_SECOND,
        })
    );
    assert_eq!(record["startWorkflowRequest"]["input"], started["input"]);
    for (key, value) in [
        ("correlationId", json!("c")),
        ("priority", json!(7)),
        ("createdBy", json!("me")),
        ("taskToDomain", json!({"*": "d"})),
    ] {
        assert_eq!(started[key], value, "{key}");
    }

    let failed = records_when(&server, "fails", are_done).await.remove(0);
    assert_eq!(
        (&failed["state"], &failed["reason"], &failed["workflowId"]),
        (&json!("FAILED"), &json!("No such workflow defined. name=none, version=3"), &Value::Null)
    );
    let brought = records_when(&server, "brings", are_done).await.remove(0);
    assert_eq!((&brought["state"], &brought["workflowName"]), (&json!("EXECUTED"), &json!("brought")));
    let states = |query: &str| format!("/api/scheduler/search/executions?freeText=*&query={query}");
    let page = server.get(&states("state=FAILED")).await.ok();
    assert!(
        page["results"].as_array().expect("results").iter().all(|one| one["scheduleName"] == "fails"),
        "{page}"
    );
    let page = server.get(&states("scheduleName%20STARTS_WITH%20f%20AND%20state=EXECUTED")).await.ok();
    assert!(
        page["results"].as_array().expect("results").iter().all(|one| one["scheduleName"] == "fires"),
        "{page}"
    );
    server.get(&states("mood=good")).await.error(400);
}

#[tokio::test]
async fn a_schedule_runs_by_hand_and_ends() {
    let server = Running::new().await;
    with_job(&server).await;
    save(&server, &schedule("held", "@yearly", json!({"paused": true}))).await;
    let run = server.raw(Method::POST, "/api/v1/schedules/held/run", "").await.ok();
    assert_eq!((&run["scheduleName"], &run["state"]), (&json!("held"), &json!("EXECUTED")));
    assert_eq!(run["startWorkflowRequest"]["input"]["_schedulerCron"], "@yearly");
    assert_eq!(records(&server, "held").await.len(), 1);

    let end = now_ms() + 2000;
    save(&server, &schedule("ends", EACH_SECOND, json!({"scheduleEndTime": end}))).await;
    save(&server, &schedule("goes on", EACH_SECOND, json!({}))).await;
    records_when(&server, "'goes on'", fired_after(end + 1000)).await;
    let fired = times(&records(&server, "ends").await);
    assert!(!fired.is_empty() && fired.iter().all(|at| *at <= end), "{fired:?} until {end}");
    assert_eq!(server.get("/api/scheduler/schedules/ends").await.ok()["nextRunTime"], Value::Null);
}

/// One schedule makes up for what it misses, one does not.
async fn with_both<S: Store + 'static>(server: &Running<S>) {
    with_job(server).await;
    save(server, &schedule("skips", EACH_SECOND, json!({}))).await;
    save(server, &schedule("catches", EACH_SECOND, json!({"runCatchupScheduleInstances": true}))).await;
    for name in ["skips", "catches"] {
        records_when(server, name, |records| !records.is_empty()).await;
    }
}

/// Nothing fired between the instants but what was made up for, and nothing fired twice.
async fn was_out<S: Store + 'static>(server: &Running<S>, from: i64, until: i64) {
    let skipped = times(&records_when(server, "skips", fired_after(until + 1000)).await);
    assert!(!skipped.iter().any(|at| (from + 1..until).contains(at)), "{skipped:?} in {from}..{until}");
    assert!(skipped.windows(2).all(|two| two[0] < two[1]), "{skipped:?}");
    let caught = records_when(server, "catches", fired_after(until + 1000)).await;
    let times = times(&caught);
    assert!(times.windows(2).all(|two| two[0] + 1000 == two[1]), "{times:?}");
    let mut started: Vec<&str> =
        caught.iter().map(|record| record["workflowId"].as_str().expect("started")).collect();
    started.sort_unstable();
    started.dedup();
    assert_eq!(started.len(), times.len());
}

#[tokio::test]
async fn a_pause_of_one_holds_until_its_end() {
    let server = over(MemoryStore::new()).await;
    with_both(&server).await;
    for name in ["skips", "catches"] {
        server.put(&format!("/api/scheduler/schedules/{name}/pause"), &Value::Null).await.nothing();
    }
    let from = now_ms();
    reach(from + 2000).await;
    let until = now_ms();
    for name in ["skips", "catches"] {
        server.put(&format!("/api/scheduler/schedules/{name}/resume"), &Value::Null).await.nothing();
    }
    was_out(&server, from, until).await;
}

#[tokio::test]
async fn a_stop_of_the_server_loses_and_repeats_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut server = sqlite(directory.path()).await;
    with_both(&server).await;
    server.stop().await;
    server.engine.shutdown().await.expect("closed");
    drop(server);
    let from = now_ms();
    reach(from + 2000).await;
    let until = now_ms();
    let server = sqlite(directory.path()).await;
    was_out(&server, from, until).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_fire_each_time_once_and_pause_together() {
    let Some(cluster) = segue_testkit::postgres::cluster() else { return };
    let url = cluster.fresh_url();
    let mut one = over(PostgresStore::open(&url).await.expect("open")).await;
    let other = over(PostgresStore::open(&url).await.expect("open")).await;
    with_both(&one).await;
    assert_eq!(one.get("/api/scheduler/admin/pause").await.ok(), json!({"paused": true}));
    assert_eq!(other.get("/api/scheduler/schedules/skips").await.ok()["nextRunTime"], Value::Null);
    // The other node hears of it a moment later.
    let from = now_ms() + 1000;
    reach(from + 2000).await;
    let until = now_ms();
    assert_eq!(other.get("/api/scheduler/admin/resume").await.ok(), json!({"paused": false}));
    was_out(&one, from, until).await;
    // What one node leaves, the other goes on with.
    one.stop().await;
    one.engine.shutdown().await.expect("closed");
    let from = now_ms();
    records_when(&other, "skips", fired_after(from + 1000)).await;
    let caught = times(&records_when(&other, "catches", fired_after(from + 1000)).await);
    assert!(caught.windows(2).all(|two| two[0] + 1000 == two[1]), "{caught:?}");
    let started = other.get("/api/workflow/search?size=0&query=workflowType=job").await.ok();
    let fired = records(&other, "skips").await.len() + records(&other, "catches").await.len();
    // A firing may be a moment ahead of what it starts, and may have come since.
    let started = started["totalHits"].as_u64().expect("a count");
    assert!(started <= fired as u64 && started + 4 >= fired as u64, "{started} of {fired}");
}
