//! `/api/v1/executions/{id}`: waiting for an end, asking why there is none, the journal, signals.

use std::time::Duration;

use axum::extract::State;
use segue_core::decide::Merge;
use segue_core::view::Tasks;
use segue_engine::{Error, Report};
use serde_json::{Value, json};

use crate::app::App;
use crate::body::Text;
use crate::conductor::{ids, result};
use crate::query::{At, Params};
use crate::reply::{Reply, json as reply};
use crate::route::{Route, get, post};

/// How long a read may wait for the end.
const WAIT_SECONDS_MAX: u64 = 60;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/v1/executions/{id}", "One execution; waits for its end if asked to", one)
            .params(&["wait", "tasks"]),
        get("/api/v1/executions/{id}/why", "What an execution waits for", why),
        get("/api/v1/executions/{id}/events", "The journal of an execution", events).params(&["after"]),
        post("/api/v1/executions/{id}/signal/{ref}", "Ends an open attempt from outside", signal)
            .params(&["status"])
            .body("object"),
    ]
}

async fn one(State(app): State<App>, At(id): At<String>, params: Params) -> Reply {
    let id = ids::workflow(&id)?;
    let wait = Duration::from_secs(params.number("wait")?.unwrap_or(0).min(WAIT_SECONDS_MAX));
    let tasks = if params.flag("tasks", true)? { Tasks::Included } else { Tasks::LeftOut };
    if !wait.is_zero() {
        tokio::select! {
            standing = app.engine.wait(id, wait) => drop(standing?),
            () = app.stopped() => {}
        }
    }
    reply(&app.engine.view(id, tasks).await?)
}

async fn why(State(app): State<App>, At(id): At<String>) -> Reply {
    reply(&app.engine.why(ids::workflow(&id)?).await?)
}

/// The records behind `after`, oldest first. Those that a snapshot took the place of are left out.
async fn events(State(app): State<App>, At(id): At<String>, params: Params) -> Reply {
    let id = ids::workflow(&id)?;
    // What was answered is there to be read.
    app.engine.status(id).await?;
    let after = params.number("after")?.unwrap_or(0);
    let loaded = app.engine.store().load(id, after).await.map_err(Error::Store)?;
    let tail = loaded.map(|loaded| loaded.tail).unwrap_or_default();
    let records: Vec<Value> =
        tail.iter().map(|(seq, record)| json!({"seq": seq, "record": record})).collect();
    reply(&records)
}

async fn signal(
    State(app): State<App>,
    At((id, reference)): At<(String, String)>,
    params: Params,
    body: Text,
) -> Reply {
    let id = ids::workflow(&id)?;
    let status = result::status(params.text("status").unwrap_or("COMPLETED"))?;
    let report = Report { output: Some(body.object()?), merge: Merge::Overlay, ..Report::of(status) };
    let task = app.engine.report_by_reference(id, &reference, &report).await?;
    reply(&json!({"task": task}))
}
