//! Two kinds of hands for `examples/order`: the warehouse and the till. `SEGUE_SERVER` names the server.

use std::time::Duration;

use segue_client::{Client, Outcome, Task, Worker, WorkerOptions, WorkerPool};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::var("SEGUE_SERVER").unwrap_or_else(|_| "http://127.0.0.1:8080".to_owned());
    let workers = vec![
        Worker::new("reserve_stock", |task| done(task, "reservation")),
        Worker::new("charge_card", charge_card),
        Worker::new("pack_parcel", |task| done(task, "parcel")),
        Worker::new("print_label", |task| done(task, "label")),
        Worker::new("send_receipt", |task| done(task, "receipt")),
    ];
    let options = WorkerOptions {
        worker_id: Some(format!("order-worker-{}", std::process::id())),
        concurrency: Some(2),
        ..WorkerOptions::default()
    };
    let pool = WorkerPool::new(Client::new(&server)?, workers, options);
    pool.start();
    eprintln!("working for {server}");
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
    pool.stop().await;
    for (task_type, metrics) in pool.metrics() {
        eprintln!("{task_type}: {} executed, {} failed", metrics.executed, metrics.failed);
    }
    Ok(())
}

/// Takes a moment, and yields an id.
async fn done(task: Task, what: &str) -> Outcome {
    tokio::time::sleep(Duration::from_millis(150)).await;
    Outcome::Completed(json!({what: format!("{what}-{}", task.correlation_id.unwrap_or_default())}))
}

/// The card's bank is busy at first; a retry gets through.
async fn charge_card(task: Task) -> Outcome {
    if task.retry_count == 0 {
        return Outcome::Failed("the bank is busy".to_owned());
    }
    done(task, "payment").await
}
