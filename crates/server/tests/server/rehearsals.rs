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
    assert_eq!(
        (&open["waitingFor"], &open["reasonForIncompletion"]),
        (&json!(["x"]), &json!("The test has no result for: x"))
    );
    assert_eq!((workflow.get("waitingFor"), workflow.get("reasonForIncompletion")), (None, None));
}

/// References are those of the definition, of its iterations, of what a dynamic fork makes up, and of sub-workflows.
#[tokio::test]
async fn results_for_tasks_that_are_not_there_are_refused() {
    let server = Running::new().await;
    server.register(&sequence("child", &["x"])).await;
    server.register(&sequence("plain", &["payment"])).await;
    let task = |reference: &str| json!({"name": "t", "taskReferenceName": reference, "type": "SIMPLE"});
    let tasks = json!([
        {"name": "l", "taskReferenceName": "l", "type": "DO_WHILE", "loopCondition": "$.l['iteration'] < 2", "loopOver": [task("b")]},
        {"name": "s", "taskReferenceName": "s", "type": "SUB_WORKFLOW", "subWorkflowParam": {"name": "child"}},
        {"name": "f", "taskReferenceName": "f", "type": "FORK_JOIN_DYNAMIC", "dynamicForkTasksParam": "tasks", "dynamicForkTasksInputParamName": "inputs",
            "inputParameters": {"tasks": [task("made"), task("up")], "inputs": {}}},
        {"name": "j", "taskReferenceName": "j", "type": "JOIN"}]);
    server.register(&json!({"name": "many", "tasks": tasks})).await;
    let done = json!([{"output": {}}]);
    let test = async |name: &str, mocks: Value, children: Value| {
        let request = json!({"name": name, "taskRefToMockOutput": mocks, "subWorkflowTestRequest": children});
        server.post("/api/workflow/test", &request).await
    };
    let of_child = |reference: &str| json!({"s": {"taskRefToMockOutput": {(reference): done}}});
    let all = json!({"b__1": done, "b": done, "made": done, "up": done});
    let whole = test("many", all, of_child("x")).await.ok();
    assert_eq!(whole["status"], "COMPLETED", "{whole}");
    let open = test("many", json!({"b": done, "made": done}), of_child("x")).await.ok();
    assert_eq!(open["waitingFor"], json!(["up"]), "{open}");
    let open = test("many", json!({"b": done, "makes": done}), json!({"s": {}})).await.ok();
    // The fork was not reached, so `makes` may be one of its branches.
    assert_eq!(open["waitingFor"], json!(["s.x"]), "{open}");
    let b = |reference: &str| json!({"b": done, (reference): done});
    for (name, mocks, children, path, message) in [
        (
            "plain",
            json!({"paymnt": done}),
            json!({}),
            "taskRefToMockOutput.paymnt",
            "has the reference paymnt; did you mean payment?",
        ),
        ("plain", json!({"zebra": done}), json!({}), "taskRefToMockOutput.zebra", "has the reference zebra"),
        ("plain", json!({}), json!({"s": {}}), "subWorkflowTestRequest.s", "has the reference s"),
        ("many", b("up_"), of_child("x"), "taskRefToMockOutput.up_", "has the reference up_"),
        (
            "many",
            b("made"),
            of_child("y"),
            "subWorkflowTestRequest.s.taskRefToMockOutput.y",
            "has the reference y",
        ),
    ] {
        let answer = test(name, mocks, children).await;
        let findings = answer.json()["validationErrors"].clone();
        let is_told = findings.as_array().is_some_and(|found| {
            found.iter().any(|finding| {
                finding["path"] == path
                    && finding["message"].as_str().is_some_and(|told| told.contains(message))
            })
        });
        assert!(is_told, "{path}: {answer:?}");
        answer.error(400);
    }
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
