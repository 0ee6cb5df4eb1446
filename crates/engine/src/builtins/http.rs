//! HTTP tasks.

use std::sync::Arc;
use std::time::Duration;

use segue_core::status::TaskStatus;
use segue_handlers::{HttpHandler, HttpOutcome};

use crate::engine::{Engine, Report};
use crate::node::Assignment;

pub(super) fn serve(engine: &Engine, handler: Arc<HttpHandler>) {
    engine.serve("HTTP", move |assignment| {
        let handler = handler.clone();
        async move { call(&handler, &assignment).await }
    });
}

async fn call(handler: &HttpHandler, assignment: &Assignment) -> Report {
    let is_async = assignment.plan.node(assignment.task.node).task.async_complete;
    match handler.call(assignment.input(), &assignment.effect_key).await {
        HttpOutcome::Completed { output } if !is_async => Report::completed(output),
        HttpOutcome::Completed { output } | HttpOutcome::InProgress { output } => {
            Report { output: Some(output), ..Report::of(TaskStatus::InProgress) }
        }
        HttpOutcome::Failed { reason, output, retry_after } => Report {
            output: Some(output),
            reason: Some(reason.into()),
            callback_after_ms: retry_after.map_or(0, milliseconds),
            ..Report::of(TaskStatus::Failed)
        },
    }
}

pub(super) fn milliseconds(pause: Duration) -> i64 {
    i64::try_from(pause.as_millis()).unwrap_or(i64::MAX)
}
