//! Clients of the server that is measured: one that starts executions, many that work.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::{Method, StatusCode};
use segue_core::id::ExecutionId;
use segue_engine::Engine;
use serde::Deserialize;
use tokio::sync::{Mutex, Semaphore};

use super::connection::Connection;
use super::{Error, Plan};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Task {
    task_id: String,
    workflow_instance_id: String,
}

/// One connection that works on one task type.
pub(crate) struct Worker {
    pub(crate) number: usize,
    pub(crate) task_type: String,
    /// Attempts that one poll takes.
    pub(crate) count: usize,
}

impl Worker {
    /// Polls and completes what it gets, until told to stop.
    pub(crate) async fn work(self, address: SocketAddr, stop: Arc<AtomicBool>) -> Result<(), Error> {
        let Self { number, task_type, count } = self;
        let mut connection = Connection::open(address).await?;
        let poll =
            format!("/api/tasks/poll/batch/{task_type}?workerid=bench-{number}&count={count}&timeout=1000");
        while !stop.load(Ordering::Relaxed) {
            let (_, body) = connection.call(Method::GET, &poll, Bytes::new()).await?;
            let mut tasks: Vec<Task> = serde_json::from_slice(&body)?;
            while let Some(task) = tasks.pop() {
                let result = format!(
                    r#"{{"workflowInstanceId":"{}","taskId":"{}","workerId":"bench-{number}","status":"COMPLETED","outputData":{{"ok":true}}}}"#,
                    task.workflow_instance_id, task.task_id
                );
                let (status, body) =
                    connection.call(Method::POST, "/api/tasks/update-v2", result.into()).await?;
                if status == StatusCode::OK && !body.is_empty() {
                    tasks.push(serde_json::from_slice(&body)?);
                }
            }
        }
        Ok(())
    }
}

/// Starts executions through as many connections as there are workers, a fixed number under way or a fixed number a
/// second, and returns how long each took from
/// the start's call to its committed end, in milliseconds. The end is observed in process.
pub(crate) async fn drive(address: SocketAddr, engine: &Engine, plan: &Plan) -> Result<Vec<f64>, Error> {
    let places = Arc::new(Semaphore::new(plan.in_flight.max(1)));
    let mut starters = Vec::new();
    for _ in 0..plan.workers.min(plan.in_flight).max(1) {
        starters.push(Arc::new(Mutex::new(Connection::open(address).await?)));
    }
    let begun = Instant::now();
    let mut running = Vec::with_capacity(plan.executions);
    for number in 0..plan.executions {
        let place = match plan.rate {
            Some(rate) => {
                let due = begun + Duration::from_secs_f64(number as f64 / rate);
                tokio::time::sleep_until(due.into()).await;
                None
            }
            None => Some(places.clone().acquire_owned().await?),
        };
        let starter = starters[number % starters.len()].clone();
        let (engine, patience) = (engine.clone(), plan.patience);
        running.push(tokio::spawn(async move {
            let from = Instant::now();
            let body = Bytes::from_static(br#"{"order":{"id":"o-1","lines":[1,2,3]}}"#);
            let (_, id) = starter.lock().await.call(Method::POST, "/api/workflow/bench", body).await?;
            let id: ExecutionId = std::str::from_utf8(&id)?.parse()?;
            let end = engine.wait(id, patience).await?;
            if !end.status.is_terminal() {
                return Err(Error::from(format!(
                    "execution {id} did not end within {patience:?}: {}",
                    end.status
                )));
            }
            drop(place);
            Ok(from.elapsed().as_secs_f64() * 1000.0)
        }));
    }
    let mut latencies = Vec::with_capacity(running.len());
    for one in running {
        latencies.push(one.await??);
    }
    Ok(latencies)
}
