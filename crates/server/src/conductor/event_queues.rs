//! `/api/queue`: results that arrive as messages. No queue of another system is listened to yet, so the
//! lists are empty; a result that is posted here is taken like any other.

use axum::extract::State;
use segue_core::decide::Merge;
use segue_core::json::Json;
use segue_core::status::TaskStatus;
use segue_engine::Report;
use serde_json::json;

use super::{ids, result};
use crate::app::App;
use crate::body::Text;
use crate::error::Problem;
use crate::query::At;
use crate::reply::{Reply, json as reply, nothing};
use crate::route::{Route, get, post};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/queue", "Names of event queues", none),
        get("/api/queue/", "Names of event queues", none),
        get("/api/queue/size", "Sizes of event queues", none),
        post("/api/queue/update/{workflowId}/{ref}/{status}", "Takes a result for a reference", by_reference)
            .body("object"),
        post("/api/queue/update/{workflowId}/task/{taskId}/{status}", "Takes a result", by_id).body("object"),
    ]
}

async fn none() -> Reply {
    reply(&json!({}))
}

fn report(status: TaskStatus, output: Json) -> Report {
    Report { output: Some(output), merge: Merge::Overlay, ..Report::of(status) }
}

async fn by_reference(
    State(app): State<App>,
    At((workflow, reference, status)): At<(String, String, String)>,
    body: Text,
) -> Reply {
    let report = report(result::status(&status)?, body.object()?);
    app.engine.report_by_reference(ids::workflow(&workflow)?, &reference, &report).await?;
    nothing()
}

async fn by_id(
    State(app): State<App>,
    At((workflow, task, status)): At<(String, String, String)>,
    body: Text,
) -> Reply {
    let report = report(result::status(&status)?, body.object()?);
    let execution = ids::workflow(&workflow)?;
    let found = ids::task(&task)?;
    if found.execution() != execution {
        return Err(Problem::not_found(format!("No such task found by id: {task}")));
    }
    app.engine.report(found, &report).await?;
    nothing()
}
