//! The tasks that touch the user's machine: the project's handlers, and every task if a plugin decides on all of them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use segue_core::decide::Merge;
use segue_core::execution::Execution;
use segue_core::json::Json;
use segue_core::status::TaskStatus;
use segue_dialects::letrun::SCRIPT_QUEUE;
use segue_dialects::letrun::handler::Handler;
use segue_engine::{Assignment, Engine, Report, SystemTasks};
use segue_handlers::host::{Attempt, Host, LogLine, Outcome, Surroundings, TaskError, Workflow};
use segue_handlers::letrun::{Level, Services, run_to_end};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::file::{Flow, Reading};
use super::memo::{Key, Memo, stamp};
use super::shown;
use crate::project::Project;

/// Takes lines of handlers with their levels.
pub(crate) type Lines = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// What handlers may use of the machine.
pub(crate) struct Machine {
    /// For system tasks.
    pub(crate) services: Services,
    /// Where relative paths begin.
    pub(crate) directory: PathBuf,
    /// For workflows that are read while one runs.
    pub(crate) project: Project,
    /// How these are read.
    pub(crate) reading: Reading,
    /// Where lines go.
    pub(crate) lines: Lines,
}

#[async_trait]
impl Surroundings for Machine {
    async fn system_task(&self, name: &str, input: Value, _: &Attempt) -> Result<Value, TaskError> {
        if name == "workflow" || name == "run-workflow" {
            return self.workflow(&input);
        }
        let mut services = self.services.clone();
        services.directory = Some(self.directory.clone());
        let lines = self.lines.clone();
        services.logger = Arc::new(move |level: Level, text: &str| lines(level.as_str(), text));
        run_to_end(name, &input, &services).await.map_err(|failed| TaskError {
            name: failed.name,
            message: failed.message,
            stack: None,
        })
    }

    fn log(&self, line: &LogLine) {
        (self.lines)(&line.level, &line.message);
    }
}

impl Machine {
    /// The native form of a workflow that is named while another runs.
    fn workflow(&self, input: &Value) -> Result<Value, TaskError> {
        let parameters = input.get("parameters").cloned().unwrap_or_default();
        let text = match (parameters.get("file"), parameters.get("workflow")) {
            (Some(Value::String(file)), None) => {
                let path = [self.directory.join(file), self.project.root.join(file)];
                let found = path.iter().find(|path| path.is_file()).ok_or_else(|| {
                    TaskError::invalid(format!("there is no file {file:?} in {}", self.directory.display()))
                })?;
                let flow = Flow::read(found, &self.project, self.reading);
                return flow.map(|flow| native(&flow)).map_err(|error| TaskError::invalid(error.message));
            }
            (None, Some(Value::String(text))) => text.clone(),
            (None, Some(workflow @ Value::Object(_))) => workflow.to_string(),
            _ => return Err(TaskError::invalid("a workflow needs either `file` or `workflow`")),
        };
        let flow = Flow::parse(&text, &self.directory.join("workflow"), &self.project, self.reading);
        flow.map(|flow| native(&flow)).map_err(|error| TaskError::invalid(error.message))
    }
}

fn native(flow: &Flow) -> Value {
    let definition = serde_json::to_value(&flow.compiled.definition).unwrap_or_default();
    json!({ "result": definition })
}

/// Serves these tasks with a host.
#[derive(Clone)]
pub(crate) struct Scripts {
    pub(crate) engine: Engine,
    pub(crate) host: Host,
    /// Does system tasks that no plugin asks about.
    pub(crate) system: SystemTasks,
    /// Plugins want to see every task.
    pub(crate) is_everything_seen: bool,
    /// Where the workflow's file is.
    pub(crate) directory: PathBuf,
    /// Where handlers are looked for after that, to tell whether one has changed.
    pub(crate) places: Vec<PathBuf>,
    /// How long an attempt may take.
    pub(crate) patience: Duration,
    /// Results of earlier runs.
    pub(crate) memo: Option<Arc<Memo>>,
    pub(crate) lines: Lines,
}

impl Scripts {
    /// Takes such tasks until the engine shuts down.
    pub(crate) fn serve(self) {
        let engine = self.engine.clone();
        let scripts = Arc::new(self);
        engine.serve(SCRIPT_QUEUE, move |assignment| {
            let scripts = scripts.clone();
            async move { scripts.run(&assignment).await }
        });
    }

