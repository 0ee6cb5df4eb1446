//! Large numbers, measured on the engine itself: `cargo run --release -p segue-engine --example scale -- waiting|queued|timers|tasks DB [COUNT]`.
//!
//! - `waiting`: executions that wait for a signal; memory with all of them there, and how long a restart takes.
//! - `queued`: one queue with that many attempts; how long polls take, 16 pollers at 200 polls a second together.
//! - `timers`: waits that end spread over ten seconds; how late they end.
//! - `tasks`: one execution of that many tasks, in sequence and at once, done in process; again with twice as many.

use std::sync::Arc;
use std::time::{Duration, Instant};

use segue_core::decide::Start;
use segue_core::definition::WorkflowDef;
use segue_core::event::QueueName;
use segue_core::execution::Execution;
use segue_core::json::Json;
use segue_core::status::ExecutionStatus;
use segue_engine::{Engine, Options, Poll, StartBy};
use segue_store::contract::{Comparison, Field, Filter, Operand, Overwrite, SearchRequest};
use serde_json::json;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let mut args = std::env::args().skip(1);
    let what = args.next().unwrap_or_default();
    let url = args.next().unwrap_or_default();
    let count = args.next().and_then(|text| text.parse().ok());
    match what.as_str() {
        "waiting" => waiting(&url, count.unwrap_or(1_000_000)).await,
        "queued" => queued(&url, count.unwrap_or(1_000_000)).await,
        "timers" => timers(&url, count.unwrap_or(10_000)).await,
        "tasks" => tasks(&url, count.unwrap_or(3_000)).await,
        _ => Err("expected waiting, queued, timers or tasks, then a database".into()),
    }
}

async fn open(url: &str) -> Result<Engine, Box<dyn std::error::Error>> {
    Ok(Engine::open(segue_store::open(url).await?, Options::default()).await?)
}

