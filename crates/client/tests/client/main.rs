//! The worker loop against a real server in this process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use segue_client::{Client, Outcome, Status, Worker, WorkerOptions, WorkerPool};
use segue_engine::{Engine, Options};
use segue_server::{Server, ServerOptions};
use segue_store::memory::MemoryStore;
use serde_json::{Value, json};

async fn server() -> Client {
    let engine = Engine::open(Arc::new(MemoryStore::new()), Options::default()).await.expect("opens");
    let options = ServerOptions { listen: ([127, 0, 0, 1], 0).into(), ..ServerOptions::default() };
    let server = Server::bind(engine, options).await.expect("listens");
    let url = server.url();
    tokio::spawn(server.run(std::future::pending()));
    Client::new(&url).expect("a client")
}

fn quick() -> WorkerOptions {
    WorkerOptions {
        poll_interval: Some(Duration::from_millis(5)),
        poll_timeout: Some(Duration::from_millis(200)),
        ..WorkerOptions::default()
    }
}

/// Starts an execution of one task of type `t` with these task settings.
async fn start(client: &Client, task_def: Value) -> String {
    let definition = json!({"name": "one", "version": 1, "tasks": [
        {"name": "t", "taskReferenceName": "t", "type": "SIMPLE", "taskDefinition": task_def}]});
    client.start(&json!({"name": "one", "workflowDef": definition, "input": {}})).await.expect("starts")
}

/// The execution, once it satisfies `is_so`.
async fn until(client: &Client, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let workflow = client.workflow(id).await.expect("exists");
        if is_so(&workflow) {
            return workflow;
        }
        assert!(Instant::now() < deadline, "not in time: {workflow:#}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn is_over(workflow: &Value) -> bool {
    workflow["status"] != "RUNNING"
}

fn pool(client: &Client, worker: Worker) -> WorkerPool {
    WorkerPool::new(client.clone(), vec![worker], quick())
}

#[tokio::test]
async fn each_outcome_reaches_the_execution() {
    let client = server().await;
    let calls = Arc::new(AtomicUsize::new(0));
    let worker = Worker::new("t", move |task| {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        async move {
            match call {
                0 => Outcome::InProgress { output: json!({"half": true}), callback_after_seconds: 0 },
                1 => Outcome::Failed("not yet".to_owned()),
                2 => panic!("oh no"),
                _ => Outcome::Completed(json!({"polls": task.poll_count, "retries": task.retry_count})),
            }
        }
    });
    let pool = pool(&client, worker);
    pool.start();
    let id = start(&client, json!({"name": "t", "retryCount": 5, "retryDelaySeconds": 0})).await;
    let done = until(&client, &id, is_over).await;
    assert_eq!(done["status"], "COMPLETED");
    assert_eq!(done["output"], json!({"polls": 1, "retries": 2}));
    let tasks = done["tasks"].as_array().expect("tasks");
    let reasons: Vec<&str> = tasks.iter().filter_map(|task| task["reasonForIncompletion"].as_str()).collect();
    assert!(reasons.contains(&"not yet") && reasons.contains(&"the worker panicked"), "{reasons:?}");
    pool.stop().await;
    let (_, metrics) = pool.metrics().remove(0);
    assert_eq!((metrics.executed, metrics.failed), (4, 2));
    assert!(metrics.prometheus("t").contains("task_execution_started_total{taskType=\"t\"} 4"));
}

#[tokio::test]
async fn a_terminal_failure_is_not_retried() {
    let client = server().await;
    let worker = Worker::new("t", |_| async { Outcome::FailedTerminally("never".to_owned()) });
    let pool = pool(&client, worker);
    pool.start();
    let id = start(&client, json!({"name": "t", "retryCount": 5, "retryDelaySeconds": 0})).await;
    let done = until(&client, &id, is_over).await;
    assert_eq!((&done["status"], done["tasks"].as_array().map(Vec::len)), (&json!("FAILED"), Some(1)));
    pool.stop().await;
}

#[tokio::test]
async fn stop_waits_for_the_tasks_under_way() {
    let client = server().await;
    let begun = Arc::new(tokio::sync::Notify::new());
    let worker = Worker::new("t", {
        let begun = begun.clone();
        move |_| {
            begun.notify_one();
            async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Outcome::Completed(json!({}))
            }
        }
    });
    let pool = pool(&client, worker);
    assert!(!pool.is_polling());
    pool.start();
    assert!(pool.is_polling());
    let id = start(&client, json!({"name": "t"})).await;
    begun.notified().await;
    pool.stop().await;
    assert!(!pool.is_polling());
    assert_eq!(client.workflow(&id).await.expect("exists")["status"], "COMPLETED");
}

