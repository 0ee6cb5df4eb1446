//! `POST /api/tasks` and its variants: results arrive.

use std::time::Duration;

use axum::extract::State;
use segue_core::decide::{Merge, Outcome};
use segue_core::event::QueueName;
use segue_core::execution::Task;
use segue_core::id::TaskId;
use segue_core::view::{self, Tasks};
use segue_engine::{Assignment, Error, Poll, Report};

use super::ids;
use super::result::{self, TaskResult};
use crate::app::App;
use crate::body::{Body, RESULT, Text};
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json, no_content, nothing, text};
use crate::route::{Route, get, post};

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/tasks", "Takes a result", update).body("TaskResult"),
        post("/api/tasks/update-v2", "Takes a result and hands out the next attempt", update_and_poll)
            .body("TaskResult"),
        post("/api/tasks/{workflowId}/{ref}/{status}", "Takes a result for a reference", by_reference)
            .params(&["workerid"])
            .body("object"),
        post(
            "/api/tasks/{workflowId}/{ref}/{status}/sync",
            "Takes a result for a reference, returns the execution",
            by_reference_sync,
        )
        .params(&["workerid"])
        .body("object"),
        get("/api/tasks/{id}", "One attempt", one),
    ]
}

async fn one(State(app): State<App>, At(id): At<String>) -> Reply {
    let task = ids::task(&id)?;
    let look = move |execution: &segue_core::execution::Execution| {
        // One that no longer counts is not found, as upstream, which deletes it; the journal still tells of it.
        let found = execution.task(task.ordinal()).filter(|task| !task.hidden);
        found.map(|found| view::task(execution, found))
    };
    match app.engine.read(task.execution(), look).await {
        Ok(Some(view)) => json(&view),
        Ok(None) | Err(Error::NoSuchExecution(_)) => Err(ids::no_task(&id)),
        Err(error) => Err(error.into()),
    }
}

async fn update(State(app): State<App>, Body(result): Body<TaskResult, RESULT>) -> Reply {
    let task = target(&app, &result).await?;
    take(&app, task, result).await?;
    text(task.to_string())
}

async fn update_and_poll(State(app): State<App>, Body(result): Body<TaskResult, RESULT>) -> Reply {
    let task = target(&app, &result).await?;
    let is_final = result.is_final()?;
    let worker = result.worker_id.clone();
    take(&app, task, result).await?;
    if !is_final {
        return no_content();
    }
    let mut drawn = None;
    let (next, repeated) = app
        .followups
        .after(task, async || {
            drawn = draw(&app, task, worker.as_deref()).await;
            drawn.as_ref().map(Assignment::id)
        })
        .await;
    match (next, drawn) {
        (_, Some(assignment)) => json(&assignment.sight()),
        (Some(next), None) if repeated => again(&app, next).await,
        _ => no_content(),
    }
}

/// Which attempt a result is for.
async fn target(app: &App, result: &TaskResult) -> Result<TaskId, Problem> {
    let given = |field: &Option<String>| field.clone().filter(|text| !text.trim().is_empty());
    let Some(workflow) = given(&result.workflow_instance_id) else {
        let message = "Workflow Id cannot be null or empty";
        return Err(Problem::invalid_field("workflowInstanceId", message));
    };
    let Some(task) = given(&result.task_id) else {
        return Err(Problem::invalid_field("taskId", "Task ID cannot be null or empty"));
    };
    let execution = ids::workflow(&workflow)?;
    let found = task.trim().parse::<TaskId>().ok().filter(|task| task.execution() == execution);
    match found {
        Some(task) => Ok(task),
        None => {
            app.engine.status(execution).await?;
            Err(Problem::not_found(format!("No such task found by id: {task}")))
        }
    }
}

async fn take(app: &App, task: TaskId, result: TaskResult) -> Result<Outcome, Problem> {
    if result.extend_lease {
        let is_held = app.engine.heartbeat(task).await?;
        return Ok(if is_held { Outcome::Applied } else { Outcome::Ignored });
    }
    let report = result.report()?;
    Ok(app.engine.report(task, &report).await?)
}

/// The next attempt from the queue that the reported one came from.
async fn draw(app: &App, task: TaskId, worker: Option<&str>) -> Option<Assignment> {
    let queue: QueueName = app.engine.source(task).await.ok().flatten()?;
    let patience = Duration::ZERO;
    let poll = Poll { queue, worker: worker.map(Into::into), count: 1, patience, lease_ms: None };
    app.engine.poll(poll).await.pop()
}

/// An attempt that was handed out before, if its worker still has it.
async fn again(app: &App, task: TaskId) -> Reply {
    let look = move |execution: &segue_core::execution::Execution| {
        let held = execution.task(task.ordinal()).filter(|task| Task::is_held(task))?;
        Some(view::task(execution, held))
    };
    match app.engine.read(task.execution(), look).await {
        Ok(Some(view)) => json(&view),
        _ => no_content(),
    }
}

async fn by_reference(
    State(app): State<App>,
    At((workflow, reference, status)): At<(String, String, String)>,
    params: Params,
    body: Text<RESULT>,
) -> Reply {
    match report_reference(&app, &workflow, &reference, &status, &params, body).await? {
        Some(task) => text(task.to_string()),
        None => nothing(),
    }
}

async fn by_reference_sync(
    State(app): State<App>,
    At((workflow, reference, status)): At<(String, String, String)>,
    params: Params,
    body: Text<RESULT>,
) -> Reply {
    match report_reference(&app, &workflow, &reference, &status, &params, body).await? {
        Some(_) => json(&app.engine.view(ids::workflow(&workflow)?, Tasks::Included).await?),
        None => Err(Problem::not_found(format!(
            "Found no running task {reference} in workflow {workflow} to update"
        ))),
    }
}

/// Reports to the open attempt of a reference; nothing if none is open.
async fn report_reference(
    app: &App,
    workflow: &str,
    reference: &str,
    status: &str,
    params: &Params,
    body: Text<RESULT>,
) -> Result<Option<TaskId>, Problem> {
    let execution = ids::workflow(workflow)?;
    let report = Report {
        output: Some(body.object()?),
        merge: Merge::Overlay,
        worker: params.text("workerid").or_else(|| params.text("workerId")).map(Into::into),
        ..Report::of(result::status(status)?)
    };
    match app.engine.report_by_reference(execution, reference, &report).await {
        Ok(task) => Ok(Some(task)),
        Err(Error::NoOpenTask { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
