//! The rules of task definitions.

use super::{Violation, templates};
use crate::definition::TaskDef;

/// Checks a task definition; an empty list means that it may be registered.
pub fn validate_task_def(def: &TaskDef) -> Vec<Violation> {
    let mut found = Vec::new();
    let TaskDef { name, timeout_seconds, response_timeout_seconds, total_timeout_seconds, .. } = def;
    if name.is_empty() {
        found.push(Violation::of("name", "TaskDef name cannot be null or empty", ""));
    }
    if def.retry_count < 0 {
        // Conductor writes the bound, not the value.
        found.push(Violation::of("retryCount", "TaskDef retryCount: 0 must be >= 0", def.retry_count));
    }
    if *response_timeout_seconds < 1 {
        let message =
            format!("TaskDef responseTimeoutSeconds: {response_timeout_seconds} should be minimum 1 second");
        found.push(Violation::of("responseTimeoutSeconds", message, *response_timeout_seconds));
    }
    if *timeout_seconds > 0 && response_timeout_seconds > timeout_seconds {
        let message = format!(
            "TaskDef: {name} responseTimeoutSeconds: {response_timeout_seconds} must be less than \
             timeoutSeconds: {timeout_seconds}"
        );
        found.push(Violation::of("responseTimeoutSeconds", message, *response_timeout_seconds));
    }
    if *timeout_seconds > 0 && *total_timeout_seconds > 0 && timeout_seconds > total_timeout_seconds {
        let message = format!(
            "TaskDef: {name} timeoutSeconds: {timeout_seconds} must be less than or equal to \
             totalTimeoutSeconds: {total_timeout_seconds}"
        );
        found.push(Violation::of("timeoutSeconds", message, *timeout_seconds));
    }
    templates::task_def(def, &mut found);
    found
}
