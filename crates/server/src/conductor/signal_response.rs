//! Conductor's SignalResponse: what a caller sees who started or signalled an execution and waited for it.

use segue_core::execution::Execution;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::view::{self, Tasks};
use serde_json::{Map, Value};

use super::blocking::{self, Waits};
use crate::app::App;
use crate::error::Problem;
use crate::query::Params;

/// What the answer shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strategy {
    /// The execution that was started or signalled.
    TargetWorkflow,
    /// The one, it or a child, that stands at a wait.
    BlockingWorkflow,
    /// The wait.
    BlockingTask,
    /// The wait, of which the caller wants the input. The same shape.
    BlockingTaskInput,
}

impl Strategy {
    const ALL: [Self; 4] =
        [Self::TargetWorkflow, Self::BlockingWorkflow, Self::BlockingTask, Self::BlockingTaskInput];

    fn as_str(self) -> &'static str {
        match self {
            Self::TargetWorkflow => "TARGET_WORKFLOW",
            Self::BlockingWorkflow => "BLOCKING_WORKFLOW",
            Self::BlockingTask => "BLOCKING_TASK",
            Self::BlockingTaskInput => "BLOCKING_TASK_INPUT",
        }
    }

    /// The parameter `returnStrategy`.
    pub(super) fn of(params: &Params) -> Result<Self, Problem> {
        let Some(name) = params.text("returnStrategy") else { return Ok(Self::TargetWorkflow) };
        Self::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(name)).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            Problem::bad_request(format!("returnStrategy '{name}' is unknown, expected one of {known}"))
        })
    }
}

/// What became of a call.
pub(super) struct Told<'a> {
    /// The execution that was started or signalled.
    pub(super) target: ExecutionId,
    /// The attempt that the call ended, shown where nothing blocks any more.
    pub(super) signalled: Option<TaskId>,
    /// Whether there were news in time.
    pub(super) has_news: bool,
    /// The caller's name for the call.
    pub(super) request_id: Option<&'a str>,
}

/// The answer; `null` where a task is asked for and none blocks.
pub(super) async fn of(app: &App, told: Told<'_>, strategy: Strategy) -> Result<Value, Problem> {
    let target = app.engine.read(told.target, Execution::clone).await?;
    let blocking = match strategy {
        Strategy::TargetWorkflow => None,
        _ => blocking::find(app, told.target, Waits::Untimed).await?,
    };
    let mut response = head(&target, strategy, &told);
    let body = match strategy {
        Strategy::TargetWorkflow => run(&target),
        Strategy::BlockingWorkflow => {
            let shown = blocking.or(told.signalled).map_or(told.target, TaskId::execution);
            match shown == told.target {
                true => run(&target),
                false => run(&app.engine.read(shown, Execution::clone).await?),
            }
        }
        Strategy::BlockingTask | Strategy::BlockingTaskInput => {
            let Some(task) = blocking else { return Ok(Value::Null) };
            let execution = app.engine.read(task.execution(), Execution::clone).await?;
            task_run(&execution, task)
        }
    };
    response.extend(body);
    Ok(Value::Object(response))
}

fn head(target: &Execution, strategy: Strategy, told: &Told<'_>) -> Map<String, Value> {
    let mut head = Map::new();
    let mut put = |key: &str, value: Value| drop(head.insert(key.to_owned(), value));
    put("responseType", strategy.as_str().into());
    put("targetWorkflowId", target.id.to_string().into());
    put("targetWorkflowStatus", target.status.as_str().into());
    if let Some(request_id) = told.request_id {
        put("requestId", request_id.into());
    }
    if !told.has_news {
        put("signalTimeout", true.into());
    }
    head
}

const RUN: [&str; 11] = [
    "workflowId",
    "correlationId",
    "input",
    "output",
    "priority",
    "variables",
    "tasks",
    "createdBy",
    "createTime",
    "status",
    "updateTime",
];

/// Conductor's WorkflowRun.
fn run(execution: &Execution) -> Map<String, Value> {
    pick(view::workflow(execution, Tasks::Included), &RUN.map(|key| (key, key)))
}

const TASK: [(&str, &str); 12] = [
    ("taskType", "taskType"),
    ("taskId", "taskId"),
    ("referenceTaskName", "referenceTaskName"),
    ("retryCount", "retryCount"),
    ("taskDefName", "taskDefName"),
    ("retriedTaskId", "retriedTaskId"),
    ("workflowType", "workflowType"),
    ("reasonForIncompletion", "reasonForIncompletion"),
    ("status", "status"),
    ("workerId", "createdBy"),
    ("scheduledTime", "createTime"),
    ("updateTime", "updateTime"),
];

/// Conductor's TaskRun.
fn task_run(execution: &Execution, id: TaskId) -> Map<String, Value> {
    let shown = [
        ("workflowId", "workflowId"),
        ("correlationId", "correlationId"),
        ("priority", "priority"),
        ("variables", "variables"),
    ];
    let mut run = pick(view::workflow(execution, Tasks::LeftOut), &shown);
    if let Some(task) = execution.task(id.ordinal()) {
        let task = view::task(execution, task);
        let payload = [("inputData", "input"), ("outputData", "output")];
        run.extend(pick(task.clone(), &payload));
        run.extend(pick(task.clone(), &TASK));
        run.insert("tasks".to_owned(), vec![task].into());
    }
    run
}

/// Some members of a view, under the names that they have in the answer.
fn pick(view: Value, members: &[(&str, &str)]) -> Map<String, Value> {
    let Value::Object(mut view) = view else { return Map::new() };
    let found = members.iter().filter_map(|(key, name)| Some(((*name).to_owned(), view.remove(*key)?)));
    found.collect()
}
