//! A kill keeps what the system has in its page cache, so it proves nothing about syncs. These tests hold back and fail the
//! syncs themselves, and writes as a full disk does, by a library that is loaded before the server's own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::program::{Running, segue};

const DEFINITION: &str = r#"{"name": "order", "version": 1, "schemaVersion": 2, "tasks": [
  {"name": "pay", "taskReferenceName": "pay", "type": "SIMPLE"},
  {"name": "ask", "taskReferenceName": "ask", "type": "HUMAN"}]}"#;
const PATIENCE: Duration = Duration::from_secs(20);

/// The library's switches.
struct Shim {
    directory: PathBuf,
    library: PathBuf,
}

impl Shim {
    fn build(directory: &Path) -> Self {
        let library = directory.join("shim.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/sync/shim.c");
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([library.as_path(), Path::new(source)])
            .arg("-ldl")
            .status()
            .expect("a C compiler");
        assert!(status.success());
        Self { directory: directory.to_owned(), library }
    }

    /// A server with the library, and the definition registered.
    fn around(directory: &Path) -> (Self, Running) {
        let shim = Self::build(directory);
        let environment = [("LD_PRELOAD", shim.library.as_path()), ("SYNC_SHIM", directory)];
        let server = Running::start_with(directory, &environment);
        server.write("order.json", DEFINITION);
        server.call(&["def", "register", "order.json"]).ok();
        (shim, server)
    }

    fn set(&self, switch: &str) {
        std::fs::write(self.directory.join(switch), "").expect("written");
    }

    fn unset(&self, switch: &str) {
        std::fs::remove_file(self.directory.join(switch)).expect("was set");
    }

