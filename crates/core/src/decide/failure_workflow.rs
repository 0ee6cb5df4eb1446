//! The failure workflow: another execution that an unsuccessful end starts.

use std::sync::Arc;

use serde_json::Value;

use super::turn::Turn;
use crate::event::{ExecutionStarted, Frame};
use crate::execution::Scope;
use crate::id::ExecutionId;
use crate::json::Json;
use crate::plan::Plan;
use crate::record::MessageBody;
use crate::view;

/// A failure workflow that is to start, or why it cannot.
pub(super) struct FailureWorkflow(Result<(ExecutionId, Arc<Plan>), String>);

impl FailureWorkflow {
    /// What the execution's definition names; `None` if it names none.
    pub(super) fn of(turn: &Turn<'_>) -> Option<Self> {
        let plan = turn.plan.clone();
        let root = Frame::default();
        let scope = Scope { execution: turn.exec, frame: &root, within: None, task: None };
        let name = match plan.failure_workflow.as_ref()?.render(&scope) {
            Ok(name) => name,
            Err(missing) => return Some(Self(Err(missing.in_field("failureWorkflow").to_string()))),
        };
        let name = name.as_str().unwrap_or_default();
        let version =
            plan.definition.failure_workflow_version.and_then(|version| u32::try_from(version).ok());
        // A failure workflow whose own failure workflow fails, and so on, comes to an end.
        if turn.exec.started.depth >= turn.ctx.limits.depth_max {
            let problem = format!("failure workflows nest deeper than {} levels", turn.ctx.limits.depth_max);
            return Some(Self(Err(problem)));
        }
        let found = turn.ctx.definitions.find(name, version).ok_or_else(|| {
            let version = version.map_or("null".to_owned(), |version| version.to_string());
            format!("No such workflow defined. name={name}, version={version}")
        });
        // No attempt ever has so high an ordinal.
        let origin = turn.exec.id.task(u32::MAX - turn.exec.generation);
        Some(Self(found.map(|plan| (ExecutionId::derived(origin, "failure workflow"), plan))))
    }

    /// The output of the execution that failed, with a note of what follows.
    pub(super) fn noted_in(&self, output: &Json) -> Json {
        let mut merged = output.object();
        let note = match &self.0 {
            Ok((id, _)) => id.to_string(),
            Err(problem) => problem.clone(),
        };
        merged.insert("conductor.failure_workflow".to_owned(), note.into());
        Json::of(&Value::Object(merged))
    }

    /// Starts it, with the execution that has ended as its input.
    pub(super) fn start(self, turn: &mut Turn<'_>) {
        let Ok((id, plan)) = self.0 else { return };
        let failed = &*turn.exec;
        let mut input = failed.started.input.object();
        let blamed = failed.failed.first().map(|ordinal| failed.id.task(*ordinal).to_string());
        input.insert("workflowId".to_owned(), failed.id.to_string().into());
        input.insert("reason".to_owned(), failed.reason.as_deref().map_or(Value::Null, Value::from));
        input.insert("failureStatus".to_owned(), failed.status.as_str().into());
        input.insert("failureTaskId".to_owned(), blamed.map_or(Value::Null, Value::from));
        input.insert("failedWorkflow".to_owned(), view::workflow(failed, view::Tasks::Included));
        let start = super::Start {
            input: Json::of(&Value::Object(input)),
            correlation_id: failed.started.correlation_id.clone(),
            domains: failed.started.domains.clone(),
            ..super::Start::default()
        };
        let started = ExecutionStarted { depth: failed.started.depth + 1, ..start.event(&plan) };
        turn.pinned.push(plan);
        turn.send(id, MessageBody::Start(Box::new(started)));
    }
}
