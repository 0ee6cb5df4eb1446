//! The points where a program that embeds the host takes part: what plugins are to a project, as Rust traits.
//!
//! | Plugin | Here |
//! |---|---|
//! | `task-invoker`, `retry` | [`TaskInvoker`], which may call the next one as often as it likes |
//! | `pre-run-task`, `post-run-task` | [`TaskHook`] |
//! | `pre-run-workflow`, `post-run-workflow` | [`WorkflowHook`] |
//! | `script-engine` | [`ScriptEngine`] |
//! | `task-handler-location-resolver` | [`LocationResolver`] |
//! | `parameter-interpolator` | [`ParameterInterpolator`] |
//! | `input-parameter` | [`InputReader`] |
//! | `id-generator` | [`IdGenerator`] |
//! | `logger`, `log-transport` | [`Surroundings::log`](super::Surroundings::log) |
//! | `command` | none: the program has its own |
//!
//! Extensions come before plugins of the same kind.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::Shared;
use super::attempt::{Attempt, Outcome, TaskError, Workflow};

/// Runs tasks, alone or around the one behind it.
#[async_trait]
pub trait TaskInvoker: Send + Sync {
    /// Runs an attempt. `next` is the invoker behind this one; the last finds the handler and runs it.
    async fn invoke(&self, attempt: Attempt, next: Next<'_>) -> Outcome;
}

/// Sees every task before and after it runs.
#[async_trait]
pub trait TaskHook: Send + Sync {
    /// Sees an attempt, and may change it. An error is the attempt's.
    async fn before(&self, attempt: &mut Attempt) -> Result<(), TaskError> {
        let _ = attempt;
        Ok(())
    }

    /// Sees what came of a task: once, when no other attempt follows.
    async fn after(&self, attempt: &Attempt, outcome: &Outcome) {
        let _ = (attempt, outcome);
    }
}

/// Sees every workflow before and after it runs.
#[async_trait]
pub trait WorkflowHook: Send + Sync {
    /// Sees a workflow, and may return another in its place. An error is the workflow's.
    async fn before(&self, workflow: &Workflow) -> Result<Option<Value>, TaskError> {
        let _ = workflow;
        Ok(None)
    }

    /// Sees how a workflow ended.
    async fn after(&self, workflow: &Workflow, result: Option<&Value>, error: Option<&str>) {
        let _ = (workflow, result, error);
    }
}

/// Runs scripts of a language.
#[async_trait]
pub trait ScriptEngine: Send + Sync {
    /// Whether it takes a language, or files with an extension (`.lua`).
    fn supports(&self, language: &str) -> bool;
    /// Runs a script.
    async fn run(&self, script: &str, input: &Value) -> Result<Value, TaskError>;
}

/// Knows where handlers are.
pub trait LocationResolver: Send + Sync {
    /// The file or package of a handler, as the workflow names it; nothing if others shall look for it.
    fn resolve(&self, handler: &str) -> Option<PathBuf>;
}

/// Resolves what is left in parameters after the engine's own placeholders.
pub trait ParameterInterpolator: Send + Sync {
    /// The parameters of an attempt, resolved.
    fn interpolate(&self, parameters: Value, attempt: &Attempt) -> Result<Value, TaskError>;
}

/// Reads workflows and inputs in forms of its own.
#[async_trait]
pub trait InputReader: Send + Sync {
    /// The value of what the user gave; nothing if it is not for this reader.
    async fn read(&self, raw: &str) -> Result<Option<Value>, TaskError>;
}

/// Makes ids of workflows.
pub trait IdGenerator: Send + Sync {
    /// An id, below that of its parent.
    fn generate(&self, parent: Option<&str>) -> String;
}

/// What a program adds to its host. The first in a list comes first.
#[derive(Clone, Default)]
#[allow(missing_docs)]
pub struct Extensions {
    pub task_invokers: Vec<Arc<dyn TaskInvoker>>,
    pub task_hooks: Vec<Arc<dyn TaskHook>>,
    pub workflow_hooks: Vec<Arc<dyn WorkflowHook>>,
    pub script_engines: Vec<Arc<dyn ScriptEngine>>,
    pub location_resolvers: Vec<Arc<dyn LocationResolver>>,
    pub parameter_interpolators: Vec<Arc<dyn ParameterInterpolator>>,
    pub input_readers: Vec<Arc<dyn InputReader>>,
    pub id_generator: Option<Arc<dyn IdGenerator>>,
}

impl Extensions {
    /// Whether every task must pass them.
    pub(super) fn see_every_task(&self) -> bool {
        !(self.task_invokers.is_empty()
            && self.task_hooks.is_empty()
            && self.parameter_interpolators.is_empty())
    }

    fn interpolate(&self, attempt: &mut Attempt) -> Result<(), TaskError> {
        for interpolator in &self.parameter_interpolators {
            let parameters = attempt.input.get("parameters").cloned().unwrap_or_default();
            let parameters = interpolator.interpolate(parameters, attempt)?;
            if let Some(input) = attempt.input.as_object_mut() {
                input.insert("parameters".to_owned(), parameters);
            }
        }
        Ok(())
    }

    async fn prepare(&self, attempt: &mut Attempt) -> Result<(), TaskError> {
        self.interpolate(attempt)?;
        for hook in &self.task_hooks {
            hook.before(attempt).await?;
        }
        Ok(())
    }

    /// Runs an attempt through all that have a part in it.
    pub(super) async fn run(&self, mut attempt: Attempt, shared: &Shared) -> Outcome {
        let outcome = match self.prepare(&mut attempt).await {
            Ok(()) if self.task_hooks.is_empty() => return self.invoke(attempt, shared).await,
            Ok(()) => self.invoke(attempt.clone(), shared).await,
            Err(error) => Outcome::failed(error),
        };
        if outcome.error.is_none() || attempt.is_last || outcome.is_terminal() {
            for hook in &self.task_hooks {
                hook.after(&attempt, &outcome).await;
            }
        }
        outcome
    }

    async fn invoke(&self, attempt: Attempt, shared: &Shared) -> Outcome {
        Next { rest: &self.task_invokers, shared }.invoke(attempt).await
    }
}

/// The invokers that follow.
#[derive(Clone, Copy)]
pub struct Next<'a> {
    rest: &'a [Arc<dyn TaskInvoker>],
    shared: &'a Shared,
}

impl Next<'_> {
    /// Runs an attempt in the next invoker.
    pub async fn invoke(&self, attempt: Attempt) -> Outcome {
        match self.rest.split_first() {
            Some((first, rest)) => first.invoke(attempt, Next { rest, ..*self }).await,
            None => self.shared.run_with_plugins(&Arc::new(attempt)).await,
        }
    }
}

impl std::fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Next").field("others", &self.rest.len()).finish_non_exhaustive()
    }
}
