//! What workers see: polls, logs, queues.

use reqwest::Method;
use serde_json::{Value, json};

use crate::running::Running;
use crate::sequence;

#[tokio::test]
async fn an_execution_goes_from_definition_to_end() {
    let server = Running::new().await;
    server
        .register(&json!({"name": "two", "tasks": [
            {"name": "a", "taskReferenceName": "a", "inputParameters": {"n": "${workflow.input.n}"}},
            {"name": "b", "taskReferenceName": "b", "inputParameters": {"m": "${a.output.m}"}},
        ]}))
        .await;
    let id = server.start("two", json!({"n": 1})).await;
    let a = server.poll("a").await;
    assert_eq!((&a["inputData"], &a["status"]), (&json!({"n": 1}), &json!("IN_PROGRESS")));
    let answer = server.post("/api/tasks", &Running::result(&a, json!({"outputData": {"m": 2}}))).await;
    assert_eq!(answer.plain(), a["taskId"].as_str().expect("an id"));
    let b = server.poll("b").await;
    assert_eq!(b["inputData"], json!({"m": 2}));
    server.post("/api/tasks", &Running::result(&b, json!({"outputData": {"ok": true}}))).await.plain();
    let workflow = server.get(&format!("/api/workflow/{id}")).await.ok();
    assert_eq!((&workflow["status"], &workflow["output"]), (&json!("COMPLETED"), &json!({"ok": true})));
    assert_eq!(workflow["tasks"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_polled_task_carries_what_clients_need() {
    let server = Running::new().await;
    server.put("/api/metadata/taskdefs", &json!({"name": "a", "responseTimeoutSeconds": 17})).await.nothing();
    server.register(&sequence("one", &["a"])).await;
    let id = server.start("one", json!({})).await;
    let task = server.get("/api/tasks/poll/a?workerid=w1&domain=").await.ok();
    for (key, value) in [
        ("workflowInstanceId", json!(id)),
        ("inputData", json!({})),
        ("outputData", json!({})),
        ("responseTimeoutSeconds", json!(17)),
        ("pollCount", json!(1)),
        ("retryCount", json!(0)),
        ("taskDefName", json!("a")),
        ("taskType", json!("a")),
        ("status", json!("IN_PROGRESS")),
        ("workerId", json!("w1")),
        ("referenceTaskName", json!("a")),
        ("workflowType", json!("one")),
    ] {
        assert_eq!(task[key], value, "{key}: {task}");
    }
    assert!(task["startTime"].as_i64().is_some_and(|at| at > 0), "{task}");
    let read = server.get(&format!("/api/tasks/{}", task["taskId"].as_str().expect("an id"))).await.ok();
    assert_eq!(
        (&read["taskId"], &read["status"], &read["inputData"]),
        (&task["taskId"], &task["status"], &task["inputData"])
    );
    for unknown in [id.clone(), id.replace("0000000", "0000009"), "nonsense".to_owned()] {
        let message = server.get(&format!("/api/tasks/{unknown}")).await.error(404);
        assert_eq!(message, format!("Task not found for taskId: {unknown}"));
    }
}

#[tokio::test]
async fn empty_polls_say_so_in_their_own_way() {
    let server = Running::new().await;
    server.get("/api/tasks/poll/nothing?workerid=w").await.no_content();
    for query in ["?timeout=1", "?count=5&timeout=0", "?count=0", "?count=&timeout=1&domain=&workerid="] {
        assert_eq!(
            server.get(&format!("/api/tasks/poll/batch/nothing{query}")).await.ok(),
            json!([]),
            "{query}"
        );
    }
    server.register(&sequence("one", &["a"])).await;
    for _ in 0..3 {
        server.start("one", json!({})).await;
    }
    let two = server.get("/api/tasks/poll/batch/a?count=2&timeout=5000").await.ok();
    assert_eq!(two.as_array().map(Vec::len), Some(2));
    let rest = server.get("/api/tasks/poll/batch/a?count=100000&timeout=5000").await.ok();
    assert_eq!(rest.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_waiting_poll_is_answered_when_work_arrives() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let waiting = server.get("/api/tasks/poll/batch/a?timeout=5000&workerid=early");
    let starting = async {
        // The poll is known once it is listed.
        while server.get("/api/tasks/queue/polldata?taskType=a").await.ok() == json!([]) {}
        server.start("one", json!({})).await
    };
    let (polled, id) = tokio::join!(waiting, starting);
    assert_eq!(polled.ok()[0]["workflowInstanceId"], json!(id));
}

#[tokio::test]
async fn logs_are_taken_raw_or_as_json() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    server.start("one", json!({})).await;
    let task = server.poll("a").await;
    let id = task["taskId"].as_str().expect("an id");
    let path = format!("/api/tasks/{id}/log");
    assert_eq!(server.get(&path).await.ok(), json!([]));
    for body in ["\"hello \\\"q\\\"\"", "Polled \\\"task\\\"...\\nline2", "plain", "{\"a\": 1}"] {
        server.raw(Method::POST, &path, body).await.nothing();
    }
    let logs = [
        json!({"log": "by result", "createdTime": 1_700_000_000_000_i64}),
        json!({"log": "seconds", "createdTime": 1_700_000_000.5}),
        json!({"log": "undated"}),
        json!({"createdTime": 5}),
    ];
    server.post("/api/tasks", &Running::result(&task, json!({"logs": logs}))).await.plain();
    let read = server.get(&path).await.ok();
    let lines: Vec<&str> =
        read.as_array().expect("a list").iter().filter_map(|line| line["log"].as_str()).collect();
    for line in [
        "hello \"q\"",
        "Polled \\\"task\\\"...\\nline2",
        "plain",
        "{\"a\": 1}",
        "by result",
        "seconds",
        "undated",
    ] {
        assert!(lines.contains(&line), "{line}: {lines:?}");
    }
    let dated = |log: &str| -> Value {
        let lines = read.as_array().expect("a list").iter();
        lines.clone().find(|line| line["log"] == log).expect("the line")["createdTime"].clone()
    };
    assert_eq!(
        (dated("by result"), dated("seconds")),
        (json!(1_700_000_000_000_i64), json!(1_700_000_000_500_i64))
    );
    assert_eq!(read[0]["taskId"], json!(id));
    server.raw(Method::POST, "/api/tasks/nonsense/log", "x").await.error(404);
}

#[tokio::test]
async fn queues_and_pollers_are_shown() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    server.register(&sequence("other", &["b"])).await;
    server.start("one", json!({})).await;
    server.start("one", json!({})).await;
    server.post("/api/workflow", &json!({"name": "other", "taskToDomain": {"b": "blue"}})).await.plain();
    let sizes = server.get("/api/tasks/queue/sizes?taskType=a&taskType=b&taskType=c").await.ok();
    assert_eq!(sizes, json!({"a": 2, "b": 0, "c": 0}));
    assert!(server.get("/api/tasks/queue/sizes").await.error(400).contains("taskType"));
    let shard = |size: u64| json!({"a": {"size": size, "uacked": 0}});
    let verbose = server.get("/api/tasks/queue/all/verbose").await.ok();
    assert_eq!(verbose, json!({"a": shard(2), "blue:b": shard(1)}));
    assert_eq!(server.post("/api/tasks/queue/requeue/a", &json!({})).await.plain(), "0");
    assert_eq!(server.get("/api/tasks/queue/size?taskType=b&domain=blue").await.ok(), json!(1));
    assert_eq!(server.get("/api/tasks/queue/all").await.ok(), json!({"a": 2, "blue:b": 1}));
    assert_eq!(server.get("/api/tasks/queue/polldata?taskType=a").await.ok(), json!([]));
    server.poll("a").await;
    server.get("/api/tasks/poll/b?domain=blue").await.ok();
    server.eventually("/api/tasks/queue/size?taskType=a", json!(1)).await;
    let polls = server.get("/api/tasks/queue/polldata?taskType=a").await.ok();
    assert_eq!((&polls[0]["queueName"], &polls[0]["workerId"]), (&json!("a"), &json!("w")));
    assert!(polls[0]["lastPollTime"].as_i64().is_some_and(|at| at > 0), "{polls}");
    let all = server.get("/api/tasks/queue/polldata/all").await.ok();
    let blue = all.as_array().expect("a list").iter().find(|poll| poll["domain"] == "blue");
    assert!(blue.is_some_and(|poll| poll["queueName"] == "b" && poll.get("workerId").is_none()), "{all}");
}
