//! What synchronous calls return: four strategies, in front of a wait in a child and behind it.

use serde_json::{Value, json};

use crate::running::Running;

/// `parent` waits in its child `inner`, whose second wait is timed, and then by itself.
async fn family(server: &Running) {
    let wait = |reference: &str| json!({"name": reference, "taskReferenceName": reference, "type": "WAIT"});
    let child = json!({"name": "child", "tasks": [wait("inner")]});
    let parent = json!({"name": "parent", "tasks": [
        {"name": "s", "taskReferenceName": "s", "type": "SUB_WORKFLOW", "subWorkflowParam": {"name": "child"}},
        wait("outer")]});
    server.put("/api/metadata/workflow", &json!([child, parent])).await.ok();
}

async fn execute(server: &Running, strategy: &str) -> Value {
    let path =
        format!("/api/workflow/execute/parent/0?waitForSeconds=60&requestId=r&returnStrategy={strategy}");
    server.post(&path, &json!({"correlationId": "c", "priority": 3})).await.ok()
}

#[tokio::test]
async fn an_execution_is_shown_as_the_strategy_says() {
    let server = Running::new().await;
    family(&server).await;
    for strategy in ["", "TARGET_WORKFLOW", "BLOCKING_WORKFLOW", "BLOCKING_TASK", "BLOCKING_TASK_INPUT"] {
        let answer = execute(&server, strategy).await;
        let target = answer["targetWorkflowId"].as_str().expect("an id").to_owned();
        let expected = if strategy.is_empty() { "TARGET_WORKFLOW" } else { strategy };
        assert_eq!(
            (&answer["responseType"], &answer["requestId"]),
            (&json!(expected), &json!("r")),
            "{answer}"
        );
        assert_eq!(answer["targetWorkflowStatus"], "RUNNING", "{answer}");
        assert!(answer.get("signalTimeout").is_none(), "{answer}");
        assert_eq!(answer["correlationId"], "c", "{answer}");
        let is_target = answer["workflowId"] == json!(target);
        assert_eq!(is_target, expected == "TARGET_WORKFLOW", "{answer}");
        for time in ["createTime", "updateTime"] {
            assert!(answer[time].as_i64().is_some_and(|at| at > 0), "{time}: {answer}");
        }
        if expected.starts_with("BLOCKING_TASK") {
            for (key, value) in [
                ("taskType", "WAIT"),
                ("referenceTaskName", "inner"),
                ("taskDefName", "inner"),
                ("workflowType", "child"),
                ("status", "IN_PROGRESS"),
            ] {
                assert_eq!(answer[key], value, "{answer}");
            }
            assert!(
                answer["taskId"].is_string() && answer["input"].is_object() && answer["output"].is_object()
            );
        } else {
            assert!(answer["tasks"].as_array().is_some_and(|tasks| !tasks.is_empty()), "{answer}");
            assert_eq!(answer["status"], "RUNNING", "{answer}");
        }
    }
}

#[tokio::test]
async fn a_signal_returns_what_blocks_next() {
    let server = Running::new().await;
    family(&server).await;
    let signal = async |id: &Value, strategy: &str, body: Value| {
        let id = id.as_str().expect("an id");
        let path =
            format!("/api/tasks/{id}/completed/signal/sync?timeoutMillis=60000&returnStrategy={strategy}");
        server.post(&path, &body).await
    };
    for (strategy, first, last) in [
        ("TARGET_WORKFLOW", "target", "target"),
        ("BLOCKING_WORKFLOW", "target", "target"),
        ("BLOCKING_TASK", "outer", "null"),
        ("BLOCKING_TASK_INPUT", "outer", "null"),
    ] {
        let target = execute(&server, strategy).await["targetWorkflowId"].clone();
        for (round, seen) in [first, last].into_iter().enumerate() {
            let answer = signal(&target, strategy, json!({"round": round})).await.ok();
            match seen {
                "target" => assert_eq!(answer["workflowId"], target, "{strategy}: {answer}"),
                "null" => assert_eq!(answer, Value::Null, "{strategy}"),
                reference => assert_eq!(answer["referenceTaskName"], reference, "{strategy}: {answer}"),
            }
            if seen != "null" {
                assert_eq!(
                    (&answer["responseType"], &answer["targetWorkflowId"]),
                    (&json!(strategy), &target)
                );
            }
        }
        signal(&target, strategy, json!({})).await.error(404);
        let id = target.as_str().expect("an id");
        let workflow = server.get(&format!("/api/workflow/{id}")).await.ok();
        assert_eq!(workflow["status"], "COMPLETED");
        assert_eq!(workflow["tasks"][1]["outputData"], json!({"round": 1}));
    }
    let target = execute(&server, "").await["targetWorkflowId"].clone();
    assert!(signal(&target, "SOME", json!({})).await.error(400).contains("'SOME'"));
}

#[tokio::test]
async fn a_caller_waits_for_a_reference_and_not_for_ever() {
    let server = Running::new().await;
    let task = |name: &str| json!({"name": name, "taskReferenceName": name});
    let timed = json!({"name": "t", "taskReferenceName": "t", "type": "WAIT", "inputParameters": {"duration": "1 hour"}});
    server.register(&json!({"name": "one", "tasks": [task("a"), task("b"), timed]})).await;
    let path = "/api/workflow/execute/one/1?waitForSeconds=60&waitUntilTaskRef=none,b";
    let work = async {
        for name in ["a", "b"] {
            let polled = server.poll(name).await;
            server.post("/api/tasks", &Running::result(&polled, json!({}))).await.plain();
        }
    };
    let body = json!({});
    let (answer, ()) = tokio::join!(server.post(path, &body), work);
    let answer = answer.ok();
    assert_eq!((&answer["status"], answer.get("signalTimeout")), (&json!("RUNNING"), None));
    // A wait that ends by itself is nothing to return for, but a signal may end it.
    let id = answer["workflowId"].as_str().expect("an id");
    let late = server.post("/api/workflow/execute/one/1?waitForSeconds=1", &json!({})).await.ok();
    assert_eq!(late["signalTimeout"], true);
    let ended = server.post(&format!("/api/tasks/{id}/COMPLETED/signal/sync"), &json!({})).await.ok();
    assert_eq!(ended["targetWorkflowStatus"], "COMPLETED");
}
