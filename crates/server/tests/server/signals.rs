//! Results by reference, and signals.

use serde_json::json;

use crate::running::Running;

fn waits(name: &str, kind: &str) -> serde_json::Value {
    json!({"name": name, "tasks": [{"name": "w", "taskReferenceName": "w", "type": kind}]})
}

#[tokio::test]
async fn a_reference_takes_results() {
    let server = Running::new().await;
    server.register(&waits("human", "HUMAN")).await;
    let id = server.start("human", json!({})).await;
    let path = format!("/api/tasks/{id}/w");
    let task =
        server.post(&format!("{path}/IN_PROGRESS?workerid=me"), &json!({"a": 1, "b": 1})).await.plain();
    assert_eq!(server.get(&format!("/api/tasks/{task}")).await.ok()["outputData"], json!({"a": 1, "b": 1}));
    // Laid over what is there; the answer is JSON whatever is accepted.
    let request = server.request(reqwest::Method::POST, &format!("{path}/COMPLETED/sync"));
    let workflow = server.send(request.header("accept", "text/plain").json(&json!({"b": 2}))).await.ok();
    assert_eq!(
        (&workflow["status"], &workflow["tasks"][0]["outputData"]),
        (&json!("COMPLETED"), &json!({"a": 1, "b": 2}))
    );
    server.post(&format!("{path}/COMPLETED"), &json!({})).await.nothing();
    assert!(server.post(&format!("{path}/COMPLETED/sync"), &json!({})).await.error(404).contains(&id));
    assert!(server.post(&format!("{path}/DONE"), &json!({})).await.error(400).contains("'DONE'"));
    assert!(server.post(&format!("{path}/COMPLETED"), &json!([])).await.error(400).contains("object"));
    server.post("/api/tasks/nobody/w/COMPLETED", &json!({})).await.error(404);
}

#[tokio::test]
async fn a_result_replaces_the_output_exactly() {
    let server = Running::new().await;
    server.register(&waits("wait", "WAIT")).await;
    let id = server.start("wait", json!({})).await;
    let task = server.post(&format!("/api/tasks/{id}/w/IN_PROGRESS"), &json!({"greet": "hi"})).await.plain();
    assert_eq!(server.get(&format!("/api/tasks/{task}")).await.ok()["outputData"], json!({"greet": "hi"}));
    let result = json!({"workflowInstanceId": id, "taskId": task, "status": "COMPLETED", "outputData": {"greet": "bye"}});
    server.post("/api/tasks", &result).await.plain();
    assert_eq!(server.get(&format!("/api/tasks/{task}")).await.ok()["outputData"], json!({"greet": "bye"}));
}

#[tokio::test]
async fn a_signal_finds_the_wait_also_in_children() {
    let server = Running::new().await;
    server.register(&waits("wait", "WAIT")).await;
    let parent = json!({"name": "parent", "tasks": [{"name": "s", "taskReferenceName": "s", "type": "SUB_WORKFLOW",
        "subWorkflowParam": {"name": "wait"}}]});
    server.register(&parent).await;
    let id = server.start("parent", json!({})).await;
    let path = format!("/api/tasks/{id}/COMPLETED/signal");
    // The child begins a moment later.
    let answer = loop {
        let answer =
            server.post(&format!("{path}/sync?returnStrategy=BLOCKING_WORKFLOW"), &json!({"x": 1})).await;
        if answer.status != 404 {
            break answer.ok();
        }
    };
    assert_eq!(
        (&answer["responseType"], &answer["targetWorkflowId"]),
        (&json!("BLOCKING_WORKFLOW"), &json!(id))
    );
    assert_ne!(answer["workflowId"], json!(id));
    assert_eq!(answer["tasks"][0]["outputData"], json!({"x": 1}));
    let end = server.get(&format!("/api/v1/executions/{id}?wait=30")).await.ok();
    assert_eq!(end["status"], "COMPLETED");
    server.post(&path, &json!({})).await.nothing();
    assert!(server.post(&format!("{path}/sync"), &json!({})).await.error(404).contains(&id));
    server.post("/api/tasks/nobody/COMPLETED/signal", &json!({})).await.error(404);
}

#[tokio::test]
async fn the_native_signal_names_the_task() {
    let server = Running::new().await;
    server.register(&waits("human", "HUMAN")).await;
    let id = server.start("human", json!({})).await;
    let why = server.get(&format!("/api/v1/executions/{id}/why")).await.ok();
    assert_eq!((&why[0]["waiting"], &why[0]["reference"]), (&json!("signal"), &json!("w")));
    let path = format!("/api/v1/executions/{id}/signal/w");
    assert!(server.post(&format!("{path}?status=NEVER"), &json!({})).await.error(400).contains("NEVER"));
    let task = server.post(&path, &json!({"ok": 1})).await.ok()["task"].clone();
    assert_eq!(
        server.get(&format!("/api/tasks/{}", task.as_str().expect("an id"))).await.ok()["status"],
        "COMPLETED"
    );
    assert!(server.post(&path, &json!({})).await.error(404).contains(&id));
    let events = server.get(&format!("/api/v1/executions/{id}/events")).await.ok();
    let records = events.as_array().expect("records");
    assert!(records.len() >= 2 && records[0]["seq"] == 1, "{events}");
    assert!(records[0]["record"]["events"][0].get("ExecutionStarted").is_some(), "{events}");
    let rest = server.get(&format!("/api/v1/executions/{id}/events?after=1")).await.ok();
    assert_eq!(rest.as_array().map(Vec::len), Some(records.len() - 1));
    server.get("/api/v1/executions/nobody/events").await.error(404);
}
