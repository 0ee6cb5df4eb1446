//! `/api/workflow/{id}/…`: where the flow goes on. Each answers with what it would do if asked with `dryRun=true`.

use axum::extract::State;
use segue_core::decide::{Refusal, Skip};
use segue_core::id::ExecutionId;
use segue_core::json::Json;
use segue_engine::{By, Control, Engine, Error, Rerun, RetryFrom};
use serde_json::{Map, Value};

use super::ids;
use crate::app::App;
use crate::body::Text;
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json, no_content, nothing, text};
use crate::route::{Route, post, put};

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/workflow/{id}/retry", "Runs an execution again from its failures", retry)
            .params(&["resumeSubworkflowTasks", "dryRun"]),
        post("/api/workflow/{id}/restart", "Runs an execution again from its beginning", restart)
            .params(&["useLatestDefinitions", "dryRun"]),
        post("/api/workflow/{id}/rerun", "Runs an execution again from one of its tasks", rerun)
            .params(&["dryRun"])
            .body("RerunWorkflowRequest"),
        put("/api/workflow/{id}/skiptask/{ref}", "Marks a task as skipped", skip)
            .params(&["dryRun"])
            .body("SkipTaskRequest"),
        post("/api/workflow/{id}/jump/{ref}", "Goes on at a task", jump).params(&["dryRun"]).body("object"),
        post("/api/workflow/{id}/upgrade", "Goes on by another version", upgrade)
            .params(&["dryRun"])
            .body("UpgradeWorkflowRequest"),
        post("/api/workflow/{id}/resetcallbacks", "Hands out at once what waits for its time", reset),
    ]
}

async fn retry(State(app): State<App>, At(id): At<String>, params: Params) -> Reply {
    act_quietly(&app, &id, retrying(&params)?, &params).await
}

/// Does it and answers nothing, or says what it would do.
async fn act_quietly(app: &App, id: &str, control: Control, params: &Params) -> Reply {
    match act(&app.engine, ids::workflow(id)?, control, params).await? {
        Some(preview) => json(&preview),
        None => no_content(),
    }
}

/// How a retry is asked for.
pub(super) fn retrying(params: &Params) -> Result<Control, Problem> {
    let deep = params.flag("resumeSubworkflowTasks", false)?;
    Ok(Control::Retry(if deep { RetryFrom::DeepestChild } else { RetryFrom::Itself }))
}

async fn restart(State(app): State<App>, At(id): At<String>, params: Params) -> Reply {
    act_quietly(&app, &id, restarting(&params)?, &params).await
}

/// How a restart is asked for.
pub(super) fn restarting(params: &Params) -> Result<Control, Problem> {
    let latest = params.flag("useLatestDefinitions", false)?;
    Ok(Control::Restart(if latest { By::Latest } else { By::Pinned }))
}

/// The execution is the one of the path, whatever the body says, as upstream.
async fn rerun(State(app): State<App>, At(id): At<String>, params: Params, body: Text) -> Reply {
    let id = ids::workflow(&id)?;
    let body = body.object()?.object();
    let named = word(&body, "reRunFromTaskId")?;
    let unknown = |name: &str| Problem::bad_request(format!("Task {name} not found"));
    let task = match named {
        Some(name) => Some(name.trim().parse().map_err(|_| unknown(name))?),
        None => None,
    };
    let control = Control::Rerun(Box::new(Rerun {
        task,
        task_input: object(&body, "taskInput")?,
        workflow_input: object(&body, "workflowInput")?,
        correlation_id: word(&body, "correlationId")?.map(Into::into),
    }));
    let done = match preview_or_do(&app.engine, id, control, &params).await {
        Err(Failed::Engine(Error::NoSuchTask(_))) => return Err(unknown(named.unwrap_or_default())),
        done => done?,
    };
    match done {
        Some(preview) => json(&preview),
        None => text(id.to_string()),
    }
}

async fn skip(
    State(app): State<App>,
    At((id, reference)): At<(String, String)>,
    params: Params,
    body: Text,
) -> Reply {
    let id = ids::workflow(&id)?;
    let body = body.object()?.object();
    let skip = Skip {
        reference: reference.clone(),
        input: object(&body, "taskInput")?,
        output: object(&body, "taskOutput")?,
    };
    match preview_or_do(&app.engine, id, Control::Skip(Box::new(skip)), &params).await {
        Err(Failed::Engine(Error::Refused { refusal: Refusal::NotRunning(_), .. })) => {
            Err(Problem::conflict(format!(
                "The workflow {id} is not running so the task referenced by {reference} cannot be skipped"
            )))
        }
        Err(failed) => Err(named(&app.engine, id, failed).await),
        Ok(Some(preview)) => json(&preview),
        Ok(None) => nothing(),
    }
}