    async fn run(&self, assignment: &Assignment) -> Report {
        let input = assignment.input().value();
        let attempt = self.attempt(assignment, input).await;
        let key = self.memo.as_ref().filter(|_| !is_always_run(&attempt.handler)).map(|_| self.key(&attempt));
        if let (Some(memo), Some(key)) = (&self.memo, &key)
            && let Some(output) = memo.get(key)
        {
            (self.lines)("info", &format!("{}: kept", attempt.task()));
            return Report::completed(Json::of(&output));
        }
        if let Some(outcome) = in_added_language(&self.host, &attempt).await {
            return report(&outcome);
        }
        if let (false, Handler::System(system)) = (self.is_everything_seen, Handler::parse(&attempt.handler))
            && system != "workflow"
        {
            let report = self.system.attempt(system, assignment).await;
            if let (TaskStatus::Completed, Some(memo), Some(key), Some(output)) =
                (report.status, &self.memo, key, &report.output)
            {
                memo.put(key, output.value());
            }
            return report;
        }
        let outcome = self.host.run(attempt).await;
        if !outcome.variables.is_empty()
            && let Err(error) =
                self.engine.set_variables(assignment.execution, outcome.variables.clone()).await
        {
            tracing::warn!(%error, "variables that a handler set are lost");
        }
        if let (None, Some(memo), Some(key)) = (&outcome.error, &self.memo, key) {
            memo.put(key, outcome.output());
        }
        report(&outcome)
    }

    async fn attempt(&self, assignment: &Assignment, input: Value) -> Attempt {
        let seen = self.engine.read(assignment.execution, workflow).await;
        let name = input.get("handler").and_then(Value::as_str).unwrap_or_default().to_owned();
        let task = &assignment.task;
        let node = assignment.plan.node(task.node);
        let delay = node.task_def.as_ref().map(|def| def.retry_delay_seconds);
        Attempt {
            id: assignment.id().to_string(),
            handler: name,
            input,
            runtime_name: Some(shown::name(&task.frame.name(&node.reference))),
            retries: task.attempt,
            is_last: task.attempt >= node.retry_max,
            retry: json!({"retryCount": node.retry_max, "retryStrategy": "fixed", "retryDelaySeconds": delay}),
            workflow: seen.unwrap_or_default(),
            directory: Some(self.directory.clone()),
            deadline: Some(Instant::now() + self.patience),
        }
    }

    fn key(&self, attempt: &Attempt) -> Key {
        let parameters = attempt.input.get("parameters").map(Value::to_string).unwrap_or_default();
        let file = attempt.handler.split_once(':').map_or(attempt.handler.as_str(), |(_, file)| file);
        let stamps = self.places.iter().map(|place| stamp(&place.join(file))).collect();
        [attempt.task().to_owned(), attempt.handler.clone(), stamps, parameters]
    }
}

/// A lambda in a language that a plugin brings.
pub(super) async fn in_added_language(host: &Host, attempt: &Attempt) -> Option<Outcome> {
    let of = |key: &str| attempt.input.pointer(&format!("/parameters/{key}"));
    let (script, language) = (of("expression")?.as_str()?, of("language")?.as_str()?);
    if attempt.handler != "lambda" || matches!(language, "javascript" | "python") {
        return None;
    }
    let input = of("input").cloned().unwrap_or_default();
    match host.evaluate(language, script, &input).await {
        Ok(None) => None,
        Ok(Some(value)) => Some(Outcome { result: Some(value), ..Outcome::default() }),
        Err(error) => Some(Outcome::failed(error)),
    }
}

/// Tasks that say something rather than yield something.
fn is_always_run(handler: &str) -> bool {
    matches!(handler, "log" | "catch" | "while" | "expect")
}

fn workflow(execution: &Execution) -> Workflow {
    Workflow {
        id: execution.id.to_string(),
        name: execution.plan.name.to_string(),
        status: "executing".to_owned(),
        input: execution.started.input.value(),
        variables: execution.variables.clone(),
        tasks: Map::new(),
    }
}

fn report(outcome: &Outcome) -> Report {
    let output = Some(Json::of(&outcome.output()));
    match &outcome.error {
        None => Report { output, ..Report::of(TaskStatus::Completed) },
        Some(error) => {
            let is_final = outcome.is_terminal();
            let status = if is_final { TaskStatus::FailedWithTerminalError } else { TaskStatus::Failed };
            let reason = Some(error.message.as_str().into());
            Report { output, merge: Merge::Replace, reason, ..Report::of(status) }
        }
    }
}
