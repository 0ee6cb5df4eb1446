//! The engine as a library: a store, handlers as async functions, one execution, its result.

use std::time::Duration;

use segue_core::decide::Start;
use segue_core::definition::WorkflowDef;
use segue_core::json::Json;
use segue_engine::{Engine, Failure, Options, StartBy};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = std::env::args().nth(1).unwrap_or_else(|| "memory:".to_owned());
    let engine = Engine::open(segue_store::open(&store).await?, Options::default()).await?;

    engine.handle("price", |task| async move {
        let count =
            task.input().value()["count"].as_u64().ok_or_else(|| Failure::terminal("count is missing"))?;
        Ok(Json::of(&json!({"total": count * 7})))
    });
    engine.handle("thank", |task| async move {
        let total = task.input().value()["total"].clone();
        Ok(Json::of(&json!({"text": format!("Thank you, that is {total}")})))
    });

    let definition: WorkflowDef = serde_json::from_value(json!({
        "name": "checkout",
        "tasks": [
            {"name": "price", "taskReferenceName": "price", "inputParameters": {"count": "${workflow.input.count}"}},
            {"name": "thank", "taskReferenceName": "thank", "inputParameters": {"total": "${price.output.total}"}},
        ],
    }))?;
    let start = Start { input: Json::of(&json!({"count": 6})), ..Start::default() };
    let started = engine.start(StartBy::Definition(Box::new(definition)), start).await?;
    let end = engine.wait(started.execution, Duration::from_secs(30)).await?;
    println!("{}: {}", end.status, end.output.text());
    engine.shutdown().await?;
    Ok(())
}
