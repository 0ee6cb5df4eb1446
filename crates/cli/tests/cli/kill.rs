//! SIGKILL at random moments under load: whatever was acknowledged is there afterwards, and everything ends.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::program::Running;

/// Kills in one run; `SEGUE_KILLS` sets another number.
const KILLS: u64 = 50;
const STARTERS: usize = 3;
const WORKERS: usize = 6;

/// What the clients were told.
#[derive(Default)]
struct Acknowledged {
    started: Vec<String>,
    completed: HashMap<String, HashSet<String>>,
}

type Shared = Arc<Mutex<Acknowledged>>;

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let seed = std::env::var("SEGUE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| u64::from(std::process::id()));
    let kills = std::env::var("SEGUE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    println!("replay the moments with SEGUE_SEED={seed} cargo test -p segue-cli kill");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let told = Shared::default();
    runtime.block_on(async {
        for round in 0..kills {
            let server = Running::start_in(directory.path());
            register(&server.url).await;
            let clients = load(&server.url, &told, true);
            let mixed = (seed ^ round).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
            tokio::time::sleep(Duration::from_millis(20 + mixed % 250)).await;
            // Dropping it is a SIGKILL.
            drop(server);
            drop(clients);
        }
        finish(directory.path(), &told).await;
    });
}

async fn register(url: &str) {
    let task = |name: &str| {
        json!({"name": name, "taskReferenceName": name, "type": "SIMPLE",
        "taskDefinition": {"name": name, "retryCount": 20, "retryDelaySeconds": 0, "responseTimeoutSeconds": 1}})
    };
    let definition =
        json!({"name": "pair", "version": 1, "schemaVersion": 2, "tasks": [task("a"), task("b")]});
    call(url, "POST", "/metadata/workflow?overwrite=true", Some(&definition)).await.expect("registered");
}

/// Clients that go on until they are dropped.
fn load(url: &str, told: &Shared, with_starts: bool) -> JoinSet<()> {
    let mut clients = JoinSet::new();
    for _ in 0..if with_starts { STARTERS } else { 0 } {
        let (url, told) = (url.to_owned(), told.clone());
        clients.spawn(async move {
            while let Some(Value::String(id)) = call(&url, "POST", "/workflow/pair", Some(&json!({}))).await {
                told.lock().expect("not poisoned").started.push(id);
            }
        });
    }
    for number in 0..WORKERS {
        let (url, told) = (url.to_owned(), told.clone());
        clients.spawn(async move {
            let path = format!(
                "/tasks/poll/batch/{}?count=5&timeout=100&workerid=w{number}",
                ["a", "b"][number % 2]
            );
            while let Some(Value::Array(tasks)) = call(&url, "GET", &path, None).await {
                for task in tasks {
                    complete(&url, &told, &task).await;
                }
            }
        });
    }
    clients
}

async fn complete(url: &str, told: &Shared, task: &Value) {
    let text = |key: &str| task[key].as_str().unwrap_or_default().to_owned();
    let (execution, id) = (text("workflowInstanceId"), text("taskId"));
    let result = json!({"workflowInstanceId": execution, "taskId": id, "status": "COMPLETED", "outputData": {"by": id},
        "logs": [{"log": "done", "taskId": id, "createdTime": 1}]});
    if call(url, "POST", "/tasks", Some(&result)).await.is_some() {
        told.lock().expect("not poisoned").completed.entry(execution).or_default().insert(id);
    }
}

/// Works off what is left, then holds what there is to what was told.
async fn finish(directory: &Path, told: &Shared) {
    let server = Running::start_in(directory);
    let _clients = load(&server.url, told, false);
    let started = told.lock().expect("not poisoned").started.clone();
    println!("{} starts were acknowledged", started.len());
    assert!(!started.is_empty(), "no start was acknowledged");
    let deadline = Instant::now() + Duration::from_secs(180);
    for id in &started {
        let workflow = loop {
            let workflow = call(&server.url, "GET", &format!("/workflow/{id}"), None)
                .await
                .expect("an acknowledged start is there");
            if workflow["status"] != "RUNNING" {
                break workflow;
            }
            assert!(Instant::now() < deadline, "{id} does not end: {workflow:#}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(workflow["status"], "COMPLETED", "{workflow:#}");
        let tasks = workflow["tasks"].as_array().expect("tasks");
        let completed: Vec<&Value> = tasks.iter().filter(|task| task["status"] == "COMPLETED").collect();
        let references: HashSet<&str> =
            completed.iter().filter_map(|task| task["referenceTaskName"].as_str()).collect();
        assert_eq!((completed.len(), references.len()), (2, 2), "each task completes once: {workflow:#}");
        check_logs(&server.url, &completed).await;
        for task in told.lock().expect("not poisoned").completed.get(id).into_iter().flatten() {
            let found = tasks.iter().find(|found| found["taskId"] == task.as_str());
            let found = found.unwrap_or_else(|| panic!("{task} was completed and is gone: {workflow:#}"));
            // A result that came after its lease was acknowledged and not applied.
            let ended = ["COMPLETED", "TIMED_OUT"].iter().any(|status| found["status"] == *status);
            assert!(ended, "an acknowledged completion is lost: {found:#}");
        }
    }
    let told = told.lock().expect("not poisoned");
    assert!(told.completed.len() >= started.len(), "completions of every execution were acknowledged");
}

/// A result's log lines are durable with it: one line for each that counted.
async fn check_logs(url: &str, completed: &[&Value]) {
    for task in completed {
        let id = task["taskId"].as_str().unwrap_or_default();
        let logs = call(url, "GET", &format!("/tasks/{id}/log"), None).await.expect("logs");
        assert!(logs.as_array().is_some_and(|lines| !lines.is_empty()), "{id} has lost its log");
    }
}

/// The answer of a call; `None` if there was none, because the server is gone.
async fn call(url: &str, method: &str, path: &str, body: Option<&Value>) -> Option<Value> {
    static HTTP: std::sync::LazyLock<reqwest::Client> = std::sync::LazyLock::new(segue_testkit::http);
    let method = method.parse().expect("a method");
    let mut request = HTTP.request(method, format!("{url}/api{path}")).timeout(Duration::from_secs(20));
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let response = request.send().await.ok()?;
    let status = response.status();
    let text = response.text().await.ok()?;
    assert!(status.is_success(), "{path}: {status}: {text}");
    Some(serde_json::from_str(&text).unwrap_or(Value::String(text)))
}
