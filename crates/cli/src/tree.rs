//! An execution as a tree of tasks, from Conductor's Workflow JSON.

use serde_json::Value;

use crate::print::field;

/// One line per task: a mark, the reference, the type, the status, how long it took.
pub(crate) fn lines(workflow: &Value) -> Vec<String> {
    let mut lines = vec![format!(
        "{} {} {} ({})",
        mark(&field(workflow, "status")),
        field(workflow, "workflowName"),
        field(workflow, "status"),
        field(workflow, "workflowId")
    )];
    let tasks = workflow.get("tasks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (place, task) in tasks.iter().enumerate() {
        lines.push(line(task, place + 1 == tasks.len()));
    }
    if let Some(reason) = workflow.get("reasonForIncompletion").and_then(Value::as_str) {
        lines.push(format!("reason: {reason}"));
    }
    lines
}

fn line(task: &Value, is_last: bool) -> String {
    let status = field(task, "status");
    let number = |key: &str| task.get(key).and_then(Value::as_i64).unwrap_or(0);
    let depth = field(task, "referenceTaskName").matches("__").count();
    let branch = if is_last { "└─" } else { "├─" };
    let mut text = format!(
        "{branch}{} {} {:<28} {:<14} {}",
        "  ".repeat(depth),
        mark(&status),
        field(task, "referenceTaskName"),
        field(task, "taskType"),
        status
    );
    let (start, end) = (number("startTime"), number("endTime"));
    if start > 0 && end >= start {
        text.push_str(&format!(" {} ms", end - start));
    }
    if number("retryCount") > 0 {
        text.push_str(&format!(" (retry {})", number("retryCount")));
    }
    if let Some(worker) = task.get("workerId").and_then(Value::as_str).filter(|_| status == "IN_PROGRESS") {
        text.push_str(&format!(" by {worker}"));
    }
    if let Some(reason) = task.get("reasonForIncompletion").and_then(Value::as_str) {
        text.push_str(&format!(": {reason}"));
    }
    text
}

fn mark(status: &str) -> &'static str {
    match status {
        "COMPLETED" => "✔",
        "COMPLETED_WITH_ERRORS" => "!",
        "RUNNING" | "IN_PROGRESS" => "▶",
        "SCHEDULED" | "PAUSED" => "·",
        "SKIPPED" | "CANCELED" => "-",
        _ => "✘",
    }
}
