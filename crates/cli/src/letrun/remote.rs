//! Tasks of letrun files whose executions are on a server: done here, where the project is.

use std::path::PathBuf;
use std::time::Duration;

use segue_client::{Client, Outcome, Task};
use segue_dialects::letrun::handler::Handler;
use segue_handlers::host::{Attempt, Host, LogLine, Outcome as Ended, Workflow};
use segue_handlers::letrun::{self, Failed, Level, Services};
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::loggers::Loggers;
use super::resolve::{TASKS_MAX, finished_of};
use super::scripts::{Lines, in_added_language};
use super::{setup::Setup, shown};

/// Statuses of tasks that are over.
const OVER: &str =
    "COMPLETED,COMPLETED_WITH_ERRORS,SKIPPED,FAILED,FAILED_WITH_TERMINAL_ERROR,TIMED_OUT,CANCELED";
/// A letrun task may pause for less than Conductor's wire can say.
const PAUSE_MIN_SECONDS: u64 = 1;

/// Does the tasks of a server with a project.
pub(crate) struct Remote {
    client: Client,
    host: Host,
    /// For system tasks that no plugin asks about.
    services: Services,
    directory: PathBuf,
    patience: Duration,
    /// Where lines about tasks go.
    lines: Lines,
    /// Where those of system tasks go.
    loggers: Loggers,
    /// True as soon as tasks under way are to be given back.
    gives_up: watch::Receiver<bool>,
}

impl Remote {
    pub(crate) fn new(client: Client, setup: &Setup, gives_up: watch::Receiver<bool>) -> Self {
        let services = setup.builtins.services(setup.http.clone());
        Self {
            client,
            host: setup.host.clone(),
            services: Services { directory: Some(setup.directory.clone()), ..services },
            directory: setup.project.root.clone(),
            patience: setup.patience,
            lines: setup.surface.lines(),
            loggers: setup.loggers.clone(),
            gives_up,
        }
    }

    /// Does a task to its end, or gives it back.
    pub(crate) async fn run(&self, task: Task) -> Outcome {
        let mut gives_up = self.gives_up.clone();
        tokio::select! {
            outcome = self.attempt(&task) => outcome,
            _ = gives_up.wait_for(|gives_up| *gives_up) => {
                (self.lines)("info", &format!("{} is given back", task.reference_task_name));
                Outcome::InProgress { output: task.output.clone(), callback_after_seconds: 0 }
            }
        }
    }

    async fn attempt(&self, task: &Task) -> Outcome {
        let workflow = match self.workflow(task).await {
            Ok(workflow) => workflow,
            Err(error) => return Outcome::Failed(format!("its workflow cannot be read: {error}")),
        };
        let mut attempt = self.described(task, workflow);
        (self.lines)("verbose", &format!("{} is begun", task.reference_task_name));
        if let Some(ended) = in_added_language(&self.host, &attempt).await {
            return reported(&ended);
        }
        if let (false, Handler::System(system)) =
            (self.host.sees_every_task(), Handler::parse(&attempt.handler))
            && system != "workflow"
        {
            return self.system(system, task, &attempt).await;
        }
        match self.finished(task).await {
            Ok(tasks) => attempt.workflow.tasks = tasks,
            Err(error) => return Outcome::Failed(format!("its workflow cannot be read: {error}")),
        }
        let ended = self.host.run(attempt).await;
        self.follow_up(task, &ended).await;
        reported(&ended)
    }

    /// The tasks that are over.
    async fn finished(&self, task: &Task) -> Result<Map<String, Value>, segue_client::Error> {
        let path = format!("/workflow/{}/tasks?status={OVER}&count={TASKS_MAX}", task.workflow_instance_id);
        let mut page = self.client.get(&path).await?;
        let all = page.get("totalHits").and_then(Value::as_u64).unwrap_or(0);
        if let Some(earlier) = all.checked_sub(TASKS_MAX as u64).filter(|earlier| *earlier > 0) {
            page = self.client.get(&format!("{path}&start={earlier}")).await?;
        }
        Ok(finished_of(page.get("results").and_then(Value::as_array).map_or(&[][..], Vec::as_slice)))
    }