/// The body is the input of the task; an empty one leaves what the definition gives.
async fn jump(
    State(app): State<App>,
    At((id, reference)): At<(String, String)>,
    params: Params,
    body: Text,
) -> Reply {
    let id = ids::workflow(&id)?;
    let input = Some(body.object()?).filter(|input| !input.object().is_empty());
    let control = Control::Jump { reference, input };
    match preview_or_do(&app.engine, id, control, &params).await {
        Err(failed) => Err(named(&app.engine, id, failed).await),
        Ok(Some(preview)) => json(&preview),
        Ok(None) => nothing(),
    }
}

async fn upgrade(State(app): State<App>, At(id): At<String>, params: Params, body: Text) -> Reply {
    let id = ids::workflow(&id)?;
    let body = body.object()?.object();
    let name = word(&body, "name")?;
    let is = app.engine.read(id, |execution| execution.started.name.to_string()).await?;
    if let Some(name) = name.filter(|name| *name != is) {
        return Err(Problem::bad_request(format!("Workflow {id} runs {is}, not {name}")));
    }
    let version = match body.get("version") {
        None | Some(Value::Null) => None,
        Some(version) => {
            let number = version.as_u64().and_then(|number| u32::try_from(number).ok());
            Some(number.ok_or_else(|| Problem::bad_request("version must be a positive number"))?)
        }
    };
    let map = |key| Ok::<_, Problem>(object(&body, key)?.map(|json| json.object()).unwrap_or_default());
    let control = Control::Upgrade {
        version: version.filter(|version| *version > 0),
        input: map("workflowInput")?,
        outputs: map("taskOutput")?,
    };
    match preview_or_do(&app.engine, id, control, &params).await {
        Err(failed) => Err(named(&app.engine, id, failed).await),
        Ok(Some(preview)) => json(&preview),
        Ok(None) => nothing(),
    }
}

async fn reset(State(app): State<App>, At(id): At<String>) -> Reply {
    match app.engine.control(ids::workflow(&id)?, Control::ResetCallbacks).await {
        Err(Error::Refused { refusal: Refusal::Ended(status), .. }) => {
            Err(Problem::conflict(format!("Workflow is in terminal state. Status = {status}")))
        }
        Err(error) => Err(error.into()),
        Ok(_) => no_content(),
    }
}

/// Why something was not done.
enum Failed {
    Engine(Error),
    Problem(Problem),
}

impl From<Failed> for Problem {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Engine(error) => error.into(),
            Failed::Problem(problem) => problem,
        }
    }
}

async fn act(
    engine: &Engine,
    id: ExecutionId,
    control: Control,
    params: &Params,
) -> Result<Option<Value>, Problem> {
    Ok(preview_or_do(engine, id, control, params).await?)
}

/// What it would do, if that is asked for; else does it.
async fn preview_or_do(
    engine: &Engine,
    id: ExecutionId,
    control: Control,
    params: &Params,
) -> Result<Option<Value>, Failed> {
    if params.dry_run().map_err(Failed::Problem)? {
        let preview = engine.preview(id, control).await.map_err(Failed::Engine)?;
        return Ok(Some(serde_json::to_value(preview).unwrap_or_default()));
    }
    engine.control(id, control).await.map_err(Failed::Engine)?;
    Ok(None)
}

/// A reference that is unknown, with the definition that lacks it.
async fn named(engine: &Engine, id: ExecutionId, failed: Failed) -> Problem {
    let Failed::Engine(Error::Refused { refusal: Refusal::NoSuchReference(reference), .. }) = &failed else {
        return failed.into();
    };
    match engine.read(id, |execution| execution.started.name.to_string()).await {
        Ok(name) => Problem::not_found(format!(
            "The task referenced by {reference} does not exist in the WorkflowDefinition {name}"
        )),
        Err(error) => error.into(),
    }
}

fn word<'a>(body: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, Problem> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(Problem::bad_request(format!("{key} must be a text"))),
    }
}

fn object(body: &Map<String, Value>, key: &str) -> Result<Option<Json>, Problem> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(object @ Value::Object(_)) => Ok(Some(Json::of(object))),
        Some(_) => Err(Problem::bad_request(format!("{key} must be a JSON object"))),
    }
}
