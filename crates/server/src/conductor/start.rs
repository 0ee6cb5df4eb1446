//! `POST /api/workflow` and `POST /api/workflow/{name}`: starts.

use axum::extract::State;
use segue_core::decide::Start;
use segue_core::definition::{IdempotencyStrategy, WorkflowDef};
use segue_core::id::ExecutionId;
use segue_core::json::Json;
use segue_engine::{Engine, StartBy};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::definitions::{refuse_invalid, violations};
use crate::app::App;
use crate::body::{Body, Text};
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, text};
use crate::route::{Route, post};
use crate::wire;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/workflow", "Starts an execution", start).body("StartWorkflowRequest"),
        post("/api/workflow/{name}", "Starts an execution of a definition", start_by_name)
            .params(&["version", "correlationId", "priority"])
            .body("object"),
    ]
}

/// Conductor's StartWorkflowRequest.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct StartRequest {
    #[serde(deserialize_with = "wire::text")]
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "wire::integer")]
    pub(super) version: Option<i64>,
    #[serde(deserialize_with = "wire::text")]
    correlation_id: Option<String>,
    input: Option<Json>,
    task_to_domain: Option<Map<String, Value>>,
    workflow_def: Option<Box<WorkflowDef>>,
    #[serde(deserialize_with = "wire::integer")]
    priority: Option<i64>,
    #[serde(deserialize_with = "wire::text")]
    created_by: Option<String>,
    #[serde(deserialize_with = "wire::text")]
    idempotency_key: Option<String>,
    idempotency_strategy: Option<IdempotencyStrategy>,
}

async fn start(State(app): State<App>, Body(request): Body<StartRequest>) -> Reply {
    text(begin(&app.engine, request).await?.to_string())
}

async fn start_by_name(State(app): State<App>, At(name): At<String>, params: Params, body: Text) -> Reply {
    let request = StartRequest {
        name: Some(name),
        version: params.number("version")?,
        correlation_id: params.text("correlationId").map(str::to_owned),
        priority: params.number("priority")?,
        input: Some(body.object()?),
        ..StartRequest::default()
    };
    text(begin(&app.engine, request).await?.to_string())
}

/// Starts what a request asks for, or finds what has its key.
pub(super) async fn begin(engine: &Engine, request: StartRequest) -> Result<ExecutionId, Problem> {
    let what = what(engine, &request).await?;
    let strategy = request.idempotency_strategy;
    let start = asked(request)?;
    match start.start_key.clone() {
        None => Ok(engine.start(what, start).await?.execution),
        Some(key) => keyed(engine, what, start, &key, strategy).await,
    }
}

/// What a request says of the execution.
pub(super) fn asked(request: StartRequest) -> Result<Start, Problem> {
    let priority = request.priority.unwrap_or(0);
    let Some(priority) = u8::try_from(priority).ok().filter(|priority| *priority <= 99) else {
        let bound = if priority < 0 { "minimum 0" } else { "maximum 99" };
        return Err(Problem::invalid_field("priority", format!("priority: {priority} should be {bound}")));
    };
    let input = request.input.unwrap_or_default();
    if !is_object(&input) {
        return Err(Problem::invalid_field("input", "input must be a JSON object"));
    }
    Ok(Start {
        input,
        correlation_id: request.correlation_id.map(Into::into),
        priority,
        domains: request.task_to_domain.unwrap_or_default(),
        start_key: request.idempotency_key.filter(|key| !key.is_empty()).map(Into::into),
        created_by: request.created_by.filter(|who| !who.is_empty()).map(Into::into),
        event: None,
    })
}

/// Which definition a request names or brings.
pub(super) async fn what(engine: &Engine, request: &StartRequest) -> Result<StartBy, Problem> {
    if let Some(definition) = &request.workflow_def {
        let mut definition = definition.clone();
        if definition.name.is_empty() {
            definition.name = request.name.clone().unwrap_or_default();
        }
        refuse_invalid(violations(engine, &definition, "workflowDef").await)?;
        return Ok(StartBy::Definition(definition));
    }
    let Some(name) = request.name.clone().filter(|name| !name.is_empty()) else {
        return Err(Problem::invalid_field("name", "Workflow name cannot be null or empty"));
    };
    match request.version.map(u32::try_from).transpose() {
        Ok(version) => Ok(StartBy::Name(name, version)),
        // No definition has a version that is out of range.
        Err(_) => {
            let version = request.version.unwrap_or_default();
            Err(Problem::not_found(format!("No such workflow defined. name={name}, version={version}")))
        }
    }
}

/// Generations of one key that may have ended before FAIL_ON_RUNNING gives up.
const GENERATIONS_MAX: u32 = 1000;

/// A start with a key. A key belongs to one execution for ever, so a start that is allowed once the earlier one
/// has ended takes the next generation of the key.
async fn keyed(
    engine: &Engine,
    what: StartBy,
    start: Start,
    key: &str,
    strategy: Option<IdempotencyStrategy>,
) -> Result<ExecutionId, Problem> {
    for generation in 1..=GENERATIONS_MAX {
        let mut attempt = start.clone();
        if generation > 1 {
            attempt.start_key = Some(format!("{key}\u{1f}{generation}").into());
        }
        let started = engine.start(what.clone(), attempt).await?;
        if !started.existed {
            return Ok(started.execution);
        }
        match strategy.unwrap_or(IdempotencyStrategy::Fail) {
            IdempotencyStrategy::ReturnExisting => return Ok(started.execution),
            IdempotencyStrategy::FailOnRunning
                if engine.status(started.execution).await?.status.is_terminal() => {}
            IdempotencyStrategy::Fail | IdempotencyStrategy::FailOnRunning => {
                return Err(Problem::conflict(format!(
                    "Workflow with idempotency key {key} already exists: {}",
                    started.execution
                )));
            }
        }
    }
    Err(Problem::conflict(format!("idempotency key {key} was used {GENERATIONS_MAX} times")))
}

pub(super) fn is_object(json: &Json) -> bool {
    json.text().trim_start().starts_with('{')
}
