//! The loop of one worker: poll, execute, keep the lease alive, deliver the result.

use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::http::Client;
use crate::options::Settled;
use crate::pool::Worker;
use crate::task::{Outcome, Task};

/// A lease is kept alive at least this often.
const HEARTBEAT_MAX: Duration = Duration::from_secs(24);
/// Delays between tries to deliver a result.
const DELIVERY: [Duration; 5] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
];
/// Polls that fail wait at most so long.
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// Works until `stop` says so; then waits for the tasks under way.
pub(crate) async fn run(
    client: Client,
    worker: Worker,
    mut options: watch::Receiver<Settled>,
    mut stop: watch::Receiver<bool>,
) {
    let mut running = JoinSet::new();
    let mut failures = 0u32;
    while !*stop.borrow() {
        let now = options.borrow_and_update().clone();
        while running.try_join_next().is_some() {}
        let free = now.concurrency.saturating_sub(running.len());
        if free == 0 {
            tokio::select! {
                _ = running.join_next() => {}
                _ = options.changed() => {}
                _ = stop.changed() => {}
            }
            continue;
        }
        let poll =
            client.poll(&worker.task_type, &now.worker_id, now.domain.as_deref(), free, now.poll_timeout);
        // A poll that is dropped gives back what it was handed.
        let polled = tokio::select! {
            polled = poll => polled,
            _ = stop.changed() => break,
        };
        worker.counters.polled(polled.is_ok());
        let pause = match polled {
            Ok(tasks) => {
                failures = 0;
                let found = !tasks.is_empty();
                for task in tasks {
                    let (client, worker, id, stop) =
                        (client.clone(), worker.clone(), now.worker_id.clone(), stop.clone());
                    running.spawn(async move { chain(&client, &worker, task, &id, &stop).await });
                }
                if found { Duration::ZERO } else { now.poll_interval }
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                tracing::warn!(task_type = %worker.task_type, %error, "a poll failed");
                now.poll_interval.saturating_mul(2u32.saturating_pow(failures.min(10))).min(BACKOFF_MAX)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = options.changed() => {}
            _ = stop.changed() => {}
        }
    }
    while running.join_next().await.is_some() {}
}

/// Executes a task, and the tasks that come with the answers to its results.
async fn chain(client: &Client, worker: &Worker, task: Task, id: &str, stop: &watch::Receiver<bool>) {
    let mut next = Some(task);
    while let Some(task) = next.take() {
        let outcome = execute(client, worker, &task).await;
        // Whoever stops takes no further task along.
        let accepts_next = !*stop.borrow();
        next = deliver(client, worker, &task, &outcome, id, accepts_next).await;
    }
}

async fn execute(client: &Client, worker: &Worker, task: &Task) -> Outcome {
    let begun = Instant::now();
    let work = std::panic::AssertUnwindSafe((worker.execute)(task.clone())).catch_unwind();
    tokio::pin!(work);
    let lease = Duration::from_secs(task.response_timeout_seconds.max(1));
    let period = lease.mul_f64(0.8).min(HEARTBEAT_MAX);
    let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    let outcome = loop {
        tokio::select! {
            done = &mut work => break done.unwrap_or_else(|_| Outcome::Failed("the worker panicked".to_owned())),
            _ = beat.tick() => {
                if let Err(error) = client.heartbeat(&task.workflow_instance_id, &task.task_id).await {
                    tracing::warn!(task = %task.task_id, %error, "a heartbeat failed");
                }
            }
        }
    };
    worker.counters.executed(begun.elapsed(), !outcome.is_failure());
    outcome
}

async fn deliver(
    client: &Client,
    worker: &Worker,
    task: &Task,
    outcome: &Outcome,
    id: &str,
    accepts_next: bool,
) -> Option<Task> {
    let result = outcome.result(task, id);
    for pause in DELIVERY {
        let sent = if accepts_next {
            client.complete(&result).await
        } else {
            client.post("/tasks", &result).await.map(|_| None)
        };
        match sent {
            Ok(next) => return next,
            Err(error) if error.is_transient() => {
                tracing::warn!(task = %task.task_id, %error, "a result could not be delivered yet");
                tokio::time::sleep(pause).await;
            }
            Err(error) => {
                tracing::error!(task = %task.task_id, %error, "a result was refused");
                break;
            }
        }
    }
    worker.counters.lost();
    None
}
