//! `/api/tasks/poll`: workers ask for attempts.

use std::time::Duration;

use axum::extract::State;
use segue_core::event::QueueName;
use segue_engine::{Assignment, Poll};

use crate::app::App;
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json, no_content};
use crate::route::{Route, get};

/// How long a poll may wait (Conductor: long poll limit).
const PATIENCE_MS_MAX: u64 = 5000;
/// How long a poll waits that does not say (Conductor's default).
const PATIENCE_MS: u64 = 100;
/// Attempts in one answer, at most; who asks for more gets as many.
const COUNT_MAX: i64 = 1000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/tasks/poll/{type}", "Hands out one attempt", one).params(&["workerid", "domain"]).changes(),
        get("/api/tasks/poll/batch/{type}", "Hands out attempts", batch)
            .params(&["workerid", "domain", "count", "timeout"])
            .changes(),
    ]
}

async fn one(State(app): State<App>, At(task_type): At<String>, params: Params) -> Reply {
    let poll = poll(&task_type, &params, 1, PATIENCE_MS);
    match take(&app, poll).await.first() {
        Some(assignment) => json(&assignment.sight()),
        None => no_content(),
    }
}

async fn batch(State(app): State<App>, At(task_type): At<String>, params: Params) -> Reply {
    let count: i64 = params.number("count")?.unwrap_or(1);
    if count < 0 {
        return Err(Problem::bad_request(format!("parameter count: {count} is negative")));
    }
    let patience_ms: i64 = params.number("timeout")?.unwrap_or(PATIENCE_MS as i64);
    let patience_ms = u64::try_from(patience_ms).unwrap_or(0);
    if patience_ms > PATIENCE_MS_MAX {
        return Err(Problem::bad_request("Long Poll Timeout value cannot be more than 5 seconds"));
    }
    if count == 0 {
        return json(&[(); 0]);
    }
    let count = usize::try_from(count.min(COUNT_MAX)).unwrap_or(1);
    let assignments = take(&app, poll(&task_type, &params, count, patience_ms)).await;
    json(&assignments.iter().map(Assignment::sight).collect::<Vec<_>>())
}

fn poll(task_type: &str, params: &Params, count: usize, patience_ms: u64) -> Poll {
    Poll {
        queue: QueueName::new(task_type, params.text("domain")),
        worker: params.text("workerid").or_else(|| params.text("workerId")).map(Into::into),
        count,
        patience: Duration::from_millis(patience_ms),
        lease_ms: None,
    }
}

/// Polls; a server that stops lets nobody wait.
async fn take(app: &App, poll: Poll) -> Vec<Assignment> {
    tokio::select! {
        biased;
        assignments = app.engine.poll(poll) => assignments,
        () = app.stopped() => Vec::new(),
    }
}
