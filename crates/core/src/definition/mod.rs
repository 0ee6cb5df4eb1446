//! Definitions: the blueprint of an execution, in Conductor's format with the native extensions.
//!
//! The structs carry the wire names and defaults; [`validate()`] holds every rule that a definition must meet
//! before it is registered. Nothing here runs anything.

mod cases;
mod children;
mod event_handler;
mod graph;
mod node;
mod policy;
mod schedule;
mod seconds;
mod sub_workflow;
mod task;
#[cfg(test)]
mod tests;
pub mod validate;
mod wire;
mod workflow;

pub use crate::expression::ExpressionStyle;
pub use cases::Cases;
pub use event_handler::{
    ActionKind, EventAction, EventHandler, StartAction, TaskAction, TerminateAction, VariablesAction,
};
pub(crate) use graph::graph_problems;
pub use node::WorkflowTask;
pub use policy::{
    IdempotencyStrategy, JoinMode, RateLimitPolicy, RetryLogic, TimeoutPolicy, WorkflowTimeoutPolicy,
};
pub use schedule::{CronPlace, CronSchedule, Schedule};
pub use seconds::Seconds;
pub use sub_workflow::{InlineDefinition, SubWorkflowParams};
pub use task::TaskDef;
pub use validate::{Violation, validate, validate_event_handler, validate_schedule, validate_task_def};
pub use workflow::{CacheConfig, RateLimitConfig, WorkflowDef};
