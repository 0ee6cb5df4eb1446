//! `/api/workflow/bulk`: one call for many executions; each succeeds or fails by itself.

use std::future::Future;

use axum::extract::State;
use segue_core::decide::{Compensate, Outcome};
use segue_core::id::ExecutionId;
use segue_core::view::Tasks;
use segue_engine::{Control, Engine};
use serde_json::{Map, Value, json};

use super::{control, flow, ids};
use crate::app::App;
use crate::body::List;
use crate::error::Problem;
use crate::query::Params;
use crate::reply::{Reply, json as reply};
use crate::route::{Route, delete, post, put};

/// Ids in one call, at most.
const IDS_MAX: usize = 1000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        put("/api/workflow/bulk/pause", "Pauses executions", pause).body("[string]"),
        put("/api/workflow/bulk/resume", "Resumes executions", resume).body("[string]"),
        post("/api/workflow/bulk/retry", "Retries executions", retry)
            .params(&["resumeSubworkflowTasks"])
            .body("[string]"),
        post("/api/workflow/bulk/restart", "Restarts executions", restart)
            .params(&["useLatestDefinitions"])
            .body("[string]"),
        post("/api/workflow/bulk/terminate", "Terminates executions", terminate)
            .params(&["reason", "triggerFailureWorkflow"])
            .body("[string]"),
        post("/api/workflow/bulk/search", "Several executions, whole", look)
            .params(&["includeTasks"])
            .body("[string]"),
        delete("/api/workflow/bulk/remove", "Deletes executions", remove)
            .params(&["archiveWorkflow"])
            .body("[string]"),
        delete("/api/workflow/bulk/terminate-remove", "Terminates and deletes executions", stop_and_remove)
            .params(&["reason", "archiveWorkflow"])
            .body("[string]"),
    ]
}

/// Acts on each; the ids of those that it went well for are told.
async fn each<F, R>(ids: Vec<String>, act: impl Fn(ExecutionId) -> F) -> Reply
where
    F: Future<Output = Result<R, Problem>>,
{
    each_told(ids, |id| {
        let acted = act(id);
        async move { acted.await.map(|_| Value::from(id.to_string())) }
    })
    .await
}

/// Acts on each, and tells what came of it.
async fn each_told<F>(ids: Vec<String>, act: impl Fn(ExecutionId) -> F) -> Reply
where
    F: Future<Output = Result<Value, Problem>>,
{
    if ids.len() > IDS_MAX {
        let message = format!("Cannot process more than {IDS_MAX} workflows. Please use multiple requests.");
        return Err(Problem::bad_request(message));
    }
    let mut failed = Map::new();
    let mut done = Vec::new();
    for id in ids {
        let outcome = match ids::workflow(&id) {
            Ok(execution) => act(execution).await,
            Err(problem) => Err(problem),
        };
        match outcome {
            Ok(told) => done.push(told),
            Err(problem) => drop(failed.insert(id, Value::from(problem.message()))),
        }
    }
    reply(&json!({"bulkErrorResults": failed, "bulkSuccessfulResults": done}))
}

async fn look(State(app): State<App>, params: Params, List(ids): List<String>) -> Reply {
    let tasks = if params.flag("includeTasks", true)? { Tasks::Included } else { Tasks::LeftOut };
    let engine: &Engine = &app.engine;
    each_told(ids, |id| async move { Ok(engine.view(id, tasks).await?) }).await
}

async fn pause(State(app): State<App>, List(ids): List<String>) -> Reply {
    let engine: &Engine = &app.engine;
    each(ids, |id| async move { Ok(engine.pause(id).await?) }).await
}

async fn resume(State(app): State<App>, List(ids): List<String>) -> Reply {
    let engine: &Engine = &app.engine;
    each(ids, |id| async move { Ok(engine.resume(id).await?) }).await
}

async fn retry(State(app): State<App>, params: Params, List(ids): List<String>) -> Reply {
    let control = flow::retrying(&params)?;
    each(ids, |id| control_one(&app.engine, id, control.clone())).await
}

async fn restart(State(app): State<App>, params: Params, List(ids): List<String>) -> Reply {
    let control = flow::restarting(&params)?;
    each(ids, |id| control_one(&app.engine, id, control.clone())).await
}

async fn control_one(engine: &Engine, id: ExecutionId, control: Control) -> Result<Outcome, Problem> {
    Ok(engine.control(id, control).await?)
}

async fn terminate(State(app): State<App>, params: Params, List(ids): List<String>) -> Reply {
    let reason = params.text("reason").unwrap_or("");
    let compensate =
        if params.flag("triggerFailureWorkflow", false)? { Compensate::Yes } else { Compensate::No };
    each(ids, |id| control::terminate(&app.engine, id, reason, compensate)).await
}

async fn remove(State(app): State<App>, params: Params, List(ids): List<String>) -> Reply {
    let archive = params.flag("archiveWorkflow", true)?;
    each(ids, |id| control::delete_one(&app.engine, id, archive)).await
}

async fn stop_and_remove(State(app): State<App>, params: Params, List(ids): List<String>) -> Reply {
    let archive = params.flag("archiveWorkflow", true)?;
    let reason = params.text("reason").unwrap_or("");
    each(ids, |id| control::end_and_delete(&app.engine, id, reason, archive)).await
}
