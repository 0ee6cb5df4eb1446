//! `POST /api/workflow/{id}/messages`: what PULL_WORKFLOW_MESSAGES tasks read.

use axum::extract::State;

use super::ids;
use crate::app::App;
use crate::body::Text;
use crate::query::At;
use crate::reply::{Reply, text};
use crate::route::{Route, post};

pub(super) fn routes() -> Vec<Route> {
    vec![post("/api/workflow/{id}/messages", "Sends a message to an execution", send).body("object")]
}

async fn send(State(app): State<App>, At(id): At<String>, body: Text) -> Reply {
    text(app.engine.send(ids::workflow(&id)?, body.object()?).await?)
}
