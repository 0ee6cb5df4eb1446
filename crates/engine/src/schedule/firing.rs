//! A firing: the execution of `schedule:<name>` that starts what the schedule names, and the record that it is read as
//! (Conductor: `WorkflowScheduleExecutionModel`).

use segue_core::calendar::Due;
use segue_core::decide::Start;
use segue_core::definition::{Schedule, WorkflowDef};
use segue_core::execution::Execution;
use segue_core::id::ExecutionId;
use segue_core::json::Json;
use segue_core::status::ExecutionStatus;
use segue_core::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What the definitions of firings are called. No registered definition has a colon in its name.
const PREFIX: &str = "schedule:";
/// The version of firings by time; those by hand have another, so that a search for the last time passes them over.
pub(crate) const TIMED: u32 = 1;
const BY_HAND: u32 = 2;
/// Conductor cuts reasons here.
const REASON_CHARS_MAX: usize = 999;

/// Why a schedule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// One of its times has come.
    Time,
    /// Somebody asked for it.
    Hand,
}

/// The name of the definition that the firings of a schedule are executions of; `*` in a pattern stands for every schedule.
pub fn firing_definition(schedule: &str) -> String {
    format!("{PREFIX}{schedule}")
}

/// The definition of a firing.
fn definition(schedule: &str, occasion: Occasion) -> WorkflowDef {
    let task = json!({
        // A name that no task definition has, which could say how to repeat it.
        "name": "schedule:start", "taskReferenceName": "start", "type": "START_WORKFLOW",
        "inputParameters": {"startWorkflow": "${workflow.input.startWorkflowRequest}"},
    });
    let output = json!({"workflowId": "${start.output.workflowId}"});
    WorkflowDef {
        name: firing_definition(schedule),
        version: match occasion {
            Occasion::Time => TIMED,
            Occasion::Hand => BY_HAND,
        } as i32,
        tasks: serde_json::from_value(task).into_iter().collect(),
        output_parameters: output.as_object().cloned().unwrap_or_default(),
        ..WorkflowDef::default()
    }
}

/// What is started when a schedule fires, as execution `id`.
pub(crate) fn start(
    schedule: &Schedule,
    due: Due,
    occasion: Occasion,
    id: ExecutionId,
    now: Timestamp,
) -> (WorkflowDef, Start) {
    let (cron, zone) = schedule.crons().nth(due.cron).map_or(("", ""), |(_, cron, zone)| (cron, zone));
    let mut request = schedule.start_workflow_request.clone();
    let mut input = match request.remove("input") {
        Some(Value::Object(input)) => input,
        _ => Map::new(),
    };
    let told = [
        ("_startedByScheduler", Value::from(schedule.name.as_str())),
        ("_scheduledTime", due.at.0.into()),
        ("_executedTime", now.0.into()),
        ("_executionId", id.to_string().into()),
        ("_schedulerCron", cron.into()),
    ];
    input.extend(told.map(|(key, value)| (key.to_owned(), value)));
    request.insert("input".to_owned(), input.into());
    let created_by = request.get("createdBy").and_then(Value::as_str).filter(|who| !who.is_empty());
    let start = Start {
        created_by: created_by.map(Into::into),
        start_key: (occasion == Occasion::Time).then(|| due.at.0.to_string().into()),
        input: Json::of(&json!({
            "scheduleName": schedule.name, "scheduledTime": due.at.0, "executionTime": now.0,
            "zoneId": zone, "startWorkflowRequest": request,
        })),
        ..Start::default()
    };
    (definition(&schedule.name, occasion), start)
}

/// What came of a firing (Conductor's names).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FiringState {
    /// It is under way.
    Polled,
    /// It started something.
    Executed,
    /// It started nothing.
    Failed,
}

/// A firing as its record.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Firing {
    /// The execution that is the firing.
    pub execution_id: ExecutionId,
    /// Whose firing.
    pub schedule_name: String,
    /// The time of the schedule, in Unix milliseconds.
    pub scheduled_time: i64,
    /// When it fired.
    pub execution_time: i64,
    /// What it was to start.
    pub workflow_name: String,
    /// What it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_id: Option<String>,
    /// Why it started nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The request that it made.
    pub start_workflow_request: Value,
    /// What came of it.
    pub state: FiringState,
    /// The zone of the cron.
    pub zone_id: String,
}

impl Firing {
    /// The record of an execution that is a firing.
    pub fn of(execution: &Execution) -> Self {
        let input = execution.started.input.object();
        let text = |key: &str| input.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |key: &str| input.get(key).and_then(Value::as_i64).unwrap_or_default();
        let request = input.get("startWorkflowRequest").cloned().unwrap_or_default();
        let definition = request.get("workflowDef").and_then(|definition| definition.get("name"));
        let name = request.get("name").or(definition).and_then(Value::as_str).unwrap_or_default();
        let state = match execution.status {
            ExecutionStatus::Running | ExecutionStatus::Paused => FiringState::Polled,
            ExecutionStatus::Completed => FiringState::Executed,
            _ => FiringState::Failed,
        };
        let started = execution.output.object().remove("workflowId");
        let blamed = execution.failed.first().and_then(|ordinal| execution.task(*ordinal));
        let reason = blamed.and_then(|task| task.reason.as_deref()).or(execution.reason.as_deref());
        let reason = reason.filter(|_| state == FiringState::Failed);
        Self {
            execution_id: execution.id,
            schedule_name: text("scheduleName"),
            scheduled_time: number("scheduledTime"),
            execution_time: number("executionTime"),
            workflow_name: name.to_owned(),
            workflow_id: started.as_ref().and_then(Value::as_str).map(str::to_owned),
            reason: reason.map(|reason| reason.chars().take(REASON_CHARS_MAX).collect()),
            start_workflow_request: request,
            state,
            zone_id: text("zoneId"),
        }
    }
}
