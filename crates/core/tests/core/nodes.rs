//! Pieces of definitions.

use serde_json::{Value, json};

/// A worker's task without retries.
pub(crate) fn simple(reference: &str) -> Value {
    json!({"name": "work", "taskReferenceName": reference, "retryCount": 0})
}

/// A node of another type.
pub(crate) fn node(type_: &str, reference: &str, more: Value) -> Value {
    let mut node = json!({"name": reference, "type": type_, "taskReferenceName": reference});
    if let (Some(node), Value::Object(more)) = (node.as_object_mut(), more) {
        node.extend(more);
    }
    node
}

/// A fork and its join on the last task of each branch.
pub(crate) fn fork(reference: &str, branches: &[Value]) -> [Value; 2] {
    let last = |branch: &Value| {
        branch.as_array().and_then(|tasks| tasks.last()).map(|task| task["taskReferenceName"].clone())
    };
    let join_on: Vec<Value> = branches.iter().filter_map(last).collect();
    [
        node("FORK_JOIN", reference, json!({"forkTasks": branches})),
        node("JOIN", &format!("{reference}_join"), json!({"joinOn": join_on})),
    ]
}
