//! `/api/workflow/…/correlated`: executions by the keys of their callers.

use axum::extract::State;
use futures::future::try_join_all;
use segue_core::status::ExecutionStatus;
use segue_core::view::Tasks;
use segue_store::contract::{Comparison, Field, Filter, Operand, SearchRequest};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::app::App;
use crate::body::{Body, List};
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json};
use crate::route::{Route, get, post};

/// Executions of one key in an answer, at most.
const EXECUTIONS_MAX: usize = 1000;
/// Keys in one call, at most.
const KEYS_MAX: usize = 1000;

pub(super) fn routes() -> Vec<Route> {
    const PARAMS: &[&str] = &["includeClosed", "includeTasks"];
    vec![
        get("/api/workflow/{name}/correlated/{correlationId}", "Executions with a correlation id", one)
            .params(PARAMS),
        post("/api/workflow/{name}/correlated", "Executions by correlation id", many)
            .params(PARAMS)
            .body("[string]"),
        post("/api/workflow/correlated/batch", "Executions of definitions by correlation id", batch)
            .params(PARAMS)
            .body("CorrelationIdsSearchRequest"),
    ]
}

/// What a caller wants to see.
#[derive(Clone, Copy)]
struct Wanted {
    closed: bool,
    tasks: Tasks,
}

impl Wanted {
    fn of(params: &Params) -> Result<Self, Problem> {
        let tasks = if params.flag("includeTasks", false)? { Tasks::Included } else { Tasks::LeftOut };
        Ok(Self { closed: params.flag("includeClosed", false)?, tasks })
    }
}

async fn one(State(app): State<App>, At((name, key)): At<(String, String)>, params: Params) -> Reply {
    json(&find(&app, &[name], &key, Wanted::of(&params)?).await?)
}

async fn many(
    State(app): State<App>,
    At(name): At<String>,
    params: Params,
    List(keys): List<String>,
) -> Reply {
    json(&by_key(&app, &[name], keys, Wanted::of(&params)?).await?)
}

/// Conductor's CorrelationIdsSearchRequest.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct BatchRequest {
    correlation_ids: Vec<String>,
    workflow_names: Vec<String>,
}

async fn batch(State(app): State<App>, params: Params, Body(request): Body<BatchRequest>) -> Reply {
    if request.workflow_names.is_empty() {
        return Err(Problem::invalid_field("workflowNames", "workflowNames cannot be empty"));
    }
    json(&by_key(&app, &request.workflow_names, request.correlation_ids, Wanted::of(&params)?).await?)
}

async fn by_key(
    app: &App,
    names: &[String],
    keys: Vec<String>,
    wanted: Wanted,
) -> Result<Map<String, Value>, Problem> {
    if keys.len() > KEYS_MAX {
        return Err(Problem::bad_request(format!("Cannot look up more than {KEYS_MAX} correlation ids.")));
    }
    let mut found = Map::new();
    for key in keys {
        let executions = find(app, names, &key, wanted).await?;
        found.insert(key, executions.into());
    }
    Ok(found)
}

/// Executions of the definitions with a key, the latest first.
async fn find(app: &App, names: &[String], key: &str, wanted: Wanted) -> Result<Vec<Value>, Problem> {
    let equal = |field, text: &str| Filter::Compare(field, Comparison::Equal, Operand::Text(text.into()));
    let mut filters = vec![
        equal(Field::CorrelationId, key),
        Filter::Any(names.iter().map(|name| equal(Field::Name, name)).collect()),
    ];
    if !wanted.closed {
        let open = [ExecutionStatus::Running, ExecutionStatus::Paused];
        filters.push(Filter::Any(open.map(|status| equal(Field::Status, status.as_str())).into()));
    }
    let request = SearchRequest {
        filter: Filter::All(filters),
        order: Vec::new(),
        offset: 0,
        count_max: EXECUTIONS_MAX,
    };
    let page = app.engine.search(request).await?.page;
    let reads = page.rows.iter().map(|row| async {
        match app.engine.view(row.id, wanted.tasks).await {
            Ok(view) => Ok(Some(view)),
            // Removed meanwhile.
            Err(segue_engine::Error::NoSuchExecution(_)) => Ok(None),
            Err(error) => Err(Problem::from(error)),
        }
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}
