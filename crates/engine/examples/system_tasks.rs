//! What letrun's `log` costs beside a handler in the same process that does nothing, in one run:
//! `cargo run --release -p segue-engine --example system_tasks -- [COUNT]`.

use std::error::Error;
use std::time::{Duration, Instant};

use segue_core::decide::Start;
use segue_core::definition::WorkflowDef;
use segue_core::json::Json;
use segue_core::status::ExecutionStatus;
use segue_engine::{Builtins, Engine, Options, StartBy};
use segue_handlers::{EvaluatorOptions, HttpOptions};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().nth(1).map_or(Ok(3_000), |text| text.parse())?;
    let engine = Engine::open(segue_store::open("memory:").await?, Options::default()).await?;
    Builtins::new(EvaluatorOptions::default()).serve(&engine, HttpOptions::default());
    engine.handle("nothing", async |_| Ok(Json::empty_object()));
    for (shape, definition) in [("in sequence", sequence as fn(&str, usize) -> Value), ("at once", fork)] {
        let mut handler = Vec::new();
        let mut log = Vec::new();
        for _ in 0..5 {
            handler.push(run(&engine, definition("nothing", count)).await?);
            log.push(run(&engine, definition("letrun.log", count)).await?);
        }
        handler.sort_unstable();
        log.sort_unstable();
        let ratio = log[2].as_secs_f64() / handler[2].as_secs_f64();
        println!("{count} {shape}: handler {:?}, log {:?}, {ratio:.2} times", handler[2], log[2]);
    }
    engine.shutdown().await?;
    Ok(())
}

fn task(queue: &str, number: usize) -> Value {
    let name = format!("t{number}");
    json!({"name": queue, "taskReferenceName": name, "inputParameters": {
        "handler": "log", "task": name, "parameters": {"message": "a line"},
    }})
}

fn sequence(queue: &str, count: usize) -> Value {
    json!((0..count).map(|number| task(queue, number)).collect::<Vec<_>>())
}

fn fork(queue: &str, count: usize) -> Value {
    let branches: Vec<Value> = (0..count).map(|number| json!([task(queue, number)])).collect();
    let names: Vec<String> = (0..count).map(|number| format!("t{number}")).collect();
    json!([
        {"name": "fork", "taskReferenceName": "fork", "type": "FORK_JOIN", "forkTasks": branches},
        {"name": "join", "taskReferenceName": "join", "type": "JOIN", "joinOn": names},
    ])
}

async fn run(engine: &Engine, tasks: Value) -> Result<Duration, Box<dyn Error>> {
    let definition: WorkflowDef = serde_json::from_value(json!({"name": "w", "tasks": tasks}))?;
    let began = Instant::now();
    let started = engine.start(StartBy::Definition(Box::new(definition)), Start::default()).await?;
    let end = engine.wait(started.execution, Duration::from_secs(120)).await?;
    match end.status {
        ExecutionStatus::Completed => Ok(began.elapsed()),
        other => Err(format!("ended {other:?}: {:?}", end.reason).into()),
    }
}
