//! Durable steps a second of handlers in the same process: `cargo run --release -p segue-engine --example rate -- DB [TASKS] [EXECUTIONS] [IN_FLIGHT]`.

use std::time::{Duration, Instant};

use segue_core::decide::Start;
use segue_core::definition::WorkflowDef;
use segue_core::json::Json;
use segue_engine::{Engine, Options, StartBy};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let url = args.next().unwrap_or_else(|| "memory:".to_owned());
    let mut number = |default: usize| args.next().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (tasks, executions, in_flight) = (number(10), number(5000), number(200));
    let engine = Engine::open(segue_store::open(&url).await?, Options::default()).await?;
    let list: Vec<_> = (0..tasks)
        .map(|i| json!({"name": format!("t{}", i % 10), "taskReferenceName": format!("r{i}")}))
        .collect();
    let definition: WorkflowDef = serde_json::from_value(json!({"name": "bench", "tasks": list}))?;
    for i in 0..10 {
        engine.handle(&format!("t{i}"), |_| async { Ok(Json::of(&json!({"ok": true}))) });
    }
    engine.put_workflows(&[definition], segue_store::contract::Overwrite::Allowed).await?;
    let begun = Instant::now();
    let places = std::sync::Arc::new(tokio::sync::Semaphore::new(in_flight));
    let mut running = Vec::new();
    for _ in 0..executions {
        let place = places.clone().acquire_owned().await?;
        let engine = engine.clone();
        running.push(tokio::spawn(async move {
            let started = engine
                .start(StartBy::Name("bench".to_owned(), None), Start::default())
                .await
                .expect("starts");
            let end = engine.wait(started.execution, Duration::from_secs(60)).await.expect("ends");
            assert!(end.status.is_terminal());
            drop(place);
        }));
    }
    for one in running {
        one.await?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let steps = (tasks * executions) as f64;
    println!(
        "{:.0} steps/s, {:.0} executions/s, {:?}",
        steps / seconds,
        executions as f64 / seconds,
        engine.activity()
    );
    engine.shutdown().await?;
    Ok(())
}
