//! What the engine does itself outside the core: scripts, and tasks of built-in types, which are workers of their own
//! queues on every node, with a lease and a heartbeat like any other.

mod http;
mod letrun;
mod scripts;
mod workflows;

use std::sync::Arc;

use segue_core::decide::Merge;
use segue_core::json::Json;
use segue_core::status::TaskStatus;
use segue_handlers::{EvaluatorOptions, Evaluators, HttpHandler, HttpOptions};
use serde_json::Value;

use crate::engine::{Engine, Report};
use crate::evaluator::Evaluator;
pub use letrun::{LogSink, SystemTasks, TaskLine};

/// How tasks of built-in types are done.
#[derive(Clone, Default)]
pub struct BuiltinOptions {
    /// What calls may do.
    pub http: HttpOptions,
    /// Hears what letrun's tasks log, beside the tasks' own logs.
    pub log: Option<LogSink>,
}

impl From<HttpOptions> for BuiltinOptions {
    fn from(http: HttpOptions) -> Self {
        Self { http, log: None }
    }
}

/// The evaluators and the HTTP client of an engine.
#[derive(Debug, Clone)]
pub struct Builtins {
    evaluators: Evaluators,
}

impl Builtins {
    /// Evaluators for JavaScript, jq and, where the system can confine it, Python. No child is started before a script
    /// needs one.
    pub fn new(options: EvaluatorOptions) -> Self {
        // Executions bound how much they ask; an evaluation that is refused would only be asked for again.
        Self { evaluators: Evaluators::new(EvaluatorOptions { waiting_max: usize::MAX, ..options }) }
    }

    /// For [`crate::Options::evaluator`].
    pub fn evaluator(&self) -> Arc<dyn Evaluator> {
        Arc::new(self.evaluators.clone())
    }

    /// Does the engine's tasks of all built-in types until it shuts down. What it returns does letrun's for whoever
    /// takes them from other queues.
    pub fn serve(&self, engine: &Engine, options: impl Into<BuiltinOptions>) -> SystemTasks {
        let BuiltinOptions { http, log } = options.into();
        let http = HttpOptions { evaluators: Some(self.evaluators.clone()), ..http };
        let http = Arc::new(HttpHandler::new(http));
        let tasks = SystemTasks::new(engine, self.evaluators.clone(), http.clone(), log);
        http::serve(engine, http);
        letrun::serve(engine, &tasks);
        workflows::serve(engine);
        tasks
    }
}

fn completed(output: &Value) -> Report {
    Report::completed(Json::of(output))
}

fn failed(reason: impl AsRef<str>) -> Report {
    Report { reason: Some(reason.as_ref().into()), merge: Merge::Replace, ..Report::of(TaskStatus::Failed) }
}
