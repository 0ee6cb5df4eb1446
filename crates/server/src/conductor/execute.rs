//! `POST /api/workflow/execute/{name}/{version}`: starts an execution and waits for something to tell.

use std::time::Duration;

use axum::extract::State;

use super::blocking::{self, Awaited};
use super::signal_response::{self, Strategy, Told};
use super::start::{StartRequest, begin};
use crate::app::App;
use crate::body::Body;
use crate::error::Problem;
use crate::query::{self, At, Params};
use crate::reply::{Reply, json};
use crate::route::{Route, post};

/// How long a call waits that does not say (Conductor: `waitForSeconds`).
const WAIT_SECONDS: u64 = 10;
/// How long a call may wait.
const WAIT_SECONDS_MAX: u64 = 60;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/workflow/execute/{name}/{version}", "Starts an execution and waits for it", execute)
            .params(&["requestId", "waitUntilTaskRef", "waitForSeconds", "returnStrategy", "consistency"])
            .body("StartWorkflowRequest"),
    ]
}

async fn execute(
    State(app): State<App>,
    At((name, version)): At<(String, String)>,
    params: Params,
    Body(mut request): Body<StartRequest>,
) -> Reply {
    let awaited = awaited(&params)?;
    let strategy = Strategy::of(&params)?;
    request.name = Some(name);
    // 0 is the latest (Conductor).
    request.version = Some(query::number("version", &version)?).filter(|version| *version != 0);
    let target = begin(&app.engine, request).await?;
    let has_news = blocking::news(&app, target, &awaited).await?;
    let told = Told { target, signalled: None, has_news, request_id: params.text("requestId") };
    json(&signal_response::of(&app, told, strategy).await?)
}

/// The parameters `waitUntilTaskRef` (a list with commas) and `waitForSeconds` (0: as if it were absent).
pub(super) fn awaited(params: &Params) -> Result<Awaited, Problem> {
    let seconds = params.number("waitForSeconds")?.filter(|seconds| *seconds > 0).unwrap_or(WAIT_SECONDS);
    let list = params.all("waitUntilTaskRef").flat_map(|list| list.split(','));
    let references = list.map(|reference| reference.trim().to_owned());
    Ok(Awaited {
        references: references.filter(|reference| !reference.is_empty()).collect(),
        patience: Duration::from_secs(seconds.min(WAIT_SECONDS_MAX)),
    })
}
