//! An execution as a tree of tasks, from Conductor's Workflow JSON.

use serde_json::Value;

use crate::print::field;

/// One line per task: a mark, the reference, the type, the status, how long it took.
pub(crate) fn lines(workflow: &Value) -> Vec<String> {
    let mut lines = vec![head(workflow)];
    let tasks = workflow.get("tasks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (place, task) in tasks.iter().enumerate() {
        let (name, kind) = (field(task, "referenceTaskName"), field(task, "taskType"));
        lines.push(line_of(task, &name, &kind, place + 1 == tasks.len()));
    }
    lines.extend(reason(workflow));
    lines
}

/// The execution itself.
pub(crate) fn head(workflow: &Value) -> String {
    let of = |key: &str| field(workflow, key);
    format!("{} {} {} ({})", mark(&of("status")), of("workflowName"), of("status"), of("workflowId"))
}

/// Why it ended as it did, where there is something to say.
pub(crate) fn reason(workflow: &Value) -> Option<String> {
    workflow.get("reasonForIncompletion").and_then(Value::as_str).map(|reason| format!("reason: {reason}"))
}

/// A task, under a name and a kind that its reader knows.
pub(crate) fn line_of(task: &Value, name: &str, kind: &str, is_last: bool) -> String {
    let status = field(task, "status");
    let number = |key: &str| task.get(key).and_then(Value::as_i64).unwrap_or(0);
    let depth = name.matches("__").count();
    let branch = if is_last { "└─" } else { "├─" };
    let indent = "  ".repeat(depth);
    let mut text = format!("{branch}{indent} {} {name:<28} {kind:<14} {status}", mark(&status));
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
        text.push_str(&format!(": {}", reason.lines().next().unwrap_or_default()));
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
