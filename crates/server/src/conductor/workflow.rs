//! `GET /api/workflow/{id}` and what belongs to it: reads of one execution.

use axum::extract::State;
use segue_core::execution::Execution;
use segue_core::status::TaskStatus;
use segue_core::view::{self, Tasks};
use serde_json::{Map, Value, json};

use super::ids;
use crate::app::App;
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json as reply};
use crate::route::{Route, get};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/workflow/{id}", "One execution", one).params(&["includeTasks"]),
        get("/api/workflow/{id}/status", "How an execution stands", status)
            .params(&["includeOutput", "includeVariables"]),
        get("/api/workflow/{id}/tasks", "The attempts of an execution", tasks)
            .params(&["start", "count", "status"]),
    ]
}

async fn one(State(app): State<App>, At(id): At<String>, params: Params) -> Reply {
    let tasks = if params.flag("includeTasks", true)? { Tasks::Included } else { Tasks::LeftOut };
    reply(&app.engine.view(ids::workflow(&id)?, tasks).await?)
}

async fn status(State(app): State<App>, At(id): At<String>, params: Params) -> Reply {
    let output = params.flag("includeOutput", false)?;
    let variables = params.flag("includeVariables", false)?;
    let status = app.engine.read(ids::workflow(&id)?, move |execution| {
        let mut status = Map::new();
        status.insert("workflowId".to_owned(), execution.id.to_string().into());
        if let Some(correlation_id) = execution.started.correlation_id.as_deref() {
            status.insert("correlationId".to_owned(), correlation_id.into());
        }
        if output {
            status.insert("output".to_owned(), execution.output.value());
        }
        if variables {
            status.insert("variables".to_owned(), execution.variables.clone().into());
        }
        status.insert("status".to_owned(), execution.status.as_str().into());
        status
    });
    reply(&status.await?)
}

/// The parameter `status`, each a list with commas.
fn wanted(params: &Params) -> Result<Vec<TaskStatus>, Problem> {
    let names = params.all("status").flat_map(|list| list.split(',')).map(str::trim);
    let known = |name: &str| TaskStatus::ALL.into_iter().find(|status| status.as_str() == name);
    let read = |name: &str| {
        known(name).ok_or_else(|| {
            let known = TaskStatus::ALL.map(TaskStatus::as_str).join(", ");
            Problem::bad_request(format!("parameter status: '{name}' is unknown, expected one of {known}"))
        })
    };
    names.filter(|name| !name.is_empty()).map(read).collect()
}

async fn tasks(State(app): State<App>, At(id): At<String>, params: Params) -> Reply {
    let start = params.number("start")?.unwrap_or(0);
    let count = params.number("count")?.unwrap_or(15);
    let wanted = wanted(&params)?;
    let execution = app.engine.read(ids::workflow(&id)?, Execution::clone).await?;
    let is_wanted = |status| wanted.is_empty() || wanted.contains(&status);
    let matching: Vec<_> = execution.current_tasks().filter(|task| is_wanted(task.status)).collect();
    let page: Vec<Value> =
        matching.iter().skip(start).take(count).map(|task| view::task(&execution, task)).collect();
    reply(&json!({"totalHits": matching.len(), "results": page}))
}
