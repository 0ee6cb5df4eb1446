//! From a start to a result.

use std::sync::Arc;
use std::time::Duration;

use segue_core::decide::Start;
use segue_core::definition::WorkflowDef;
use segue_core::event::QueueName;
use segue_core::json::Json;
use segue_core::status::{ExecutionStatus, TaskStatus};
use segue_engine::{Engine, Options, Poll, Report, StartBy};
use segue_store::memory::MemoryStore;
use serde_json::json;

async fn engine() -> Engine {
    Engine::open(Arc::new(MemoryStore::new()), Options::default()).await.expect("opens")
}

fn definition(value: serde_json::Value) -> Box<WorkflowDef> {
    Box::new(serde_json::from_value(value).expect("a definition"))
}

fn poll(queue: &str, patience_ms: u64) -> Poll {
    Poll {
        queue: QueueName::new(queue, None),
        worker: Some("w".into()),
        count: 10,
        patience: Duration::from_millis(patience_ms),
        lease_ms: None,
    }
}

#[tokio::test]
async fn a_sequence_runs_from_start_to_end() {
    let engine = engine().await;
    let definition = definition(json!({"name": "two", "version": 1, "tasks": [
        {"name": "a", "taskReferenceName": "a", "inputParameters": {"n": "${workflow.input.n}"}},
        {"name": "b", "taskReferenceName": "b", "inputParameters": {"m": "${a.output.m}"}},
    ]}));
    let start = Start { input: Json::of(&json!({"n": 1})), ..Start::default() };
    let id = engine.start(StartBy::Definition(definition), start).await.expect("starts").execution;
    let a = engine.poll(poll("a", 1000)).await;
    assert_eq!(a[0].input().value(), json!({"n": 1}));
    engine.report(a[0].id(), &Report::completed(Json::of(&json!({"m": 2})))).await.expect("taken");
    let b = engine.poll(poll("b", 1000)).await;
    assert_eq!(b[0].input().value(), json!({"m": 2}));
    engine.report(b[0].id(), &Report::completed(Json::of(&json!({"ok": true})))).await.expect("taken");
    let end = engine.wait(id, Duration::from_secs(5)).await.expect("ends");
    assert_eq!((end.status, end.output.value()), (ExecutionStatus::Completed, json!({"ok": true})));
    assert!(engine.poll(poll("a", 1)).await.is_empty());
    engine.shutdown().await.expect("closes");
}

#[tokio::test]
async fn a_parked_poll_wakes_when_work_arrives() {
    let engine = engine().await;
    let waiting = tokio::spawn({
        let engine = engine.clone();
        async move { engine.poll(poll("a", 10_000)).await }
    });
    tokio::task::yield_now().await;
    let one = definition(json!({"name": "one", "tasks": [{"name": "a", "taskReferenceName": "a"}]}));
    engine.start(StartBy::Definition(one), Start::default()).await.expect("starts");
    assert_eq!(waiting.await.expect("polls").len(), 1);
}

#[tokio::test]
async fn a_failure_is_retried_and_children_answer_their_parent() {
    let engine = engine().await;
    let child = json!({"name": "child", "tasks": [{"name": "c", "taskReferenceName": "c",
        "taskDefinition": {"name": "c", "retryCount": 1, "retryDelaySeconds": 0}}]});
    let parent = definition(json!({"name": "parent", "tasks": [
        {"name": "sub", "taskReferenceName": "sub", "type": "SUB_WORKFLOW", "subWorkflowParam": {"workflowDefinition": child}},
        {"name": "w", "taskReferenceName": "w", "type": "WAIT", "inputParameters": {"duration": "1s"}},
    ], "outputParameters": {"x": "${sub.output.x}"}}));
    engine.handle("c", {
        let tries = std::sync::atomic::AtomicU32::new(0);
        move |_| {
            let first = tries.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
            async move {
                if first {
                    Err(segue_engine::Failure::new("not yet"))
                } else {
                    Ok(Json::of(&json!({"x": 7})))
                }
            }
        }
    });
    let id = engine.start(StartBy::Definition(parent), Start::default()).await.expect("starts").execution;
    let end = engine.wait(id, Duration::from_secs(10)).await.expect("ends");
    assert_eq!((end.status, end.output.value()), (ExecutionStatus::Completed, json!({"x": 7})));
    assert_eq!(engine.audit().await.expect("audits"), 0);
}

#[tokio::test]
async fn a_signal_ends_a_human_task() {
    let engine = engine().await;
    let definition =
        definition(json!({"name": "h", "tasks": [{"name": "h", "taskReferenceName": "h", "type": "HUMAN"}]}));
    let id = engine.start(StartBy::Definition(definition), Start::default()).await.expect("starts").execution;
    let why = engine.why(id).await.expect("explains");
    assert!(why[0].text.contains("signal"), "{why:?}");
    let report = Report::of(TaskStatus::Completed);
    engine.report_by_reference(id, "h", &report).await.expect("taken");
    assert_eq!(engine.status(id).await.expect("read").status, ExecutionStatus::Completed);
}

/// Says that it is dropped.
struct Dropped(Option<tokio::sync::oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.take().map(|told| told.send(()));
    }
}

#[tokio::test]
async fn a_handler_is_dropped_when_its_attempt_ends_without_it() {
    let fork = json!({"name": "fork", "version": 1, "tasks": [
        {"name": "f", "taskReferenceName": "f", "type": "FORK_JOIN", "forkTasks": [
            [{"name": "long", "taskReferenceName": "long"}], [{"name": "other", "taskReferenceName": "other"}]]},
        {"name": "j", "taskReferenceName": "j", "type": "JOIN", "joinOn": ["long", "other"]}]});
    for ends_by_shutdown in [false, true] {
        let engine = engine().await;
        let (told, dropped) = tokio::sync::oneshot::channel();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let given = parking_lot::Mutex::new(Some((Dropped(Some(told)), begun)));
        engine.serve("long", move |_| {
            let given = given.lock().take();
            async move {
                let (_dropped, begun) = given.expect("it is begun once");
                let _ = begun.send(());
                std::future::pending().await
            }
        });
        let start = Start::default();
        engine.start(StartBy::Definition(definition(fork.clone())), start).await.expect("starts");
        begins.await.expect("it begins");
        if ends_by_shutdown {
            engine.shutdown().await.expect("closes");
        } else {
            let other = engine.poll(poll("other", 1000)).await;
            let report = Report::of(TaskStatus::FailedWithTerminalError);
            engine.report(other[0].id(), &report).await.expect("taken");
        }
        tokio::time::timeout(Duration::from_secs(5), dropped).await.expect("in time").expect("it is dropped");
    }
}
