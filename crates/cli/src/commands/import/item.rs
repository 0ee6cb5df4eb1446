//! What an import finds, told by content.

use serde_json::Value;

/// What a JSON object is. In the order in which they are registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Task,
    Workflow,
    EventHandler,
    Schedule,
    Unknown,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Workflow => "workflow",
            Self::EventHandler => "event handler",
            Self::Schedule => "schedule",
            Self::Unknown => "unknown",
        }
    }

    /// Under what a file that holds several kinds lists them.
    fn under(key: &str) -> Option<Self> {
        match key {
            "taskDefs" => Some(Self::Task),
            "workflowDefs" => Some(Self::Workflow),
            "eventHandlers" => Some(Self::EventHandler),
            "schedules" => Some(Self::Schedule),
            _ => None,
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// Of a workflow definition.
    pub(super) version: Option<i64>,
    pub(super) body: Value,
    /// The file, or the server's path.
    pub(super) place: String,
}

impl Item {
    /// A thing of a known kind.
    pub(super) fn of(kind: Kind, body: Value, place: &str) -> Self {
        let name = body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let version =
            (kind == Kind::Workflow).then(|| body.get("version").and_then(Value::as_i64).unwrap_or(1));
        Self { kind, name, version, body, place: place.to_owned() }
    }
}

/// Members that only a task definition has.
const TASK_MEMBERS: [&str; 12] = [
    "retryCount",
    "retryLogic",
    "retryDelaySeconds",
    "timeoutPolicy",
    "timeoutSeconds",
    "responseTimeoutSeconds",
    "pollTimeoutSeconds",
    "totalTimeoutSeconds",
    "concurrentExecLimit",
    "rateLimitPerFrequency",
    "inputKeys",
    "outputKeys",
];

/// The things of a document: one, a list, or an object of lists.
pub(super) fn items(document: Value, place: &str) -> Vec<Item> {
    match document {
        Value::Array(list) => list.into_iter().flat_map(|one| items(one, place)).collect(),
        Value::Object(object) if object.keys().any(|key| Kind::under(key).is_some()) => {
            let lists = object.into_iter().filter_map(|(key, list)| Some((Kind::under(&key)?, list)));
            let each = lists.flat_map(|(kind, list)| match list {
                Value::Array(list) => list.into_iter().map(|one| (kind, one)).collect(),
                _ => Vec::new(),
            });
            each.map(|(kind, one)| Item::of(kind, one, place)).collect()
        }
        one => {
            let kind = kind(&one);
            vec![Item::of(kind, one, place)]
        }
    }
}

pub(crate) fn kind(one: &Value) -> Kind {
    let has = |key: &str| one.get(key).is_some();
    let is_list = |key: &str| one.get(key).is_some_and(Value::is_array);
    if !one.get("name").is_some_and(Value::is_string) {
        Kind::Unknown
    } else if is_list("tasks") {
        Kind::Workflow
    } else if has("event") && is_list("actions") {
        Kind::EventHandler
    } else if has("startWorkflowRequest") && (has("cronExpression") || has("cronSchedules")) {
        Kind::Schedule
    } else if TASK_MEMBERS.iter().any(|member| has(member)) {
        Kind::Task
    } else {
        Kind::Unknown
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn things_are_told_by_content() {
        let task = json!({"name": "t", "retryCount": 1});
        let workflow = json!({"name": "w", "version": 2, "timeoutPolicy": "TIME_OUT_WF", "tasks": []});
        let handler = json!({"name": "h", "event": "e", "actions": []});
        let schedule = json!({"name": "s", "cronExpression": "0 * * * * *", "startWorkflowRequest": {}});
        let other = json!({"name": "package", "version": "1.0.0"});
        let all = json!([task, workflow, handler, schedule, other, 1, {"tasks": []}]);
        let kinds: Vec<Kind> = items(all, "f").into_iter().map(|item| item.kind).collect();
        use Kind::{EventHandler, Schedule, Task, Unknown, Workflow};
        assert_eq!(kinds, [Task, Workflow, EventHandler, Schedule, Unknown, Unknown, Unknown]);
        let lists =
            json!({"schedules": [schedule], "eventHandlers": [handler], "taskDefs": [{"name": "bare"}]});
        let found: Vec<(Kind, String)> =
            items(lists, "f").into_iter().map(|item| (item.kind, item.name)).collect();
        let named = |kind, name: &str| (kind, name.to_owned());
        assert_eq!(found, [named(Schedule, "s"), named(EventHandler, "h"), named(Task, "bare")]);
        assert_eq!(items(workflow, "f")[0].version, Some(2));
    }
}
