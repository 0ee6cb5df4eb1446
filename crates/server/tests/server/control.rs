//! Steering executions: one by one and in bulk.

use reqwest::Method;
use serde_json::{Value, json};

use crate::running::Running;
use crate::sequence;

const NOBODY: &str = "0197a0c0-0000-7000-8000-000000000000";

#[tokio::test]
async fn an_execution_is_paused_and_resumed() {
    let server = Running::new().await;
    server.register(&sequence("two", &["a", "b"])).await;
    let id = server.start("two", json!({})).await;
    let put = async |verb: &str| server.raw(Method::PUT, &format!("/api/workflow/{id}/{verb}"), "{}").await;
    let message = put("resume").await.error(409);
    assert!(message.contains("is not PAUSED so cannot resume. Current status is RUNNING"), "{message}");
    put("pause").await.nothing();
    put("pause").await.nothing();
    assert_eq!(server.status(&id).await, "PAUSED");
    put("resume").await.nothing();
    server.poll("a").await;
    server.put(&format!("/api/workflow/decide/{id}"), &json!({})).await.nothing();
    server.delete(&format!("/api/workflow/{id}?reason=enough")).await.nothing();
    assert_eq!(put("pause").await.error(409), format!("Workflow {id} has ended, status cannot be updated."));
    assert!(put("resume").await.error(409).contains("TERMINATED"));
}

#[tokio::test]
async fn an_execution_is_terminated_retried_and_removed() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let id = server.start("one", json!({})).await;
    let path = format!("/api/workflow/{id}");
    let retry = format!("{path}/retry?resumeSubworkflowTasks=False");
    assert_eq!(
        server.post(&retry, &json!({})).await.error(409),
        "Workflow is still running.  status=RUNNING"
    );
    let refused = server.delete(&format!("{path}/remove")).await.error(400);
    assert_eq!(refused, format!("Cannot archive workflow: {id} with status: RUNNING"));
    for _ in 0..2 {
        server.delete(&format!("{path}?reason=not+any+more&triggerFailureWorkflow=False")).await.nothing();
    }
    let workflow = server.get(&path).await.ok();
    let seen = (&workflow["status"], &workflow["reasonForIncompletion"]);
    assert_eq!(seen, (&json!("TERMINATED"), &json!("not any more")));
    server.post(&retry, &json!({})).await.no_content();
    let task = server.poll("a").await;
    server.post("/api/tasks", &Running::result(&task, json!({}))).await.plain();
    assert_eq!(server.status(&id).await, "COMPLETED");
    assert_eq!(server.delete(&path).await.error(409), "Cannot terminate a COMPLETED workflow.");
    assert!(server.post(&retry, &json!({})).await.error(409).contains("There are no retryable tasks!"));
    server.delete(&format!("{path}/remove?archiveWorkflow=False")).await.nothing();
    assert_eq!(server.get(&path).await.error(404), format!("No such workflow found by id: {id}"));
    let other = server.start("one", json!({})).await;
    server.delete(&format!("/api/workflow/{other}/terminate-remove")).await.nothing();
    server.get(&format!("/api/workflow/{other}")).await.error(404);
}

#[tokio::test]
async fn an_unknown_execution_is_named() {
    let server = Running::new().await;
    for id in [NOBODY, "not-an-id", "a%20b"] {
        let shown = id.replace("%20", " ");
        for (method, path) in [
            (Method::GET, ""),
            (Method::GET, "/status"),
            (Method::GET, "/tasks"),
            (Method::PUT, "/pause"),
            (Method::PUT, "/resume"),
            (Method::POST, "/retry"),
            (Method::DELETE, ""),
            (Method::DELETE, "/remove"),
            (Method::DELETE, "/terminate-remove"),
        ] {
            let answer =
                server.send(server.request(method.clone(), &format!("/api/workflow/{id}{path}"))).await;
            assert_eq!(
                answer.error(404),
                format!("No such workflow found by id: {shown}"),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn bulk_calls_answer_for_each() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let id = server.start("one", json!({})).await;
    let ids = json!([id, NOBODY, "junk"]);
    let failed = |message: &str| -> Value {
        json!({"bulkErrorResults": {(NOBODY): format!("No such workflow found by id: {NOBODY}"),
            "junk": "No such workflow found by id: junk"}, "bulkSuccessfulResults": [message]})
    };
    for (method, verb, status) in [
        (Method::PUT, "pause", "PAUSED"),
        (Method::PUT, "resume", "RUNNING"),
        (Method::POST, "terminate?reason=r", "TERMINATED"),
        (Method::POST, "retry", "RUNNING"),
    ] {
        let path = format!("/api/workflow/bulk/{verb}");
        assert_eq!(server.raw(method, &path, ids.to_string()).await.ok(), failed(&id), "{verb}");
        assert_eq!(server.status(&id).await, status, "{verb}");
    }
    let resumed = server.put("/api/workflow/bulk/resume", &json!([id])).await.ok();
    assert!(
        resumed["bulkErrorResults"][&id].as_str().is_some_and(|told| told.contains("not PAUSED")),
        "{resumed}"
    );
    let many: Vec<&str> = std::iter::repeat_n("x", 1001).collect();
    let refused = server.put("/api/workflow/bulk/pause", &json!(many)).await.error(400);
    assert_eq!(refused, "Cannot process more than 1000 workflows. Please use multiple requests.");
    let removed =
        server.raw(Method::DELETE, "/api/workflow/bulk/terminate-remove", json!([id]).to_string()).await.ok();
    assert_eq!(removed["bulkSuccessfulResults"], json!([id]));
    server.get(&format!("/api/workflow/{id}")).await.error(404);
}

#[tokio::test]
async fn status_and_tasks_show_what_is_asked() {
    let server = Running::new().await;
    server.register(&sequence("two", &["a", "b"])).await;
    let request = json!({"name": "two", "correlationId": "c"});
    let id = server.post("/api/workflow", &request).await.plain();
    let task = server.poll("a").await;
    server.post("/api/tasks", &Running::result(&task, json!({}))).await.plain();
    let status = server.get(&format!("/api/workflow/{id}/status")).await.ok();
    assert_eq!(status, json!({"workflowId": id, "correlationId": "c", "status": "RUNNING"}));
    let full =
        server.get(&format!("/api/workflow/{id}/status?includeOutput=True&includeVariables=true")).await.ok();
    assert_eq!((&full["output"], &full["variables"]), (&json!({}), &json!({})));
    let references = async |query: &str| -> (Value, Vec<Value>) {
        let page = server.get(&format!("/api/workflow/{id}/tasks{query}")).await.ok();
        let list = page["results"].as_array().expect("a list").iter();
        (page["totalHits"].clone(), list.map(|task| task["referenceTaskName"].clone()).collect())
    };
    assert_eq!(references("").await, (json!(2), vec![json!("a"), json!("b")]));
    assert_eq!(references("?start=1&count=1").await, (json!(2), vec![json!("b")]));
    assert_eq!(references("?status=COMPLETED&status=FAILED").await, (json!(1), vec![json!("a")]));
}
