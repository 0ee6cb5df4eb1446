//! `POST /api/workflow/test`.

use serde_json::{Value, json};

use crate::running::Running;
use crate::sequence;

#[tokio::test]
async fn a_definition_is_tested_with_given_results() {
    let server = Running::new().await;
    server.register(&sequence("child", &["x"])).await;
    server
        .put("/api/metadata/taskdefs", &json!({"name": "a", "retryCount": 1, "retryDelaySeconds": 3600}))
        .await
        .nothing();
    let definition = json!({"name": "tested", "outputParameters": {"a": "${a.output.n}", "c": "${s.output.n}"}, "tasks": [
        {"name": "a", "taskReferenceName": "a", "inputParameters": {"i": "${workflow.input.i}"}},
        {"name": "w", "taskReferenceName": "w", "type": "WAIT", "inputParameters": {"duration": "3 days"}},
        {"name": "h", "taskReferenceName": "h", "type": "HUMAN"},
        {"name": "s", "taskReferenceName": "s", "type": "SUB_WORKFLOW", "subWorkflowParam": {"name": "child"}}]});
    let request = json!({
        "name": "tested", "version": 1, "workflowDef": definition, "input": {"i": 5}, "correlationId": "c",
        "idempotencyStrategy": "FAIL",
        "taskRefToMockOutput": {
            "a": [{"status": "FAILED", "executionTime": 100, "queueWaitTime": 10}, {"output": {"n": 1}}],
            "h": [{"status": "COMPLETED", "output": {}}], "unused": null},
        "subWorkflowTestRequest": {"s": {"name": "child", "taskRefToMockOutput": {"x": [{"output": {"n": 2}}]}}},
    });
    let workflow = server.post("/api/workflow/test", &request).await.ok();
    assert_eq!((&workflow["status"], &workflow["output"]), (&json!("COMPLETED"), &json!({"a": 1, "c": 2})));
    assert_eq!((&workflow["input"], &workflow["correlationId"]), (&json!({"i": 5}), &json!("c")));
    let tasks = workflow["tasks"].as_array().expect("tasks");
    let seen: Vec<(&str, &str)> = tasks
        .iter()
        .map(|task| (task["referenceTaskName"].as_str().unwrap_or(""), task["status"].as_str().unwrap_or("")))
        .collect();
    let done = "COMPLETED";
    assert_eq!(seen, [("a", "FAILED"), ("a", done), ("w", done), ("h", done), ("s", done)]);
    assert_eq!((&tasks[1]["retryCount"], &tasks[1]["inputData"]), (&json!(1), &json!({"i": 5})));
    let took = workflow["endTime"].as_i64().unwrap_or(0) - workflow["createTime"].as_i64().unwrap_or(0);
    assert_eq!(took, 110 + 3_600_000 + 3 * 86_400_000);
    // Nothing is left of it.
    let id = workflow["workflowId"].as_str().expect("an id");
    server.get(&format!("/api/workflow/{id}")).await.error(404);
    server.get("/api/metadata/workflow/tested").await.error(404);
    let open = server.post("/api/workflow/test", &json!({"name": "child"})).await.ok();
    assert_eq!((&open["status"], &open["tasks"][0]["status"]), (&json!("RUNNING"), &json!("SCHEDULED")));
}

#[tokio::test]
async fn a_test_that_makes_no_sense_is_refused() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let loops = json!({"name": "l", "taskReferenceName": "l", "type": "DO_WHILE", "loopCondition": "true",
        "loopOver": [{"name": "n", "taskReferenceName": "n", "type": "NOOP"}]});
    let with = |more: Value| {
        let mut request = json!({"name": "one"});
        request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        request
    };
    for (request, status, expected) in [
        (json!({"name": "none"}), 404, "none"),
        (json!({}), 400, "Workflow name cannot be null or empty"),
        (with(json!({"taskRefToMockOutput": {"a": [{"status": "DONE"}]}})), 400, "DONE"),
        (with(json!({"taskRefToMockOutput": {"a": [{"output": 1}]}})), 400, "taskRefToMockOutput.a"),
        (with(json!({"taskRefToMockOutput": []})), 400, "taskRefToMockOutput"),
        (with(json!({"input": 1})), 400, "input"),
        (
            with(json!({"subWorkflowTestRequest": {"s": {"workflowDef": {"name": "x", "tasks": []}}}})),
            400,
            "subWorkflowTestRequest.s.workflowDef.tasks",
        ),
        (
            json!({"name": "l", "workflowDef": {"name": "l", "tasks": [loops]}}),
            400,
            "given up after 20000 transitions",
        ),
    ] {
        let answer = server.post("/api/workflow/test", &request).await;
        assert!(answer.text.contains(expected), "{request}: {answer:?}");
        answer.error(status);
    }
}