    /// What the handler changed besides its output, and what it said.
    async fn follow_up(&self, task: &Task, ended: &Ended) {
        if !ended.variables.is_empty() {
            let path = format!("/workflow/{}/variables", task.workflow_instance_id);
            if let Err(error) = self.client.post(&path, &json!(ended.variables)).await {
                tracing::warn!(%error, "variables that a handler set are lost");
            }
        }
        let line = |line: &LogLine| format!("{}: {}", line.level, line.message);
        let text = ended.logs.iter().map(line).collect::<Vec<_>>().join("\n");
        self.log(task, &text).await;
    }

    async fn log(&self, task: &Task, text: &str) {
        if text.is_empty() {
            return;
        }
        let path = format!("/tasks/{}/log", task.task_id);
        if let Err(error) = self.client.post(&path, &json!(text)).await {
            tracing::warn!(%error, "the log of a task is lost");
        }
    }

    async fn system(&self, system: &str, task: &Task, attempt: &Attempt) -> Outcome {
        let loggers = self.loggers.clone();
        let (said, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let services = Services {
            logger: std::sync::Arc::new(move |level: Level, text: &str| {
                loggers.log(level.as_str(), text);
                // The other end is there as long as the task runs.
                let _ = said.send(format!("{}: {text}", level.as_str()));
            }),
            now_ms: now_ms(),
            earlier: match &task.output {
                Value::Object(output) if output.is_empty() => Value::Null,
                output => output.clone(),
            },
            effect_key: task.effect_key.as_deref().unwrap_or_default().into(),
            ..self.services.clone()
        };
        let ended = letrun::run(system, &attempt.input, &services).await;
        let mut logged = Vec::new();
        while let Ok(line) = heard.try_recv() {
            logged.push(line);
        }
        self.log(task, &logged.join("\n")).await;
        match ended {
            Ok(done) => match done.park {
                None => Outcome::Completed(done.output),
                Some(pause) => Outcome::InProgress {
                    output: done.output,
                    callback_after_seconds: pause.as_secs().max(PAUSE_MIN_SECONDS),
                },
            },
            Err(failed) => refused(&failed),
        }
    }

    /// The execution as handlers see it.
    async fn workflow(&self, task: &Task) -> Result<Workflow, segue_client::Error> {
        let id = &task.workflow_instance_id;
        let seen = self.client.get(&format!("/workflow/{id}?includeTasks=false")).await?;
        let map = |key: &str| seen.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
        Ok(Workflow {
            id: id.clone(),
            name: crate::print::field(&seen, "workflowName"),
            status: "executing".to_owned(),
            input: Value::Object(map("input")),
            variables: map("variables"),
            tasks: Map::new(),
        })
    }

    fn described(&self, task: &Task, workflow: Workflow) -> Attempt {
        let of = |key: &str| task.workflow_task.get("taskDefinition").and_then(|def| def.get(key));
        let retry_max = task.workflow_task.get("retryCount").or_else(|| of("retryCount"));
        let retry_max = retry_max.and_then(Value::as_i64).unwrap_or(0);
        Attempt {
            id: task.task_id.clone(),
            handler: crate::print::field(&task.input, "handler"),
            input: task.input.clone(),
            runtime_name: Some(shown::name(&task.reference_task_name)),
            retries: task.retry_count,
            is_last: i64::from(task.retry_count) >= retry_max,
            retry: json!({
                "retryCount": retry_max,
                "retryStrategy": "fixed",
                "retryDelaySeconds": of("retryDelaySeconds"),
            }),
            workflow,
            directory: Some(self.directory.clone()),
            deadline: Some(Instant::now() + self.patience),
        }
    }
}

fn reported(ended: &Ended) -> Outcome {
    match &ended.error {
        None => Outcome::Completed(ended.output()),
        Some(error) => Outcome::FailedWith {
            reason: error.message.clone(),
            output: ended.output(),
            is_terminal: ended.is_terminal(),
        },
    }
}

fn refused(failed: &Failed) -> Outcome {
    Outcome::FailedWith {
        reason: failed.message.clone(),
        output: failed.output(),
        is_terminal: failed.terminal,
    }
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
