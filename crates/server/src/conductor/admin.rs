//! `/api/admin`, `/api/version`: looks at the server.

use axum::extract::State;
use segue_core::execution::Execution;
use segue_core::status::ExecutionStatus;
use segue_core::view;
use segue_store::contract::{Comparison, Direction, Field, Filter, Operand, SearchRequest};
use serde_json::{Value, json};

use super::ids;
use crate::app::App;
use crate::error::Problem;
use crate::native::server;
use crate::query::{At, Params};
use crate::reply::{Reply, json as reply, text};
use crate::route::{Route, get, post};

/// Executions that are looked at for the pending tasks of a type, at most.
const LOOKS_MAX: usize = 10_000;
/// Executions of one look.
const PAGE: usize = 500;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/version", "Version of the server", version),
        get("/api/admin/config", "Version, store and address", config),
        get("/api/admin/task/{type}", "Open attempts of a task type", pending).params(&["start", "count"]),
        post("/api/admin/sweep/requeue/{id}", "Looks at an execution now", sweep),
        post("/api/admin/consistency/verifyAndRepair/{id}", "Looks whether an execution is lost", verify),
        get("/api/admin/queues", "Event queues", queues).params(&["verbose"]),
    ]
}

async fn version() -> Reply {
    text(env!("CARGO_PKG_VERSION"))
}

async fn config(State(app): State<App>) -> Reply {
    reply(&server::described(&app))
}

/// Oldest execution first. Who wants more than a look asks the search.
async fn pending(State(app): State<App>, At(task_type): At<String>, params: Params) -> Reply {
    let start: usize = params.number("start")?.unwrap_or(0);
    let count: usize = params.number("count")?.unwrap_or(100);
    let wanted = start.saturating_add(count);
    let mut found: Vec<Value> = Vec::new();
    for offset in (0..LOOKS_MAX).step_by(PAGE) {
        let page = app.engine.search(running(offset)).await?.page;
        for row in &page.rows {
            let task_type = task_type.clone();
            let look = move |execution: &Execution| open(execution, &task_type);
            // An execution that was removed meanwhile has none.
            found.extend(app.engine.read(row.id, look).await.unwrap_or_default());
        }
        if page.rows.len() < PAGE || found.len() >= wanted {
            break;
        }
    }
    reply(&found.into_iter().skip(start).take(count).collect::<Vec<_>>())
}

fn running(offset: usize) -> SearchRequest {
    let status = Operand::Text(ExecutionStatus::Running.as_str().into());
    SearchRequest {
        filter: Filter::Compare(Field::Status, Comparison::Equal, status),
        order: vec![(Field::StartedAt, Direction::Ascending), (Field::Id, Direction::Ascending)],
        offset,
        count_max: PAGE,
    }
}

fn open(execution: &Execution, task_type: &str) -> Vec<Value> {
    let is_one = |task: &&segue_core::execution::Task| {
        let queue = task.queue.as_ref().map(|queue| queue.task_type());
        !task.is_terminal() && queue == Some(task_type)
    };
    execution.tasks().iter().filter(is_one).map(|task| view::task(execution, task)).collect()
}

/// Every running execution owns a durable wake-up, so there is nothing to push; an unknown one is told.
async fn sweep(State(app): State<App>, At(id): At<String>) -> Reply {
    app.engine.status(ids::workflow(&id)?).await?;
    text(format!("true.{id}"))
}

/// Conductor says whether it had to repair something. There is nothing that could need it.
async fn verify(State(app): State<App>, At(id): At<String>) -> Result<axum::response::Response, Problem> {
    app.engine.status(ids::workflow(&id)?).await?;
    text("false")
}

async fn queues() -> Reply {
    reply(&json!({}))
}
