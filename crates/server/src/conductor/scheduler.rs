//! `/api/scheduler`: schedules and their pauses. What they fired is in [`firings`], lists are in [`list`].

mod firings;
mod list;

use axum::extract::State;
use segue_core::definition::Schedule;
use segue_core::time::Timestamp;
use segue_engine::{Error, Scheduled};
use serde_json::{Map, Value, json};

use super::definitions::{refuse_invalid, violations};
use crate::app::App;
use crate::body::{Body, List};
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json as reply, nothing};
use crate::route::{Route, delete, get, post, put};

/// Names in one call, at most.
const NAMES_MAX: usize = 1000;

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        post("/api/scheduler/schedules", "Registers a schedule, or changes it", save)
            .body("WorkflowSchedule"),
        get("/api/scheduler/schedules/{name}", "One schedule", one),
        delete("/api/scheduler/schedules/{name}", "Deletes a schedule", remove),
        put("/api/scheduler/schedules/{name}/pause", "Keeps a schedule from firing", pause)
            .params(&["reason"]),
        put("/api/scheduler/schedules/{name}/resume", "Lets a schedule fire again", resume),
        put("/api/scheduler/bulk/pause", "Pauses schedules", pause_each).body("[string]"),
        put("/api/scheduler/bulk/resume", "Resumes schedules", resume_each).body("[string]"),
        get("/api/scheduler/admin/pause", "Keeps all schedules from firing, on all nodes", halt).changes(),
        get("/api/scheduler/admin/resume", "Lets schedules fire again", go_on).changes(),
        get("/api/scheduler/admin/requeue", "Looks for schedules that nothing would fire", requeue).changes(),
    ];
    routes.extend(list::routes());
    routes.extend(firings::routes());
    routes
}

/// Conductor's WorkflowSchedule, with the next time.
fn view(app: &App, scheduled: &Scheduled) -> Value {
    let mut shown = serde_json::to_value(&scheduled.schedule).unwrap_or_default();
    let is_halted = app.engine.catalog().halt().paused;
    let next = scheduled.next_run(app.engine.now()).filter(|_| !is_halted);
    if let Some((shown, Timestamp(next))) = shown.as_object_mut().zip(next) {
        shown.insert("nextRunTime".to_owned(), next.into());
    }
    shown
}

async fn save(State(app): State<App>, Body(mut schedule): Body<Schedule>) -> Reply {
    inline(&app, &mut schedule.start_workflow_request).await?;
    let kept = app.engine.put_schedule(schedule).await?;
    reply(&view(&app, &kept))
}

/// A definition that comes with the request goes by the request's name if it has none, and must be able to run.
async fn inline(app: &App, request: &mut Map<String, Value>) -> Result<(), Problem> {
    const PATH: &str = "startWorkflowRequest.workflowDef";
    let Some(given) = request.get("workflowDef").filter(|given| !given.is_null()) else { return Ok(()) };
    let mut definition = segue_dialects::conductor::workflow(&given.to_string()).map_err(|mut found| {
        // Lines are those of a text that nobody wrote.
        found.line = 0;
        let below = std::mem::take(&mut found.path);
        let path = if below.is_empty() { PATH.to_owned() } else { format!("{PATH}.{below}") };
        Problem::invalid_field(&path, found.to_string())
    })?;
    if definition.name.is_empty() {
        let name = request.get("name").and_then(Value::as_str).unwrap_or_default();
        definition.name = name.to_owned();
    }
    refuse_invalid(violations(&app.engine, &definition, PATH).await)?;
    let named = serde_json::to_value(&definition).unwrap_or_default();
    request.insert("workflowDef".to_owned(), named);
    Ok(())
}

async fn one(State(app): State<App>, At(name): At<String>) -> Reply {
    let found = app.engine.schedule(&name).await?;
    reply(&view(&app, &found))
}

async fn remove(State(app): State<App>, At(name): At<String>) -> Reply {
    if app.engine.delete_schedule(&name).await? { nothing() } else { Err(Error::NoSuchSchedule(name).into()) }
}

async fn pause(State(app): State<App>, At(name): At<String>, params: Params) -> Reply {
    app.engine.pause_schedule(&name, params.text("reason").map(str::to_owned)).await?;
    nothing()
}

async fn resume(State(app): State<App>, At(name): At<String>) -> Reply {
    app.engine.resume_schedule(&name).await?;
    nothing()
}

async fn pause_each(State(app): State<App>, List(names): List<String>) -> Reply {
    each(names, |name| {
        let engine = app.engine.clone();
        async move { engine.pause_schedule(&name, None).await }
    })
    .await
}

async fn resume_each(State(app): State<App>, List(names): List<String>) -> Reply {
    each(names, |name| {
        let engine = app.engine.clone();
        async move { engine.resume_schedule(&name).await }
    })
    .await
}

/// Acts on each; the names of those that it went well for are told, and what kept the others.
async fn each<F: Future<Output = Result<(), Error>>>(names: Vec<String>, act: impl Fn(String) -> F) -> Reply {
    if names.len() > NAMES_MAX {
        let message =
            format!("Cannot process more than {NAMES_MAX} schedules. Please use multiple requests.");
        return Err(Problem::bad_request(message));
    }
    let mut failed = Map::new();
    let mut done = Vec::new();
    for name in names {
        match act(name.clone()).await {
            Ok(()) => done.push(name),
            Err(error) => drop(failed.insert(name, error.to_string().into())),
        }
    }
    reply(&json!({"bulkErrorResults": failed, "bulkSuccessfulResults": done}))
}

async fn halt(State(app): State<App>) -> Reply {
    app.engine.halt_schedules(true).await?;
    reply(&json!({"paused": true}))
}

async fn go_on(State(app): State<App>) -> Reply {
    app.engine.halt_schedules(false).await?;
    reply(&json!({"paused": false}))
}

/// The next times follow from the schedules themselves, so none is ever lost.
async fn requeue(State(app): State<App>) -> Reply {
    app.engine.fresh_catalog().await?;
    reply(&json!({"requeued": 0}))
}