#[tokio::test]
async fn options_change_while_it_runs_and_the_workers_own_win() {
    let client = server().await;
    let most = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let worker = Worker::new("t", {
        let most = most.clone();
        move |_| {
            let most = most.clone();
            async move {
                let now = most.0.fetch_add(1, Ordering::SeqCst) + 1;
                most.1.fetch_max(now, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(100)).await;
                most.0.fetch_sub(1, Ordering::SeqCst);
                Outcome::Completed(json!({}))
            }
        }
    });
    let worker = worker.with_options(WorkerOptions { concurrency: Some(1), ..WorkerOptions::default() });
    let pool =
        WorkerPool::new(client.clone(), vec![worker], WorkerOptions { concurrency: Some(8), ..quick() });
    pool.start();
    for id in [start(&client, json!({"name": "t"})).await, start(&client, json!({"name": "t"})).await] {
        until(&client, &id, is_over).await;
    }
    assert_eq!(most.1.load(Ordering::SeqCst), 1, "the worker's own concurrency wins");
    assert!(
        pool.update_worker_options("t", &WorkerOptions { concurrency: Some(4), ..WorkerOptions::default() })
    );
    assert!(!pool.update_worker_options("other", &WorkerOptions::default()));
    let deadline = Instant::now() + Duration::from_secs(30);
    while most.1.load(Ordering::SeqCst) < 2 {
        assert!(Instant::now() < deadline, "the change took no effect");
        let ids = [start(&client, json!({"name": "t"})).await, start(&client, json!({"name": "t"})).await];
        for id in ids {
            until(&client, &id, is_over).await;
        }
    }
    pool.stop().await;
}

#[tokio::test]
async fn heartbeats_keep_a_lease_alive() {
    let client = server().await;
    let worker = Worker::new("t", |_| async {
        tokio::time::sleep(Duration::from_millis(2500)).await;
        Outcome::Completed(json!({}))
    });
    let pool = pool(&client, worker);
    pool.start();
    let id = start(&client, json!({"name": "t", "retryCount": 0, "responseTimeoutSeconds": 1})).await;
    let done = until(&client, &id, is_over).await;
    assert_eq!((&done["status"], done["tasks"].as_array().map(Vec::len)), (&json!("COMPLETED"), Some(1)));
    pool.stop().await;
}

#[tokio::test]
async fn tasks_are_read_and_updated_by_id_and_by_reference() {
    let client = server().await;
    let first = start(&client, json!({"name": "t"})).await;
    let id = client.workflow(&first).await.expect("exists")["tasks"][0]["taskId"]
        .as_str()
        .expect("an id")
        .to_owned();
    let task = client.task(&id).await.expect("exists");
    assert_eq!((task.task_type.as_str(), task.status.as_str()), ("t", "SCHEDULED"));
    client.update_task(&first, &id, Status::Completed, json!({"by": "id"})).await.expect("taken");
    assert_eq!(client.workflow(&first).await.expect("exists")["output"], json!({"by": "id"}));
    let second = start(&client, json!({"name": "t"})).await;
    client
        .update_task_by_reference(&second, "t", Status::Completed, &json!({"by": "ref"}))
        .await
        .expect("taken");
    assert_eq!(client.workflow(&second).await.expect("exists")["output"], json!({"by": "ref"}));
    let missing = client.task("00000000-0000-7000-8000-000000000001").await.expect_err("unknown");
    assert_eq!(missing.status(), Some(404));
    assert!(!missing.is_transient());
}
