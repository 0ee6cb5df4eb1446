//! The start of an execution.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::turn::Turn;
use super::{Context, Decision, Outcome, Refusal};
use crate::definition::WorkflowDef;
use crate::event::{Event, ExecutionStarted, Frame};
use crate::execution::Execution;
use crate::id::ExecutionId;
use crate::json::Json;
use crate::plan::Plan;
use crate::record::MessageId;

/// What a caller says of a new execution.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// Input of the workflow.
    pub input: Json,
    /// The caller's own key.
    pub correlation_id: Option<Arc<str>>,
    /// 0 to 99.
    pub priority: u8,
    /// Task type (or `*`) to a comma-separated list of domains.
    pub domains: Map<String, Value>,
    /// Unique per definition.
    pub start_key: Option<Arc<str>>,
    /// Who asks.
    pub created_by: Option<Arc<str>>,
    /// The event that asks, if one does.
    pub event: Option<Arc<str>>,
}

impl Start {
    /// The first event of an execution of `plan`.
    pub fn event(self, plan: &Plan) -> ExecutionStarted {
        ExecutionStarted {
            name: plan.name.clone(),
            version: u32::try_from(plan.definition.version).unwrap_or(0),
            blueprint: plan.hash,
            input: with_template(self.input, &plan.definition),
            correlation_id: self.correlation_id,
            priority: self.priority.min(99),
            domains: texts(self.domains),
            parent: None,
            root: None,
            depth: 0,
            start_key: self.start_key,
            created_by: self.created_by,
            event: self.event,
        }
    }
}

/// The entries that are texts; domains have no other.
pub(super) fn texts(mut domains: Map<String, Value>) -> Map<String, Value> {
    domains.retain(|_, value| value.is_string());
    domains
}

/// Lays the input over the definition's template. In Conductor's style an empty input stays empty, as upstream.
pub(super) fn with_template(input: Json, definition: &WorkflowDef) -> Json {
    let template = &definition.input_template;
    if template.is_empty() || (input.is_empty_object() && definition.expression_style.is_conductor()) {
        return input;
    }
    let mut given = input.object();
    for (key, value) in template {
        given.entry(key.clone()).or_insert_with(|| value.clone());
    }
    Json::of(&Value::Object(given))
}

/// Creates an execution and decides its first record. `message` is the message that asked for it, if one did.
///
/// # Errors
/// Only [`Refusal::Misfit`], for a definition that contradicts itself.
pub fn start(
    id: ExecutionId,
    plan: Arc<Plan>,
    started: ExecutionStarted,
    message: Option<MessageId>,
    context: &Context<'_>,
) -> Result<(Execution, Decision), Refusal> {
    let mut execution = Execution::new(id, plan, Arc::new(started.clone()), context.now);
    let mut turn = Turn::new(&mut execution, context);
    turn.emit(Event::ExecutionStarted(Box::new(started)));
    turn.applied.extend(message);
    let plan = turn.plan.clone();
    turn.pinned.push(plan.clone());
    let root = Frame::default();
    match plan.first {
        Some(first) => turn.visit_next(first, &root),
        None => turn.settle(crate::event::Step::Settle { frame: root, reference: None }),
    }
    let decision = turn.finish(Outcome::Applied)?;
    Ok((execution, decision))
}
