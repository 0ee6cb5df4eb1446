//! `POST /api/tasks/{workflowId}/{status}/signal`: ends the WAIT that an execution, or one of its children, stands at.

use std::time::Duration;

use axum::extract::State;
use segue_core::decide::Merge;
use segue_core::id::{ExecutionId, TaskId};
use segue_engine::Report;

use super::blocking::{self, Awaited, Waits};
use super::signal_response::{self, Strategy, Told};
use super::{ids, result};
use crate::app::App;
use crate::body::Text;
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json, nothing};
use crate::route::{Route, post};

/// How long a call waits for what follows, if it does not say (Conductor: `timeoutMillis`).
const PATIENCE_MS: u64 = 5000;
/// How long a call may wait.
const PATIENCE_MS_MAX: u64 = 60_000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/tasks/{workflowId}/{status}/signal", "Ends the wait that an execution stands at", signal)
            .body("object"),
        post(
            "/api/tasks/{workflowId}/{status}/signal/sync",
            "Ends the wait that an execution stands at, returns where it stands next",
            signal_sync,
        )
        .params(&["returnStrategy", "timeoutMillis"])
        .body("object"),
    ]
}

async fn signal(State(app): State<App>, At((workflow, status)): At<(String, String)>, body: Text) -> Reply {
    // Without a wait there is nothing to do (Conductor).
    send(&app, ids::workflow(&workflow)?, &status, body).await?;
    nothing()
}

async fn signal_sync(
    State(app): State<App>,
    At((workflow, status)): At<(String, String)>,
    params: Params,
    body: Text,
) -> Reply {
    let strategy = Strategy::of(&params)?;
    let patience = params.number("timeoutMillis")?.unwrap_or(PATIENCE_MS).min(PATIENCE_MS_MAX);
    let target = ids::workflow(&workflow)?;
    let Some(task) = send(&app, target, &status, body).await? else {
        return Err(Problem::not_found(format!("No task of workflow {workflow} waits for a signal")));
    };
    let awaited = Awaited { references: Vec::new(), patience: Duration::from_millis(patience) };
    let has_news = blocking::news(&app, target, &awaited).await?;
    let told = Told { target, signalled: Some(task), has_news, request_id: None };
    json(&signal_response::of(&app, told, strategy).await?)
}

async fn send(app: &App, id: ExecutionId, status: &str, body: Text) -> Result<Option<TaskId>, Problem> {
    let report =
        Report { output: Some(body.object()?), merge: Merge::Overlay, ..Report::of(result::status(status)?) };
    let Some(task) = blocking::find(app, id, Waits::All).await? else { return Ok(None) };
    app.engine.report(task, &report).await?;
    Ok(Some(task))
}
