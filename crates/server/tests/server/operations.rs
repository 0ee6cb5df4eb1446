//! Running the server: where it listens, health, figures, stopping.

use std::sync::Arc;
use std::time::Duration;

use segue_engine::{Engine, Options};
use segue_server::{BindError, Server, ServerOptions};
use segue_store::memory::MemoryStore;
use serde_json::json;

use crate::running::Running;
use crate::sequence;

async fn bind(options: ServerOptions) -> Result<Server, BindError> {
    let engine = Engine::open(Arc::new(MemoryStore::new()), Options::default()).await.expect("an engine");
    Server::bind(engine, options).await
}

#[tokio::test]
async fn listening_for_everybody_must_be_allowed() {
    let everybody = ServerOptions { listen: ([0, 0, 0, 0], 0).into(), ..ServerOptions::default() };
    let refused = bind(everybody.clone()).await.err().expect("refused").to_string();
    assert!(refused.contains("0.0.0.0") && refused.contains("--insecure-no-auth"), "{refused}");
    let allowed = bind(ServerOptions { insecure_no_auth: true, ..everybody }).await.expect("allowed");
    assert_ne!(allowed.address().port(), 0);
    let taken = ServerOptions {
        listen: ([127, 0, 0, 1], allowed.address().port()).into(),
        ..ServerOptions::default()
    };
    assert!(matches!(bind(taken).await, Err(BindError::Io { .. })));
}

#[tokio::test]
async fn health_and_figures_are_shown() {
    let server = Running::new().await;
    for path in ["/health", "/api/health"] {
        let health = server.get(path).await.ok();
        assert_eq!(
            health,
            json!({"healthResults": [], "suppressedHealthResults": [], "healthy": true, "status": "UP"})
        );
    }
    let info = server.get("/api/v1/server").await.ok();
    assert_eq!((&info["url"], &info["read_only"]), (&json!(server.url), &json!(false)));
    assert!(info["version"].is_string() && info["store"] == "memory", "{info}");
    server.register(&sequence("one", &["a"])).await;
    let id = server.start("one", json!({})).await;
    let task = server.poll("a").await;
    server.post("/api/tasks", &Running::result(&task, json!({}))).await.plain();
    server.get(&format!("/api/workflow/{id}/nowhere")).await.error(404);
    let figures = server.get("/metrics").await;
    assert_eq!(figures.status, 200);
    for line in [
        "segue_executions_started_total 1",
        "segue_executions_ended_total 1",
        "segue_attempts_claimed_total 1",
        "segue_attempts_completed_total 1",
        "segue_orphaned_executions 0",
        "segue_backlog 0",
        "segue_cached_executions 1",
        "segue_read_only 0",
        "segue_http_request_seconds_count{method=\"POST\",route=\"/api/tasks\",status=\"200\"} 1",
        "segue_http_request_seconds_count{method=\"OTHER\",route=\"unknown\",status=\"404\"} 1",
    ] {
        assert!(figures.text.lines().any(|shown| shown == line), "{line} in\n{}", figures.text);
    }
    for name in ["store_commits", "store_records", "store_bytes", "store_syncs"] {
        assert!(figures.text.contains(&format!("segue_{name}_total ")), "{name}");
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_written_serves_reads() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let id = server.start("one", json!({})).await;
    server.store.refuse_writes("no space left on device");
    for _ in 0..2 {
        let refused = server.post("/api/workflow", &json!({"name": "one"})).await.error(503);
        assert!(refused.contains("no space left on device"), "{refused}");
    }
    assert_eq!(server.status(&id).await, "RUNNING");
    assert_eq!(server.get("/api/tasks/poll/batch/a").await.ok(), json!([]));
    server.put(&format!("/api/workflow/{id}/pause"), &json!({})).await.error(503);
    let health = server.get("/health").await;
    assert_eq!(health.status, 503);
    let health = health.json();
    assert_eq!((&health["healthy"], &health["status"]), (&json!(false), &json!("READ_ONLY")));
    assert!(health["reason"].as_str().is_some_and(|reason| reason.contains("no space left")), "{health}");
    assert!(server.get("/metrics").await.text.contains("segue_read_only 1"));
}

#[tokio::test]
async fn too_much_at_once_is_refused_for_now() {
    let options = Options { backlog_max: 0, ..Options::default() };
    let server = Running::on(options, ServerOptions::default()).await;
    server.register(&sequence("one", &["a"])).await;
    let request = server.request(reqwest::Method::POST, "/api/workflow").json(&json!({"name": "one"}));
    let response = request.send().await.expect("an answer");
    assert_eq!(
        (response.status().as_u16(), response.headers()["retry-after"].to_str().ok()),
        (429, Some("1"))
    );
    let body: serde_json::Value = response.json().await.expect("JSON");
    assert_eq!((&body["retryable"], &body["status"]), (&json!(true), &json!(429)));
    assert_eq!(server.get("/api/tasks/poll/batch/a?timeout=0").await.ok(), json!([]));
}

#[tokio::test]
async fn a_wait_ends_with_the_execution() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let id = server.start("one", json!({})).await;
    let task = server.poll("a").await;
    let path = format!("/api/v1/executions/{id}?wait=60&tasks=false");
    let waiting = server.get(&path);
    let ending = async { server.post("/api/tasks", &Running::result(&task, json!({}))).await.plain() };
    let (ended, _) = tokio::join!(waiting, ending);
    assert_eq!(ended.ok()["status"], "COMPLETED");
    server.get("/api/v1/executions/nobody?wait=60").await.error(404);
}

#[tokio::test]
async fn stopping_answers_whoever_waits() {
    let mut server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let id = server.start("one", json!({})).await;
    let (wait, poll) = {
        let send = |path: String| tokio::spawn(server.request(reqwest::Method::GET, &path).send());
        (
            send(format!("/api/v1/executions/{id}?wait=60")),
            send("/api/tasks/poll/batch/none?timeout=5000&workerid=w".into()),
        )
    };
    while server.get("/api/tasks/queue/polldata?taskType=none").await.ok() == json!([]) {}
    let stopped = server.stop();
    let ended = async { tokio::join!(wait, poll, stopped) };
    let (wait, poll, ()) = tokio::time::timeout(Duration::from_secs(30), ended).await.expect("ends");
    for answer in [wait, poll] {
        assert_eq!(answer.expect("no panic").expect("an answer").status(), 200);
    }
}
