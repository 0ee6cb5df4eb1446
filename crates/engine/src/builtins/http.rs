//! HTTP tasks.

use std::sync::Arc;
use std::time::Duration;

use segue_core::status::TaskStatus;
use segue_handlers::{HttpHandler, HttpOptions, HttpOutcome};

use crate::engine::{Engine, Report};
use crate::node::Assignment;

pub(super) fn serve(engine: &Engine, options: HttpOptions) {
    let handler = Arc::new(HttpHandler::new(options));
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
            callback_after_seconds: retry_after.map_or(0, whole_seconds),
            ..Report::of(TaskStatus::Failed)
        },
    }
}

fn whole_seconds(pause: Duration) -> i64 {
    i64::try_from(pause.as_millis().div_ceil(1000)).unwrap_or(i64::MAX)
}