/// Starts so many executions of one task, many at a time.
async fn fill(engine: &Engine, task: serde_json::Value, count: usize) -> Outcome {
    let definition: WorkflowDef = serde_json::from_value(json!({"name": "scale", "tasks": [task]}))?;
    engine.put_workflows(&[definition], Overwrite::Allowed).await?;
    let begun = Instant::now();
    let places = Arc::new(tokio::sync::Semaphore::new(2000));
    for _ in 0..count {
        let place = places.clone().acquire_owned().await?;
        let engine = engine.clone();
        tokio::spawn(async move {
            engine.start(StartBy::Name("scale".to_owned(), None), Start::default()).await.expect("starts");
            drop(place);
        });
    }
    let _ = places.acquire_many(2000).await?;
    println!("started {count} in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}

async fn waiting(url: &str, count: usize) -> Outcome {
    let engine = open(url).await?;
    fill(&engine, json!({"name": "h", "taskReferenceName": "h", "type": "HUMAN"}), count).await?;
    println!("memory with all of them: {} MB (peak {} MB)", memory_mb("VmRSS:"), memory_mb("VmHWM:"));
    let begun = Instant::now();
    engine.shutdown().await?;
    println!("closed in {:.2} s", begun.elapsed().as_secs_f64());
    drop(engine);
    let begun = Instant::now();
    let engine = open(url).await?;
    println!("ready after a restart in {:.3} s", begun.elapsed().as_secs_f64());
    engine.shutdown().await?;
    Ok(())
}

async fn queued(url: &str, count: usize) -> Outcome {
    let engine = open(url).await?;
    fill(&engine, json!({"name": "q", "taskReferenceName": "q"}), count).await?;
    let mut pollers = Vec::new();
    for n in 0..16u32 {
        let engine = engine.clone();
        pollers.push(tokio::spawn(async move {
            let mut took = Vec::new();
            let mut pace = tokio::time::interval(Duration::from_millis(80));
            for _ in 0..125 {
                pace.tick().await;
                let poll = Poll {
                    queue: QueueName::new("q", None),
                    worker: Some(format!("w{n}").into()),
                    count: 1,
                    patience: Duration::from_secs(5),
                    lease_ms: None,
                };
                let begun = Instant::now();
                assert_eq!(engine.poll(poll).await.len(), 1);
                took.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
            took
        }));
    }
    let mut took = Vec::new();
    for poller in pollers {
        took.extend(poller.await?);
    }
    print_percentiles("poll", took);
    engine.shutdown().await?;
    Ok(())
}

async fn timers(url: &str, count: usize) -> Outcome {
    let engine = open(url).await?;
    let wait = json!({"name": "w", "taskReferenceName": "w", "type": "WAIT", "inputParameters": {"duration": "15s"}});
    let definition: WorkflowDef = serde_json::from_value(json!({"name": "scale", "tasks": [wait]}))?;
    engine.put_workflows(&[definition], Overwrite::Allowed).await?;
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    for _ in 0..1000 {
        pace.tick().await;
        for _ in 0..count / 1000 {
            let engine = engine.clone();
            tokio::spawn(async move {
                engine
                    .start(StartBy::Name("scale".to_owned(), None), Start::default())
                    .await
                    .expect("starts");
            });
        }
    }
    let running = |status: ExecutionStatus| SearchRequest {
        filter: Filter::Compare(Field::Status, Comparison::Equal, Operand::Text(status.as_str().into())),
        order: Vec::new(),
        offset: 0,
        count_max: count,
    };
    while engine.search(running(ExecutionStatus::Running)).await?.page.total > 0 {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let mut late = Vec::new();
    for row in engine.search(running(ExecutionStatus::Completed)).await?.page.rows {
        late.push(engine.read(row.id, lateness_ms).await?);
    }
    print_percentiles("timer late", late);
    engine.shutdown().await?;
    Ok(())
}

async fn tasks(url: &str, count: usize) -> Outcome {
    let engine = open(url).await?;
    engine.handle("t", |_| async { Ok(Json::of(&json!({"ok": true}))) });
    for count in [count, count * 2] {
        let task = |n: usize| json!({"name": "t", "taskReferenceName": format!("t{n}")});
        let sequence: Vec<_> = (0..count).map(task).collect();
        let branches: Vec<_> = (0..count).map(|n| [task(n)]).collect();
        let on: Vec<_> = (0..count).map(|n| format!("t{n}")).collect();
        let fork = json!([
            {"name": "f", "taskReferenceName": "f", "type": "FORK_JOIN", "forkTasks": branches},
            {"name": "j", "taskReferenceName": "j", "type": "JOIN", "joinOn": on},
        ]);
        for (shape, tasks) in [("in sequence", json!(sequence)), ("at once", fork)] {
            let definition: WorkflowDef = serde_json::from_value(json!({"name": "tasks", "tasks": tasks}))?;
            let begun = Instant::now();
            let by = StartBy::Definition(Box::new(definition));
            let started = engine.start(by, Start::default()).await?;
            let start_ms = begun.elapsed().as_secs_f64() * 1000.0;
            let end = engine.wait(started.execution, Duration::from_secs(600)).await?;
            assert_eq!(end.status, ExecutionStatus::Completed);
            let seconds = begun.elapsed().as_secs_f64();
            println!("{count} {shape}: {seconds:.3} s, of which {start_ms:.0} ms to compile and start");
        }
    }
    engine.shutdown().await?;
    Ok(())
}

fn lateness_ms(execution: &Execution) -> f64 {
    execution.tasks().first().and_then(|task| Some((task.ended_at? - task.due_at?) as f64)).unwrap_or(0.0)
}

fn print_percentiles(what: &str, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values.get(((values.len() as f64 - 1.0) * share) as usize).copied().unwrap_or(0.0);
    println!(
        "{what}: p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms of {}",
        at(0.5),
        at(0.99),
        at(1.0),
        values.len()
    );
}

fn memory_mb(field: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}
