//! `/api/v1/schedules`: what Conductor's scheduler has no call for.

use axum::extract::State;

use crate::app::App;
use crate::query::At;
use crate::reply::{Reply, json};
use crate::route::{Route, post};

pub(super) fn routes() -> Vec<Route> {
    vec![post("/api/v1/schedules/{name}/run", "Fires a schedule now, whatever its times say", run)]
}

/// Answers with the record of the firing.
async fn run(State(app): State<App>, At(name): At<String>) -> Reply {
    let id = app.engine.run_schedule(&name).await?;
    json(&app.engine.firing(id).await?)
}
