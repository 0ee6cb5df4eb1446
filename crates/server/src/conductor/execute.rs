//! `POST /api/workflow/execute/{name}/{version}`: starts an execution and waits for something to tell.

use std::time::Duration;

use axum::extract::State;
use segue_core::execution::Execution;
use segue_core::id::ExecutionId;
use segue_core::plan::Kind;
use segue_core::view::{self, Tasks};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::start::{StartRequest, begin};
use crate::app::App;
use crate::body::Body;
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json};
use crate::route::{Route, post};

/// How long a call waits that does not say (Conductor: `waitForSeconds`).
const WAIT_SECONDS: u64 = 10;
/// How long a call may wait.
const WAIT_SECONDS_MAX: u64 = 60;
/// Between two looks at an execution that is not over.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/workflow/execute/{name}/{version}", "Starts an execution and waits for it", execute)
            .params(&["requestId", "waitUntilTaskRef", "waitForSeconds", "returnStrategy"])
            .body("StartWorkflowRequest"),
    ]
}

async fn execute(
    State(app): State<App>,
    At((name, version)): At<(String, i64)>,
    params: Params,
    Body(mut request): Body<StartRequest>,
) -> Reply {
    let wait = params.number("waitForSeconds")?.filter(|seconds| *seconds > 0).unwrap_or(WAIT_SECONDS);
    let patience = Duration::from_secs(wait.min(WAIT_SECONDS_MAX));
    let references: Vec<String> = params
        .text("waitUntilTaskRef")
        .map(|list| list.split(',').map(|reference| reference.trim().to_owned()).collect())
        .unwrap_or_default();
    let strategy = strategy(&params)?;
    request.name = Some(name);
    request.version = (version > 0).then_some(version);
    let id = begin(&app.engine, request).await?;
    let has_news = wait_for_news(&app, id, references, patience).await?;
    let execution = app.engine.read(id, Execution::clone).await?;
    let mut response = response(&execution, strategy, has_news);
    if let Some(request_id) = params.text("requestId") {
        response.insert("requestId".to_owned(), request_id.into());
    }
    json(&response)
}

/// What the answer is to show; the shapes of single tasks are not served.
pub(super) fn strategy(params: &Params) -> Result<&str, Problem> {
    match params.text("returnStrategy").unwrap_or("TARGET_WORKFLOW") {
        known @ ("TARGET_WORKFLOW" | "BLOCKING_WORKFLOW") => Ok(known),
        other => Err(Problem::bad_request(format!(
            "returnStrategy '{other}' is not supported, expected TARGET_WORKFLOW or BLOCKING_WORKFLOW"
        ))),
    }
}

/// Waits until the execution is over, waits for a signal, or has ended one of the references. False if it was too long.
async fn wait_for_news(
    app: &App,
    id: ExecutionId,
    references: Vec<String>,
    patience: Duration,
) -> Result<bool, Problem> {
    let deadline = Instant::now() + patience;
    loop {
        let wanted = references.clone();
        if app.engine.read(id, move |execution| has_news(execution, &wanted)).await? {
            return Ok(true);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || *app.stopping.borrow() {
            return Ok(false);
        }
        app.engine.wait(id, left.min(LOOK_AGAIN)).await?;
    }
}

fn has_news(execution: &Execution, references: &[String]) -> bool {
    let waits_for_signal = || {
        execution.tasks().iter().any(|task| {
            let is_wait = matches!(execution.plan.node(task.node).kind, Kind::Wait);
            !task.is_terminal() && is_wait && task.due_at.is_none()
        })
    };
    let has_ended = |reference: &String| {
        execution.newest(reference).is_some_and(segue_core::execution::Task::is_terminal)
    };
    execution.status.is_terminal() || references.iter().any(has_ended) || waits_for_signal()
}

/// Conductor's SignalResponse with the execution as target.
pub(super) fn response(execution: &Execution, strategy: &str, has_news: bool) -> Map<String, Value> {
    let mut whole = match view::workflow(execution, Tasks::Included) {
        Value::Object(whole) => whole,
        _ => Map::new(),
    };
    let id = Value::from(execution.id.to_string());
    let status = Value::from(execution.status.as_str());
    let mut response = Map::new();
    response.insert("responseType".to_owned(), strategy.into());
    response.insert("targetWorkflowId".to_owned(), id);
    response.insert("targetWorkflowStatus".to_owned(), status);
    for key in [
        "workflowId",
        "correlationId",
        "input",
        "output",
        "priority",
        "variables",
        "tasks",
        "createdBy",
        "createTime",
        "status",
        "updateTime",
    ] {
        if let Some(value) = whole.remove(key) {
            response.insert(key.to_owned(), value);
        }
    }
    if !has_news {
        response.insert("signalTimeout".to_owned(), true.into());
    }
    response
}
