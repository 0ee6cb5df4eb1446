//! `POST /api/workflow/test`: runs a definition with results from the request, in no time.

mod cast;

use std::collections::HashMap;

use axum::extract::State;
use segue_core::definition::WorkflowDef;
use segue_core::json::Json;
use segue_core::status::TaskStatus;
use segue_core::view::{self, Tasks};
use segue_engine::rehearsal::{Mock, Rehearsed, Script};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Semaphore;

use cast::Cast;

use super::definitions::{refuse_invalid, violations};
use super::result;
use super::start::{self, StartRequest, is_object};
use crate::app::App;
use crate::body::Text;
use crate::error::Problem;
use crate::reply::{Reply, json};
use crate::route::{Route, post};
use crate::wire;

/// Rehearsals at a time: they need nothing but the processor.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/workflow/test", "Runs a definition with given results, without a trace", test)
            .body("WorkflowTestRequest"),
    ]
}

/// What Conductor's WorkflowTestRequest has beside a start.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TestRequest {
    workflow_def: Option<Box<WorkflowDef>>,
    task_ref_to_mock_output: Option<HashMap<String, Option<Vec<TaskMock>>>>,
    sub_workflow_test_request: Option<HashMap<String, TestRequest>>,
}

/// Conductor's TaskMock; times in milliseconds.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct TaskMock {
    #[serde(deserialize_with = "wire::text")]
    status: Option<String>,
    output: Option<Json>,
    #[serde(deserialize_with = "wire::integer")]
    execution_time: Option<i64>,
    #[serde(deserialize_with = "wire::integer")]
    queue_wait_time: Option<i64>,
}

async fn test(State(app): State<App>, body: Text) -> Reply {
    let start: StartRequest = segue_dialects::json::read_object(&body.0)?;
    let request: TestRequest = segue_dialects::json::read_object(&body.0)?;
    let what = start::what(&app.engine, &start).await?;
    let mut given = Vec::new();
    let script = script(request, "", &mut given)?;
    let mut definitions = Vec::new();
    for (path, definition) in given {
        refuse_invalid(violations(&app.engine, &definition, &path).await)?;
        definitions.push(definition);
    }
    let start = start::asked(start)?;
    // The semaphore is never closed.
    let _turn = AT_ONCE.acquire().await;
    let cast = Cast::of(&script);
    let played = app.engine.rehearse(what, start, script, definitions).await?;
    refuse_invalid(cast.strangers(&played))?;
    json(&shown(&played))
}

/// The execution. One that did not end says what it waits for, since outside a test something would come.
fn shown(played: &Rehearsed) -> Value {
    let mut shown = view::workflow(&played.execution, Tasks::Included);
    if !played.execution.status.is_terminal() {
        let stuck = cast::stuck(played);
        let reason = format!("The test has no result for: {}", stuck.join(", "));
        shown["reasonForIncompletion"] = reason.into();
        shown["waitingFor"] = stuck.into();
    }
    shown
}

/// The script of a request, and the definitions that come with the requests of sub-workflows, each with its path.
fn script(
    request: TestRequest,
    at: &str,
    definitions: &mut Vec<(String, WorkflowDef)>,
) -> Result<Script, Problem> {
    let mut script = Script::default();
    for (reference, mocks) in request.task_ref_to_mock_output.unwrap_or_default() {
        let path = format!("{at}taskRefToMockOutput.{reference}");
        let mocks = mocks.unwrap_or_default().into_iter().map(|mock| mock.read(&path));
        let mocks = mocks.collect::<Result<Vec<_>, _>>()?;
        script.results.insert(reference, mocks);
    }
    for (reference, mut child) in request.sub_workflow_test_request.unwrap_or_default() {
        let path = format!("{at}subWorkflowTestRequest.{reference}");
        if let Some(definition) = child.workflow_def.take() {
            definitions.push((format!("{path}.workflowDef"), *definition));
        }
        script.children.insert(reference, self::script(child, &format!("{path}."), definitions)?);
    }
    Ok(script)
}

impl TaskMock {
    fn read(self, path: &str) -> Result<Mock, Problem> {
        let status = match self.status.as_deref().filter(|status| !status.is_empty()) {
            Some(status) => result::status(status)?,
            None => TaskStatus::Completed,
        };
        let output = self.output.unwrap_or_default();
        if !is_object(&output) {
            return Err(Problem::invalid_field(path, "output must be a JSON object"));
        }
        Ok(Mock {
            status,
            output,
            queue_wait_ms: self.queue_wait_time.unwrap_or(0).max(0),
            execution_ms: self.execution_time.unwrap_or(0).max(0),
        })
    }
}
