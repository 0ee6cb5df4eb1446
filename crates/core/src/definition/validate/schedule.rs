//! The rules of schedules.

use serde_json::Value;

use super::Violation;
use crate::calendar::Timetable;
use crate::definition::Schedule;

/// Checks a schedule; an empty list means that it may be registered. Whether the definition that it starts exists is found
/// out when it fires.
pub fn validate_schedule(schedule: &Schedule) -> Vec<Violation> {
    let mut found = Vec::new();
    if schedule.name.is_empty() {
        found.push(Violation::of("name", "Schedule name cannot be null or empty", ""));
    }
    if schedule.name.contains(char::is_control) {
        let message = "Schedule name cannot contain control characters";
        found.push(Violation::of("name", message, schedule.name.as_str()));
    }
    if schedule.cron_schedules.is_empty() && schedule.cron_expression.as_deref().is_none_or(str::is_empty) {
        let message = "cronExpression or cronSchedules must say when";
        found.push(Violation::missing("cronExpression", message));
    } else if let Err(violations) = Timetable::of(schedule) {
        found.extend(violations);
    }
    let times = schedule.schedule_start_time.zip(schedule.schedule_end_time);
    if let Some((start, end)) = times.filter(|(start, end)| *end > 0 && start > end) {
        let message = format!("scheduleStartTime: {start} must not be after scheduleEndTime: {end}");
        found.push(Violation::of("scheduleStartTime", message, start));
    }
    request(schedule, &mut found);
    found
}

fn request(schedule: &Schedule, found: &mut Vec<Violation>) {
    let request = &schedule.start_workflow_request;
    let given = |key: &str| request.get(key).filter(|value| !value.is_null());
    if given("workflowDef").is_none() && schedule.workflow_name().is_empty() {
        let message = "Workflow name cannot be null or empty";
        found.push(Violation::missing("startWorkflowRequest.name", message));
    }
    if let Some(input) = given("input").filter(|input| !input.is_object()) {
        let message = "input must be a JSON object";
        found.push(Violation::of("startWorkflowRequest.input", message, input.clone()));
    }
    if let Some(version) = given("version").and_then(Value::as_i64).filter(|version| *version < 0) {
        let message = format!("version: {version} should be minimum 0");
        found.push(Violation::of("startWorkflowRequest.version", message, version));
    }
    let priority = given("priority").and_then(Value::as_i64).filter(|priority| !(0..=99).contains(priority));
    if let Some(priority) = priority {
        let bound = if priority < 0 { "minimum 0" } else { "maximum 99" };
        let message = format!("priority: {priority} should be {bound}");
        found.push(Violation::of("startWorkflowRequest.priority", message, priority));
    }
}
