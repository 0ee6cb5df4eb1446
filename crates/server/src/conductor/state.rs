//! `POST /api/workflow/{id}/variables` and `…/state`: the state of an execution changed from outside.

use axum::extract::State;
use segue_core::json::Json;
use segue_core::view::Tasks;
use segue_engine::Error;
use serde::Deserialize;

use super::result::TaskResult;
use super::signal_response::{self, Strategy, Told};
use super::start::is_object;
use super::{blocking, execute, ids};
use crate::app::App;
use crate::body::{Body, Text};
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json};
use crate::route::{Route, post};
use crate::wire;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/workflow/{id}/variables", "Sets workflow variables", variables).body("object"),
        post("/api/workflow/{id}/state", "Sets variables, takes a result, waits for what follows", state)
            .params(&["requestId", "waitUntilTaskRef", "waitForSeconds"])
            .body("WorkflowStateUpdate"),
    ]
}

async fn variables(State(app): State<App>, At(id): At<String>, body: Text) -> Reply {
    let id = ids::workflow(&id)?;
    app.engine.set_variables(id, body.object()?.object()).await?;
    json(&app.engine.view(id, Tasks::Included).await?)
}

/// Conductor's WorkflowStateUpdate.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct StateUpdate {
    #[serde(deserialize_with = "wire::text")]
    task_reference_name: Option<String>,
    task_result: Option<TaskResult>,
    variables: Option<Json>,
}

async fn state(
    State(app): State<App>,
    At(id): At<String>,
    params: Params,
    Body(update): Body<StateUpdate>,
) -> Reply {
    let awaited = execute::awaited(&params)?;
    let target = ids::workflow(&id)?;
    let variables = update.variables.unwrap_or_default();
    if !is_object(&variables) {
        return Err(Problem::invalid_field("variables", "variables must be a JSON object"));
    }
    let result = match (update.task_reference_name.filter(|name| !name.is_empty()), update.task_result) {
        (Some(reference), Some(result)) => Some((reference, result.report()?)),
        (Some(_), None) => return Err(Problem::invalid_field("taskResult", "taskResult is required")),
        (None, Some(_)) => {
            return Err(Problem::invalid_field("taskReferenceName", "taskReferenceName is required"));
        }
        (None, None) => None,
    };
    app.engine.set_variables(target, variables.object()).await?;
    if let Some((reference, report)) = result {
        match app.engine.report_by_reference(target, &reference, &report).await {
            Err(Error::NoOpenTask { .. }) => {
                let message = format!("Found no running task {reference} in workflow {id} to update");
                return Err(Problem::not_found(message));
            }
            other => drop(other?),
        }
    }
    let has_news = blocking::news(&app, target, &awaited).await?;
    let told = Told { target, signalled: None, has_news, request_id: params.text("requestId") };
    json(&signal_response::of(&app, told, Strategy::TargetWorkflow).await?)
}
