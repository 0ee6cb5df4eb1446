//! Handlers in JavaScript and TypeScript, in all forms that they come in.

use serde_json::{Value, json};

use crate::{Project, said};

const ESM: &str = "export default class { handle({ task }) { return { got: task.parameters }; } }";

#[tokio::test]
async fn a_handler_is_run() {
    let project = Project::new(&[("tasks/hello.js", ESM)]);
    let host = project.host().await;
    assert_eq!(said(&host, "hello.js", json!({"a": 1})).await, json!({"got": {"a": 1}}));
    let _: Vec<Value> = Vec::new();
}
