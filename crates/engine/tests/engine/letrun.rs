//! letrun's system tasks, served by the engine.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use segue_core::decide::Start;
use segue_core::id::ExecutionId;
use segue_core::view::{self, Tasks};
use segue_engine::{BuiltinOptions, Builtins, Engine, Options, StartBy, TaskLine};
use segue_handlers::EvaluatorOptions;
use segue_store::contract::Store;
use segue_store::memory::MemoryStore;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

async fn engine(store: Arc<dyn Store>, options: BuiltinOptions) -> Engine {
    let builtins = Builtins::new(EvaluatorOptions::default());
    let engine = Engine::open(store, Options::default()).await.expect("opens");
    builtins.serve(&engine, options);
    engine
}

fn task(name: &str, system: &str, parameters: &Value) -> Value {
    json!({
        "name": format!("letrun.{system}"),
        "taskReferenceName": name,
        "inputParameters": {"handler": system, "task": name, "parameters": parameters},
        "taskDefinition": {"name": system, "retryCount": 1, "retryDelaySeconds": 0},
    })
}

async fn start(engine: &Engine, tasks: &[Value]) -> ExecutionId {
    let definition = serde_json::from_value(json!({"name": "w", "tasks": tasks})).expect("a definition");
    let started = engine.start(StartBy::Definition(definition), Start::default()).await;
    started.expect("starts").execution
}

async fn seen(engine: &Engine, id: ExecutionId) -> Value {
    engine.read(id, |execution| view::workflow(execution, Tasks::Included)).await.expect("an execution")
}

#[tokio::test]
async fn tasks_run_log_and_yield() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = lines.clone();
    let sink = move |line: &TaskLine<'_>| {
        let line = format!("{} {} {}", line.task, line.level.as_str(), line.text);
        heard.lock().expect("no panic").push(line);
    };
    let options = BuiltinOptions { log: Some(Arc::new(sink)), ..BuiltinOptions::default() };
    let engine = engine(Arc::new(MemoryStore::new()), options).await;
    let tasks = [
        task("say hello", "log", &json!({"message": "hello", "level": "warn"})),
        task("pause", "delay", &json!({"time": "30ms", "data": [1]})),
        task("check", "if", &json!({"left": "${pause.output.result}", "operator": "contains", "right": 1})),
    ];
    let id = start(&engine, &tasks).await;
    engine.wait(id, PATIENCE).await.expect("ends");
    let view = seen(&engine, id).await;
    assert_eq!((&view["status"], &view["output"]), (&json!("COMPLETED"), &json!({"result": true})));
    assert_eq!(view["tasks"][0]["outputData"], json!({}));
    assert_eq!(view["tasks"][1]["outputData"], json!({"result": [1]}), "nothing of the pause is left");
    assert_eq!(view["tasks"][1]["pollCount"], 2);
    let hello = view["tasks"][0]["taskId"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let logs = engine.logs(hello).await.expect("logs");
    assert_eq!(logs.iter().map(|line| &*line.text).collect::<Vec<_>>(), ["warn: hello"]);
    assert_eq!(*lines.lock().expect("no panic"), ["say hello warn hello"]);
    engine.shutdown().await.expect("closes");
}

#[tokio::test]
async fn errors_keep_their_names_and_decide_on_retries() {
    let engine = engine(Arc::new(MemoryStore::new()), BuiltinOptions::default()).await;
    for (system, parameters, status, attempts, name) in [
        ("log", json!({"msg": "x"}), "FAILED_WITH_TERMINAL_ERROR", 1, "InvalidParameterError"),
        ("expect", json!({"match": "toBe", "object": 1, "value": 2}), "FAILED", 2, "Error"),
    ] {
        let id = start(&engine, &[task("it", system, &parameters)]).await;
        engine.wait(id, PATIENCE).await.expect("ends");
        let view = seen(&engine, id).await;
        let tasks = view["tasks"].as_array().expect("tasks");
        let last = tasks.last().expect("an attempt");
        assert_eq!((&view["status"], tasks.len()), (&json!("FAILED"), attempts), "{view}");
        assert_eq!((&last["status"], &last["outputData"]["error"]["name"]), (&json!(status), &json!(name)));
        assert_eq!(last["outputData"]["error"]["message"], last["reasonForIncompletion"]);
    }
    engine.shutdown().await.expect("closes");
}

#[tokio::test]
async fn a_restart_does_not_begin_a_delay_anew() {
    let directory = tempfile::tempdir().expect("a directory");
    let url = directory.path().join("a.db").display().to_string();
    let first = engine(segue_store::open(&url).await.expect("opens"), BuiltinOptions::default()).await;
    let id = start(&first, &[task("pause", "delay", &json!({"time": "1h"}))]).await;
    let paused = tokio::time::timeout(PATIENCE, async {
        loop {
            let task = seen(&first, id).await["tasks"][0].take();
            if task["outputData"]["dueAtMs"].is_number() {
                return task;
            }
            tokio::task::yield_now().await;
        }
    });
    let paused = paused.await.expect("pauses");
    let due = paused["outputData"]["dueAtMs"].as_i64().expect("an instant");
    assert_eq!(paused["callbackAfterSeconds"], 3600);
    first.shutdown().await.expect("closes");
    let second = engine(segue_store::open(&url).await.expect("opens"), BuiltinOptions::default()).await;
    let again = seen(&second, id).await["tasks"][0].take();
    assert_eq!((&again["status"], &again["outputData"]["dueAtMs"]), (&json!("SCHEDULED"), &json!(due)));
    second.shutdown().await.expect("closes");
}
