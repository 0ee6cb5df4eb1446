//! How many records a second a store takes, in batches, with as many calls under way as it wants.
//!
//! ```text
//! cargo run --release -p segue-store --example append_load -- --store memory: --batch 100 --seconds 5
//! ```
//!
//! The records are those of executions of five steps: a start that queues an attempt, then for each step the
//! claim, and the end that queues the next. stdout is one line of JSON.

use std::sync::Arc;
use std::time::{Duration, Instant};

use segue_core::event::{
    AttemptStarted, Event, ExecutionEnded, ExecutionStarted, QueueName, TaskEnded, TaskScheduled,
};
use segue_core::id::{BlueprintHash, ExecutionId};
use segue_core::json::Json;
use segue_core::record::Record;
use segue_core::status::{ExecutionStatus, TaskStatus};
use segue_core::time::Timestamp;
use segue_store::Store;
use segue_store::contract::{Append, Appended};

const STEPS: u32 = 5;

struct Arguments {
    store: String,
    batch: usize,
    seconds: u64,
    calls: Option<usize>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = arguments()?;
    let store = segue_store::open(&arguments.store).await?;
    let calls = arguments.calls.unwrap_or(store.traits().concurrent_appends);
    let (began, before) = (Instant::now(), store.activity());
    let until = began + Duration::from_secs(arguments.seconds);
    let writers: Vec<_> =
        (0..calls).map(|number| tokio::spawn(write(store.clone(), number, arguments.batch, until))).collect();
    let mut latencies = Vec::new();
    for writer in writers {
        latencies.extend(writer.await??);
    }
    let (elapsed, after) = (began.elapsed(), store.activity());
    latencies.sort_unstable();
    let records = after.records - before.records;
    let at =
        |share: usize| latencies.get((latencies.len() * share / 100).min(latencies.len().saturating_sub(1)));
    println!(
        "{{\"batch\":{},\"calls\":{calls},\"records\":{records},\"records_per_second\":{:.0},\
         \"steps_per_second\":{:.0},\"bytes_per_record\":{},\"append_p50_us\":{},\"append_p99_us\":{}}}",
        arguments.batch,
        records as f64 / elapsed.as_secs_f64(),
        records as f64 / elapsed.as_secs_f64() * f64::from(STEPS) / f64::from(1 + 2 * STEPS),
        (after.bytes - before.bytes).checked_div(records).unwrap_or_default(),
        at(50).map_or(0, |latency| latency.as_micros()),
        at(99).map_or(0, |latency| latency.as_micros()),
    );
    store.close().await?;
    Ok(())
}

fn arguments() -> Result<Arguments, Box<dyn std::error::Error>> {
    let mut parsed = Arguments { store: "memory:".to_owned(), batch: 100, seconds: 5, calls: None };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        let value = given.next().ok_or_else(|| format!("{name} wants a value"))?;
        match name.as_str() {
            "--store" => parsed.store = value,
            "--batch" => parsed.batch = value.parse()?,
            "--seconds" => parsed.seconds = value.parse()?,
            "--calls" => parsed.calls = Some(value.parse()?),
            _ => return Err(format!("{name} is not known").into()),
        }
    }
    Ok(parsed)
}

/// Appends batches in which each record is another execution's; how long each call took.
async fn write(
    store: Arc<dyn Store>,
    number: usize,
    batch: usize,
    until: Instant,
) -> Result<Vec<Duration>, segue_store::Error> {
    let mut latencies = Vec::new();
    let mut next = 0u64;
    let mut fresh = || {
        next += 1;
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        ExecutionId::new(now.as_millis() as i64, (number as u64) << 36 | next)
    };
    let mut running: Vec<(ExecutionId, u64)> = (0..batch).map(|_| (fresh(), 0)).collect();
    while Instant::now() < until {
        let appends = running.iter().map(|(execution, seq)| append(*execution, *seq)).collect();
        let called = Instant::now();
        let outcomes = store.append(appends).await?;
        latencies.push(called.elapsed());
        for ((execution, seq), outcome) in running.iter_mut().zip(outcomes) {
            assert!(matches!(outcome, Appended::Committed { .. }), "{outcome:?}");
            *seq += 1;
            if *seq > u64::from(2 * STEPS) {
                (*execution, *seq) = (fresh(), 0);
            }
        }
    }
    Ok(latencies)
}

fn append(execution: ExecutionId, expected_seq: u64) -> Append {
    let at = Timestamp(1_700_000_000_000);
    let step = expected_seq.div_ceil(2) as u32;
    let events = match expected_seq {
        0 => vec![Event::ExecutionStarted(Box::new(start())), scheduled(1)],
        odd if odd % 2 == 1 => vec![Event::AttemptStarted(AttemptStarted {
            task: step,
            at,
            worker: Some("worker-1".into()),
            lease_until: Some(at + 30_000),
            slot: None,
        })],
        _ if step == STEPS => vec![ended(step), execution_ended()],
        _ => vec![ended(step), scheduled(step + 1)],
    };
    let record =
        Record { at, events, messages: Vec::new(), applied: Vec::new(), wake_at: Some(at + 3_600_000) };
    Append {
        execution,
        root: execution,
        expected_seq,
        record: Arc::new(record),
        logs: Vec::new(),
        blueprints: Vec::new(),
        admission: None,
    }
}

fn start() -> ExecutionStarted {
    ExecutionStarted {
        name: "append_load".into(),
        version: 1,
        blueprint: BlueprintHash::of(b"{}"),
        input: Json::empty_object(),
        correlation_id: None,
        priority: 0,
        domains: serde_json::Map::new(),
        parent: None,
        root: None,
        depth: 0,
        start_key: None,
        created_by: None,
        event: None,
    }
}

fn scheduled(task: u32) -> Event {
    Event::TaskScheduled(Box::new(TaskScheduled {
        task,
        reference: format!("step_{task}").into(),
        frame: Default::default(),
        attempt: 0,
        retry_of: None,
        input: Json::of(&serde_json::json!({"order": "7f3a", "amount": 100})),
        queue: Some(QueueName::new("charge", None)),
        priority: 0,
        ready_at: None,
        due_at: None,
        child: None,
        secrets: Vec::new(),
    }))
}

fn ended(task: u32) -> Event {
    Event::TaskEnded(Box::new(TaskEnded {
        task,
        status: TaskStatus::Completed,
        output: Some(Json::of(&serde_json::json!({"receipt": "r-100", "ok": true}))),
        reason: None,
        worker: Some("worker-1".into()),
        retried: false,
    }))
}

fn execution_ended() -> Event {
    Event::ExecutionEnded(Box::new(ExecutionEnded {
        status: ExecutionStatus::Completed,
        output: Json::empty_object(),
        reason: None,
        failed: Vec::new(),
    }))
}
