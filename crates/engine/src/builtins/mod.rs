//! What the engine does itself outside the core: scripts, and tasks of built-in types, which are workers of their own
//! queues on every node, with a lease and a heartbeat like any other.

mod http;
mod scripts;
mod workflows;

use std::sync::Arc;

use segue_core::decide::Merge;
use segue_core::json::Json;
use segue_core::status::TaskStatus;
use segue_handlers::{EvaluatorOptions, Evaluators, HttpOptions};
use serde_json::Value;

use crate::engine::{Engine, Report};
use crate::evaluator::Evaluator;

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

    /// Does the engine's tasks of all built-in types until it shuts down.
    pub fn serve(&self, engine: &Engine, http: HttpOptions) {
        http::serve(engine, HttpOptions { evaluators: Some(self.evaluators.clone()), ..http });
        workflows::serve(engine);
    }
}

fn completed(output: &Value) -> Report {
    Report::completed(Json::of(output))
}

fn failed(reason: impl AsRef<str>) -> Report {
    Report { reason: Some(reason.as_ref().into()), merge: Merge::Replace, ..Report::of(TaskStatus::Failed) }
}
