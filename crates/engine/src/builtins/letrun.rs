//! letrun's system tasks: the queues that are served on every node, and the way to do one taken from elsewhere.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use segue_core::id::TaskId;
use segue_core::json::Json;
use segue_core::status::TaskStatus;
use segue_handlers::letrun::{self, Done, Failed, Level, Services};
use segue_handlers::{Evaluators, HttpHandler};
use serde_json::Value;

use crate::engine::{Engine, Report};
use crate::node::Assignment;

/// A line that a task logs.
#[derive(Debug, Clone, Copy)]
pub struct TaskLine<'a> {
    /// The attempt.
    pub attempt: TaskId,
    /// The task's reference.
    pub task: &'a str,
    /// How much it matters.
    pub level: Level,
    /// The line.
    pub text: &'a str,
}

/// Hears every line when it is logged, from any thread.
pub type LogSink = Arc<dyn Fn(&TaskLine<'_>) + Send + Sync>;

type Lines = Arc<Mutex<Vec<(Level, Box<str>)>>>;

/// Does letrun's system tasks for attempts of one engine.
#[derive(Clone)]
pub struct SystemTasks {
    engine: Engine,
    services: Services,
    log: Option<LogSink>,
}

impl fmt::Debug for SystemTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemTasks").field("services", &self.services).finish_non_exhaustive()
    }
}

impl SystemTasks {
    pub(super) fn new(
        engine: &Engine,
        evaluators: Evaluators,
        http: Arc<HttpHandler>,
        log: Option<LogSink>,
    ) -> Self {
        Self { engine: engine.clone(), services: Services::new(evaluators, http), log }
    }

    /// The same, where tasks may touch the machine: relative paths begin in that directory.
    pub fn in_directory(&self, directory: impl Into<PathBuf>) -> Self {
        let services = Services { directory: Some(directory.into()), ..self.services.clone() };
        Self { services, ..self.clone() }
    }

    /// Does an attempt, whatever queue it comes from, as the system task of that name: its report.
    pub async fn attempt(&self, system: &str, assignment: &Assignment) -> Report {
        let lines = Lines::default();
        let services = self.services(assignment, &lines);
        let ended = letrun::run(system, &assignment.input().value(), &services).await;
        let mut report = report(ended);
        let logged = std::mem::take(&mut *lines.lock());
        let line = |(level, text): (Level, Box<str>)| (None, format!("{}: {text}", level.as_str()).into());
        report.logs = logged.into_iter().map(line).collect();
        report
    }

    fn services(&self, assignment: &Assignment, lines: &Lines) -> Services {
        let (lines, log, attempt) = (lines.clone(), self.log.clone(), assignment.id());
        let task = assignment.task.frame.name(&assignment.plan.node(assignment.task.node).reference);
        let logger = move |level: Level, text: &str| {
            lines.lock().push((level, text.into()));
            if let Some(log) = &log {
                log(&TaskLine { attempt, task: &task, level, text });
            }
        };
        let earlier = &assignment.task.output;
        Services {
            logger: Arc::new(logger),
            now_ms: self.engine.now().0,
            earlier: if earlier.is_empty_object() { Value::Null } else { earlier.value() },
            effect_key: assignment.effect_key.as_str().into(),
            share: assignment.started.name.clone(),
            ..self.services.clone()
        }
    }
}

/// Serves the system tasks that need nothing of the machine.
pub(super) fn serve(engine: &Engine, tasks: &SystemTasks) {
    for system in letrun::ANYWHERE {
        let tasks = tasks.clone();
        engine.serve(&format!("{}{system}", letrun::QUEUE_PREFIX), move |assignment| {
            let tasks = tasks.clone();
            async move { tasks.attempt(system, &assignment).await }
        });
    }
}

fn report(ended: Result<Done, Failed>) -> Report {
    match ended {
        Ok(Done { output, park: None }) => super::completed(&output),
        Ok(Done { output, park: Some(pause) }) => Report {
            output: Some(Json::of(&output)),
            callback_after_ms: super::http::milliseconds(pause),
            ..Report::of(TaskStatus::InProgress)
        },
        Err(failed) => {
            let status = match failed.terminal {
                true => TaskStatus::FailedWithTerminalError,
                false => TaskStatus::Failed,
            };
            Report {
                output: Some(Json::of(&failed.output())),
                reason: Some(failed.message.as_str().into()),
                ..Report::of(status)
            }
        }
    }
}
