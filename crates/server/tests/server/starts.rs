//! Starts: input, keys, priorities, domains, inline definitions, synchronous execution.

use reqwest::Method;
use serde_json::{Value, json};

use crate::running::Running;
use crate::sequence;

#[tokio::test]
async fn a_start_takes_what_it_says() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let request = json!({"name": "one", "version": 1, "correlationId": "c-1", "input": {"n": 1}, "priority": 7,
        "taskToDomain": {"a": "blue"}, "createdBy": "me", "idempotencyStrategy": "FAIL", "unknown": 1});
    let id = server.post("/api/workflow", &request).await.plain();
    let workflow = server.get(&format!("/api/workflow/{id}")).await.ok();
    for (key, value) in [
        ("correlationId", json!("c-1")),
        ("input", json!({"n": 1})),
        ("priority", json!(7)),
        ("createdBy", json!("me")),
        ("status", json!("RUNNING")),
        ("workflowName", json!("one")),
    ] {
        assert_eq!(workflow[key], value, "{key}");
    }
    assert!(server.get("/api/tasks/poll/batch/a").await.ok() == json!([]));
    let polled = server.get("/api/tasks/poll/batch/a?domain=blue&timeout=5000").await.ok();
    assert_eq!((&polled[0]["domain"], &polled[0]["workflowPriority"]), (&json!("blue"), &json!(7)));
}

#[tokio::test]
async fn a_start_by_name_takes_its_input_as_body() {
    let server = Running::new().await;
    server.register(&sequence("my one", &["a"])).await;
    let path = "/api/workflow/my%20one?version=&correlationId=c&priority=3";
    for (body, input) in
        [("{\"n\": 1}", json!({"n": 1})), ("", json!({})), ("null", json!({})), ("{}", json!({}))]
    {
        let id = server.raw(Method::POST, path, body).await.plain();
        let workflow = server.get(&format!("/api/workflow/{id}?includeTasks=False")).await.ok();
        assert_eq!((&workflow["input"], &workflow["tasks"]), (&input, &json!([])));
        assert_eq!((&workflow["correlationId"], &workflow["priority"]), (&json!("c"), &json!(3)));
    }
    assert!(server.raw(Method::POST, path, "[1]").await.error(400).contains("expected a JSON object"));
}

#[tokio::test]
async fn a_start_that_cannot_be_is_refused() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let cases: [(Value, u16, &str); 9] = [
        (json!({"name": "none"}), 404, "No such workflow defined. name=none, version=null"),
        (json!({"name": "one", "version": -1}), 404, "No such workflow defined. name=one, version=-1"),
        (json!({"name": "one", "version": 9}), 404, "No such workflow defined. name=one, version=9"),
        (json!({}), 400, "Workflow name cannot be null or empty"),
        (json!({"name": "one", "priority": 100}), 400, "priority: 100 should be maximum 99"),
        (json!({"name": "one", "priority": -1}), 400, "priority: -1 should be minimum 0"),
        (json!({"name": "one", "input": [1]}), 400, "input must be a JSON object"),
        (json!({"name": "one", "idempotencyStrategy": "SOMETIMES"}), 400, "SOMETIMES"),
        (json!({"name": "x", "workflowDef": {"name": "x", "tasks": []}}), 400, "workflowDef.tasks"),
    ];
    for (request, status, expected) in cases {
        let answer = server.post("/api/workflow", &request).await;
        assert!(answer.text.contains(expected), "{request}: {answer:?}");
        answer.error(status);
    }
    let found = server.get("/api/workflow/search").await.ok();
    assert_eq!(found["totalHits"], 0);
}

#[tokio::test]
async fn a_definition_may_come_with_the_start() {
    let server = Running::new().await;
    let request =
        json!({"name": "inline", "workflowDef": {"tasks": [{"name": "a", "taskReferenceName": "a"}]}});
    let id = server.post("/api/workflow", &request).await.plain();
    assert_eq!(server.poll("a").await["workflowInstanceId"], json!(id));
    assert_eq!(server.get("/api/metadata/workflow").await.ok(), json!([]));
}

#[tokio::test]
async fn keys_hold_their_strategy() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let start = async |key: Value, strategy: Value| {
        let request = json!({"name": "one", "idempotencyKey": key, "idempotencyStrategy": strategy});
        server.post("/api/workflow", &request).await
    };
    let first = start(json!("k"), json!("RETURN_EXISTING")).await.plain();
    assert_eq!(start(json!("k"), json!("RETURN_EXISTING")).await.plain(), first);
    for strategy in [json!("FAIL"), json!("FAIL_ON_RUNNING"), json!(null)] {
        let message = start(json!("k"), strategy).await.error(409);
        assert!(message.contains("k already exists") && message.contains(&first), "{message}");
    }
    // Without a key a strategy means nothing.
    assert_ne!(
        start(json!(null), json!("FAIL")).await.plain(),
        start(json!(""), json!("FAIL")).await.plain()
    );
    server.delete(&format!("/api/workflow/{first}")).await.nothing();
    assert_eq!(start(json!("k"), json!("RETURN_EXISTING")).await.plain(), first);
    let second = start(json!("k"), json!("FAIL_ON_RUNNING")).await.plain();
    assert_ne!(second, first);
    assert!(start(json!("k"), json!("FAIL_ON_RUNNING")).await.error(409).contains(&second));
}

#[tokio::test]
async fn an_execution_is_started_and_waited_for() {
    let server = Running::new().await;
    let wait = json!({"name": "waits", "tasks": [{"name": "w", "taskReferenceName": "w", "type": "WAIT"}]});
    let sets = json!({"name": "sets", "tasks": [{"name": "s", "taskReferenceName": "s", "type": "SET_VARIABLE",
        "inputParameters": {"x": 1}}]});
    server.put("/api/metadata/workflow", &json!([wait, sets, sequence("one", &["a"])])).await.ok();
    let run = async |path: &str| {
        server.post(&format!("/api/workflow/execute/{path}"), &json!({"input": {"i": 1}})).await
    };
    let ended = run("sets/1?requestId=r&waitUntilTaskRef=&waitForSeconds=30").await.ok();
    for (key, value) in [
        ("responseType", "TARGET_WORKFLOW"),
        ("targetWorkflowStatus", "COMPLETED"),
        ("requestId", "r"),
        ("status", "COMPLETED"),
    ] {
        assert_eq!(ended[key], value, "{ended}");
    }
    assert_eq!((&ended["targetWorkflowId"], &ended["input"]), (&ended["workflowId"], &json!({"i": 1})));
    assert!(ended["createTime"].as_i64().is_some_and(|at| at > 0) && ended["tasks"].is_array(), "{ended}");
    // A wait for a signal is something to tell.
    let waits = run("waits/0?waitForSeconds=30").await.ok();
    assert_eq!((&waits["targetWorkflowStatus"], waits.get("signalTimeout")), (&json!("RUNNING"), None));
    let late = run("one/1?waitForSeconds=1").await.ok();
    assert_eq!((&late["status"], &late["signalTimeout"]), (&json!("RUNNING"), &json!(true)));
    run("none/1").await.error(404);
    assert_eq!(run("sets/-1").await.error(404), "No such workflow defined. name=sets, version=-1");
    let unread = run("sets/abc").await.error(400);
    assert_eq!(unread, "parameter version: 'abc' is not a number in range");
    assert!(run("sets/1?returnStrategy=ANY").await.error(400).contains("BLOCKING_TASK_INPUT"));
}
