//! What workers see: polls, results, logs, queues.

use serde_json::json;

use crate::running::Running;

fn two_steps() -> serde_json::Value {
    json!({"name": "two", "version": 1, "tasks": [
        {"name": "a", "taskReferenceName": "a", "type": "SIMPLE", "inputParameters": {"n": "${workflow.input.n}"}},
        {"name": "b", "taskReferenceName": "b", "type": "SIMPLE", "inputParameters": {"m": "${a.output.m}"}},
    ]})
}

#[tokio::test]
async fn an_execution_goes_from_definition_to_end() {
    let server = Running::new().await;
    server.register(&two_steps()).await;
    let id = server.start("two", json!({"n": 1})).await;
    let a = server.poll("a").await;
    assert_eq!((&a["inputData"], &a["status"]), (&json!({"n": 1}), &json!("IN_PROGRESS")));
    assert_eq!((&a["workflowInstanceId"], &a["taskDefName"]), (&json!(id), &json!("a")));
    let answer = server.post("/api/tasks", &Running::result(&a, json!({"outputData": {"m": 2}}))).await;
    assert_eq!(answer.plain(), a["taskId"].as_str().expect("an id"));
    let b = server.poll("b").await;
    assert_eq!(b["inputData"], json!({"m": 2}));
    server.post("/api/tasks", &Running::result(&b, json!({"outputData": {"ok": true}}))).await.plain();
    let workflow = server.get(&format!("/api/workflow/{id}")).await.ok();
    assert_eq!((&workflow["status"], &workflow["output"]), (&json!("COMPLETED"), &json!({"ok": true})));
    assert_eq!(workflow["tasks"].as_array().map(Vec::len), Some(2));
}
