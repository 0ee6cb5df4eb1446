//! `POST /api/tasks/{workflowId}/{status}/signal`: ends the WAIT that an execution, or one of its children, stands at.

use axum::extract::State;
use segue_core::decide::Merge;
use segue_core::execution::Execution;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::plan::Kind;
use segue_engine::Report;

use super::{execute, ids, result};
use crate::app::App;
use crate::body::Text;
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json, nothing};
use crate::route::{Route, post};

/// Executions that are looked at for one signal, at most.
const LOOKS_MAX: usize = 1000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/tasks/{workflowId}/{status}/signal", "Ends the wait that an execution stands at", signal)
            .body("object"),
        post(
            "/api/tasks/{workflowId}/{status}/signal/sync",
            "Ends the wait that an execution stands at, returns the execution",
            signal_sync,
        )
        .params(&["returnStrategy"])
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
    let strategy = execute::strategy(&params)?;
    let id = ids::workflow(&workflow)?;
    let Some(task) = send(&app, id, &status, body).await? else {
        return Err(Problem::not_found(format!("No task of workflow {workflow} waits for a signal")));
    };
    let shown = if strategy == "BLOCKING_WORKFLOW" { task.execution() } else { id };
    let execution = app.engine.read(shown, Execution::clone).await?;
    let mut response = execute::response(&execution, strategy, true);
    response.insert("targetWorkflowId".to_owned(), workflow.into());
    json(&response)
}

async fn send(app: &App, id: ExecutionId, status: &str, body: Text) -> Result<Option<TaskId>, Problem> {
    let report =
        Report { output: Some(body.object()?), merge: Merge::Overlay, ..Report::of(result::status(status)?) };
    let Some(task) = waiting(app, id).await? else { return Ok(None) };
    app.engine.report(task, &report).await?;
    Ok(Some(task))
}

/// The first WAIT that is open, depth first into children.
async fn waiting(app: &App, id: ExecutionId) -> Result<Option<TaskId>, Problem> {
    let mut stack = vec![id];
    for _ in 0..LOOKS_MAX {
        let Some(next) = stack.pop() else { return Ok(None) };
        let looked = app.engine.read(next, look).await;
        let (wait, mut children) = match looked {
            Ok(seen) => seen,
            // A child may not have begun, or may be gone.
            Err(_) if next != id => continue,
            Err(error) => return Err(error.into()),
        };
        if wait.is_some() {
            return Ok(wait);
        }
        children.reverse();
        stack.append(&mut children);
    }
    Ok(None)
}

fn look(execution: &Execution) -> (Option<TaskId>, Vec<ExecutionId>) {
    let open = || execution.tasks().iter().filter(|task| !task.is_terminal());
    let wait = open().find(|task| matches!(execution.plan.node(task.node).kind, Kind::Wait));
    (wait.map(|task| execution.id.task(task.ordinal)), open().filter_map(|task| task.child).collect())
}
