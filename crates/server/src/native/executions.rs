//! `/api/v1/executions/{id}`: waiting for an execution, why it does not move, what happened to it.

use std::time::Duration;

use axum::extract::State;
use segue_core::execution::Execution;
use segue_core::id::ExecutionId;
use segue_core::view::{self, Tasks};
use serde_json::{Value, json};

use crate::app::App;
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json as reply};
use crate::route::{Route, get};

/// One call waits at most so long.
const WAIT_SECONDS_MAX: u64 = 60;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/v1/executions/{id}", "An execution, once it is over or the wait has passed", one).params(&["wait"]),
        get("/api/v1/executions/{id}/why", "Why an execution is not moving", why),
        get("/api/v1/executions/{id}/events", "The journal of an execution", events).params(&["after"]),
    ]
}

fn execution(text: &str) -> Result<ExecutionId, Problem> {
    text.trim().parse().map_err(|_| Problem::not_found(format!("No such workflow found by id: {text}")))
}

async fn one(State(app): State<App>, At(id): At<String>, params: Params) -> Reply {
    let id = execution(&id)?;
    let seconds: u64 = params.number("wait")?.unwrap_or(0).min(WAIT_SECONDS_MAX);
    if seconds > 0 {
        tokio::select! {
            ended = app.engine.wait(id, Duration::from_secs(seconds)) => drop(ended?),
            () = app.stopped() => {}
        }
    }
    let state = app.engine.read(id, Execution::clone).await?;
    reply(&view::workflow(&state, Tasks::Included))
}

async fn why(State(app): State<App>, At(id): At<String>) -> Reply {
    reply(&app.engine.why(execution(&id)?).await?)
}

async fn events(State(app): State<App>, At(id): At<String>, params: Params) -> Reply {
    let id = execution(&id)?;
    // Sees to it that what was answered is there to be read.
    app.engine.status(id).await?;
    let after = params.number("after")?.unwrap_or(0);
    let loaded = app.engine.store().load(id, after).await.map_err(segue_engine::Error::from)?;
    let tail = loaded.map(|loaded| loaded.tail).unwrap_or_default();
    let records: Vec<Value> = tail.iter().map(|(seq, record)| json!({"seq": seq, "record": record})).collect();
    reply(&records)
}