    async fn until_held(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.directory.join("held").exists() {
            assert!(Instant::now() < deadline, "no sync was tried");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Status and body of a call.
async fn call(url: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
    static HTTP: std::sync::LazyLock<reqwest::Client> = std::sync::LazyLock::new(segue_testkit::http);
    let mut request =
        HTTP.request(method.parse().expect("a method"), format!("{url}{path}")).timeout(PATIENCE);
    if !body.is_null() {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let response = request.send().await.expect("answers");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

async fn start(url: &str) -> String {
    let (status, id) = call(url, "POST", "/api/workflow/order", json!({})).await;
    assert_eq!(status, 200, "{id}");
    id.as_str().expect("an id").to_owned()
}

/// The only attempt that is ready.
async fn poll(url: &str) -> Value {
    let (status, tasks) =
        call(url, "GET", "/api/tasks/poll/batch/pay?count=1&timeout=5000&workerid=w", Value::Null).await;
    assert_eq!(status, 200, "{tasks}");
    tasks[0].clone()
}

fn result(task: &Value) -> Value {
    json!({"workflowInstanceId": task["workflowInstanceId"], "taskId": task["taskId"], "workerId": "w",
        "status": "COMPLETED", "outputData": {"paid": true}})
}

#[tokio::test]
async fn nothing_is_acknowledged_before_it_is_synced() {
    let directory = tempfile::tempdir().expect("a directory");
    let (shim, server) = Shim::around(directory.path());
    let url = server.url.clone();
    let (first, second) = (start(&url).await, start(&url).await);
    let (polled, other) = (poll(&url).await, poll(&url).await);
    call(&url, "POST", "/api/tasks", result(&other)).await;
    let waits = if other["workflowInstanceId"] == first.as_str() { &first } else { &second };

    shim.set("hold");
    let task = polled["taskId"].as_str().unwrap_or_default();
    let writes = [
        ("/api/workflow/order".to_owned(), json!({})),
        ("/api/tasks".to_owned(), result(&polled)),
        (format!("/api/tasks/{task}/log"), json!("a line")),
        (format!("/api/tasks/{waits}/ask/COMPLETED"), json!({"by": "Ada"})),
    ];
    let mut calls = JoinSet::new();
    for (path, body) in writes {
        let url = url.clone();
        calls.spawn(async move { call(&url, "POST", &path, body).await });
    }
    shim.until_held().await;
    // The server is at work all the while: it answers what needs no sync, and nothing that does.
    for _ in 0..20 {
        assert_eq!(call(&url, "GET", "/health", Value::Null).await.0, 200);
        assert_eq!(call(&url, "GET", "/api/tasks/poll/batch/none?timeout=10", Value::Null).await.0, 200);
    }
    assert!(calls.try_join_next().is_none(), "a call was answered before its sync");
    shim.unset("hold");
    while let Some(answer) = calls.join_next().await {
        let (status, body) = answer.expect("no panic");
        assert_eq!(status, 200, "{body}");
    }
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_acknowledged_and_the_server_only_reads() {
    let directory = tempfile::tempdir().expect("a directory");
    let (shim, server) = Shim::around(directory.path());
    let url = server.url.clone();
    let done = start(&url).await;
    let completed = poll(&url).await;
    assert_eq!(call(&url, "POST", "/api/tasks", result(&completed)).await.0, 200);
    let open = start(&url).await;
    let polled = poll(&url).await;

    shim.set("fail");
    let (status, body) = call(&url, "POST", "/api/workflow/order", json!({})).await;
    assert_eq!(status, 503, "{body}");
    assert!(body["message"].as_str().is_some_and(|text| text.contains("disk I/O error")), "{body}");
    // The disk seems well again, but what the failed sync left nobody knows: no write is trusted until a restart.
    shim.unset("fail");
    for (path, body) in [("/api/workflow/order", json!({})), ("/api/tasks", result(&polled))] {
        let (status, body) = call(&url, "POST", path, body).await;
        assert_eq!(status, 503, "{path}: {body}");
        assert!(body["message"].as_str().is_some_and(|text| text.contains("read-only")), "{body}");
    }
    let (status, health) = call(&url, "GET", "/health", Value::Null).await;
    assert_eq!((status, &health["status"], &health["healthy"]), (503, &json!("READ_ONLY"), &json!(false)));
    let (_, metrics) = call(&url, "GET", "/metrics", Value::Null).await;
    assert!(metrics.as_str().is_some_and(|text| text.contains("segue_read_only 1")), "{metrics}");
    let read = call(&url, "GET", &format!("/api/workflow/{done}"), Value::Null).await;
    assert_eq!((read.0, &read.1["tasks"][0]["status"]), (200, &json!("COMPLETED")));
    let tasks = call(&url, "GET", "/api/tasks/poll/batch/pay?timeout=10", Value::Null).await;
    assert_eq!(tasks, (200, json!([])));
    let refused = server.call(&["start", "order"]);
    assert_eq!(refused.code, 3, "{}", refused.err);
    assert!(refused.err.contains("read-only"), "{}", refused.err);
    drop(server);

    segue(directory.path(), &["store", "check", "--store", "test.db"]).ok();
    let server = Running::start_in(directory.path());
    for (id, task_status) in [(&done, "COMPLETED"), (&open, "SCHEDULED")] {
        let (status, workflow) = call(&server.url, "GET", &format!("/api/workflow/{id}"), Value::Null).await;
        assert_eq!(status, 200, "{workflow}");
        let first = &workflow["tasks"][0]["status"];
        assert!(*first == task_status || *first == "IN_PROGRESS" && *id == open, "{workflow}");
    }
    assert_eq!(call(&server.url, "POST", "/api/tasks", result(&polled)).await.0, 200);
    start(&server.url).await;
}

#[tokio::test]
async fn a_full_disk_is_told_and_the_server_goes_on_when_there_is_room() {
    let directory = tempfile::tempdir().expect("a directory");
    let (shim, server) = Shim::around(directory.path());
    let url = server.url.clone();
    let before = start(&url).await;
    shim.set("full");
    for _ in 0..2 {
        let (status, body) = call(&url, "POST", "/api/workflow/order", json!({})).await;
        assert_eq!(status, 503, "{body}");
        assert!(body["message"].as_str().is_some_and(|text| text.contains("full")), "{body}");
    }
    let (status, health) = call(&url, "GET", "/health", Value::Null).await;
    assert_eq!((status, &health["status"]), (503, &json!("READ_ONLY")));
    assert_eq!(call(&url, "GET", &format!("/api/workflow/{before}"), Value::Null).await.0, 200);
    shim.unset("full");
    let deadline = Instant::now() + PATIENCE;
    while call(&url, "POST", "/api/workflow/order", json!({})).await.0 != 200 {
        assert!(Instant::now() < deadline, "there is room again and the server does not notice");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(call(&url, "GET", "/health", Value::Null).await.0, 200);
    drop(server);
    segue(directory.path(), &["store", "check", "--store", "test.db"]).ok();
}
