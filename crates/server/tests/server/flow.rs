//! Where the flow goes on: restart, rerun, retry, skip, jump, upgrade, reset of callbacks.

use reqwest::Method;
use serde_json::{Value, json};

use crate::running::Running;
use crate::sequence;

async fn finish(server: &Running, types: &[&str]) {
    for type_ in types {
        let task = server.poll(type_).await;
        server
            .post("/api/tasks", &Running::result(&task, json!({"outputData": {"of": type_}})))
            .await
            .plain();
    }
}

async fn tasks(server: &Running, id: &str) -> Vec<(String, String, String)> {
    let workflow = server.get(&format!("/api/workflow/{id}")).await.ok();
    let text = |task: &Value, key: &str| task[key].as_str().unwrap_or_default().to_owned();
    let all = workflow["tasks"].as_array().expect("tasks").iter();
    all.map(|task| (text(task, "referenceTaskName"), text(task, "status"), text(task, "taskId"))).collect()
}

async fn trace(server: &Running, id: &str) -> String {
    let all: Vec<String> =
        tasks(server, id).await.into_iter().map(|(name, status, _)| format!("{name}:{status}")).collect();
    all.join(" ")
}

#[tokio::test]
async fn an_execution_is_restarted() {
    let server = Running::new().await;
    server.register(&sequence("two", &["a", "b"])).await;
    let id = server.start("two", json!({"n": 1})).await;
    let path = format!("/api/workflow/{id}/restart");
    let refused = server.post(&path, &json!({})).await.error(409);
    assert_eq!(refused, format!("Workflow: {id} is not in terminal state, unable to restart."));
    finish(&server, &["a", "b"]).await;
    let first = tasks(&server, &id).await[0].2.clone();
    let preview = server.post(&format!("{path}?dryRun=true"), &json!({})).await.ok();
    assert_eq!((&preview["runsAgain"], &preview["scheduled"]), (&json!(["a", "b"]), &json!(["a"])));
    assert_eq!(preview["effects"], json!({"at_least_once": ["a", "b"]}));
    assert_eq!(server.status(&id).await, "COMPLETED", "nothing was done");
    server.post(&path, &json!({})).await.no_content();
    assert_eq!(trace(&server, &id).await, "a:SCHEDULED");
    server.get(&format!("/api/tasks/{first}")).await.error(404);
    let late = json!({"workflowInstanceId": id, "taskId": first, "status": "COMPLETED"});
    server.post("/api/tasks", &late).await.plain();
    assert_eq!(trace(&server, &id).await, "a:SCHEDULED", "a late result is taken and ignored");
    finish(&server, &["a", "b"]).await;
    let mut newer = sequence("two", &["c", "b"]);
    newer["version"] = json!(2);
    newer["restartable"] = json!(false);
    server.register(&newer).await;
    let preview = server.post(&format!("{path}?dryRun=true"), &json!({})).await.ok();
    assert_eq!((&preview["version"], &preview["runsAgain"]), (&json!(1), &json!(["a", "b"])));
    let latest = format!("{path}?useLatestDefinitions=true");
    let preview = server.post(&format!("{latest}&dryRun=true"), &json!({})).await.ok();
    assert_eq!((&preview["version"], &preview["runsAgain"]), (&json!(2), &json!(["b"])));
    assert_eq!((&preview["mayRun"], &preview["gone"]), (&json!(["c"]), &json!(["a"])));
    assert_eq!(preview["scheduled"], json!(["c"]));
    assert_eq!(preview["effects"], json!({"at_least_once": ["b"]}));
    server.post(&latest, &json!({})).await.no_content();
    assert_eq!(trace(&server, &id).await, "c:SCHEDULED");
    let workflow = server.get(&format!("/api/workflow/{id}")).await.ok();
    assert_eq!((&workflow["workflowVersion"], &workflow["input"]), (&json!(2), &json!({"n": 1})));
    let found = server.get(&format!("/api/workflow/search?query=workflowId%3D{id}")).await.ok();
    assert_eq!(found["results"][0]["version"], json!(2));
    finish(&server, &["c", "b"]).await;
    assert_eq!(server.post(&path, &json!({})).await.error(409), format!("Workflow: {id} is non-restartable"));
    let bulk = server.post("/api/workflow/bulk/restart", &json!([id, "junk"])).await.ok();
    assert_eq!(bulk["bulkSuccessfulResults"], json!([]));
    assert_eq!(bulk["bulkErrorResults"].as_object().map(serde_json::Map::len), Some(2));
}

#[tokio::test]
async fn an_execution_is_rerun_from_a_task_at_any_depth() {
    let server = Running::new().await;
    server.register(&sequence("inner", &["i", "k"])).await;
    let sub = json!({"name": "s", "taskReferenceName": "s", "type": "SUB_WORKFLOW",
        "subWorkflowParam": {"name": "inner"}});
    let last = json!({"name": "z", "taskReferenceName": "z", "type": "SIMPLE"});
    let outer = json!({"name": "outer", "version": 1, "schemaVersion": 2, "timeoutSeconds": 0,
        "ownerEmail": "a@b.c", "tasks": [sub, last]});
    server.register(&outer).await;
    let id = server.start("outer", json!({})).await;
    let path = format!("/api/workflow/{id}/rerun");
    let refused = server.post(&path, &json!({})).await.error(409);
    assert_eq!(refused, format!("Workflow: {id} is not in terminal state, unable to rerun."));
    finish(&server, &["i", "k", "z"]).await;
    let child = server.get(&format!("/api/workflow/{id}")).await.ok()["tasks"][0]["subWorkflowId"].clone();
    let child = child.as_str().expect("a child").to_owned();
    let task = tasks(&server, &child).await[1].2.clone();
    for unknown in ["junk", "0197a0c0-0000-7000-8000-000000000001"] {
        let refused = server.post(&path, &json!({"reRunFromTaskId": unknown})).await.error(400);
        assert_eq!(refused, format!("Task {unknown} not found"));
    }
    let body = json!({"reRunFromTaskId": task, "taskInput": {"again": 1}});
    let preview = server.post(&format!("{path}?dryRun=true"), &body).await.ok();
    assert_eq!((&preview["workflowId"], &preview["parentWorkflowId"]), (&json!(child), &json!(id)));
    let parent = &preview["parents"][0];
    assert_eq!((&parent["workflowId"], &parent["reopened"]), (&json!(id), &json!(["s"])));
    assert_eq!((&parent["runsAgain"], &parent["effects"]), (&json!(["z"]), &json!({"at_least_once": ["z"]})));
    let anew = server.post(&format!("/api/workflow/{id}/restart?dryRun=true"), &json!({})).await.ok();
    let did = json!({"referenceTaskName": "s", "name": "inner", "version": 1, "formerWorkflowId": child,
        "executions": 1, "effects": {"at_least_once": 2}});
    assert_eq!((&anew["children"], &anew["parents"]), (&json!([did]), &Value::Null));
    assert_eq!(server.post(&path, &body).await.plain(), id);
    assert_eq!(trace(&server, &id).await, "s:IN_PROGRESS");
    assert_eq!(trace(&server, &child).await, "i:COMPLETED k:SCHEDULED");
    let again = server.poll("k").await;
    assert_eq!((&again["taskId"], &again["inputData"]), (&json!(task), &json!({"again": 1})));
    server.post("/api/tasks", &Running::result(&again, json!({}))).await.plain();
    finish(&server, &["z"]).await;
    let over = json!({"workflowId": id, "status": "COMPLETED"});
    server.eventually(&format!("/api/workflow/{id}/status"), over).await;
    let body = json!({"workflowInput": {"n": 2}, "correlationId": "c2"});
    assert_eq!(server.post(&path, &body).await.plain(), id);
    let workflow = server.get(&format!("/api/workflow/{id}")).await.ok();
    assert_eq!((&workflow["input"], &workflow["correlationId"]), (&json!({"n": 2}), &json!("c2")));
    assert_eq!(
        server.post(&path, &json!({"taskInput": 3})).await.error(400),
        "taskInput must be a JSON object"
    );

    // The deepest failure is retried in place.
    let child = server.get(&format!("/api/workflow/{id}")).await.ok()["tasks"][0]["subWorkflowId"].clone();
    let child = child.as_str().expect("a child").to_owned();
    let task = server.poll("i").await;
    let failed = json!({"workflowInstanceId": child, "taskId": task["taskId"], "status": "FAILED_WITH_TERMINAL_ERROR"});
    server.post("/api/tasks", &failed).await.plain();
    server
        .eventually(
            &format!("/api/workflow/{id}/status"),
            json!({"workflowId": id, "correlationId": "c2", "status": "FAILED"}),
        )
        .await;
    let retry = server.post(&format!("/api/workflow/{id}/retry?dryRun=true"), &json!({})).await.ok();
    assert_eq!((&retry["runsAgain"], &retry["children"][0]["name"]), (&json!(["s"]), &json!("inner")));
    server
        .post(&format!("/api/workflow/{id}/retry?resumeSubworkflowTasks=true"), &json!({}))
        .await
        .no_content();
    assert_eq!((server.status(&id).await, server.status(&child).await), ("RUNNING".into(), "RUNNING".into()));
    finish(&server, &["i", "k", "z"]).await;
    server
        .eventually(
            &format!("/api/workflow/{id}/status"),
            json!({"workflowId": id, "correlationId": "c2", "status": "COMPLETED"}),
        )
        .await;
}

#[tokio::test]
async fn tasks_are_skipped_and_jumped_to() {
    let server = Running::new().await;
    server.register(&sequence("four", &["a", "b", "c", "d"])).await;
    let id = server.start("four", json!({})).await;
    let put = async |reference: &str, body: Value| {
        let path = format!("/api/workflow/{id}/skiptask/{reference}?skipTaskRequest=None");
        server.raw(Method::PUT, &path, body.to_string()).await
    };
    put("b", json!({"taskInput": {"i": 1}, "taskOutput": {"o": 2}})).await.nothing();
    let workflow = server.get(&format!("/api/workflow/{id}")).await.ok();
    let skipped = &workflow["tasks"][1];
    assert_eq!((&skipped["inputData"], &skipped["outputData"]), (&json!({"i": 1}), &json!({"o": 2})));
    let refused = put("b", json!({})).await.error(409);
    assert_eq!(refused, "The task referenced b has already been processed, cannot be skipped");
    let refused = put("x", json!({})).await.error(404);
    assert_eq!(refused, "The task referenced by x does not exist in the WorkflowDefinition four");
    let jump = format!("/api/workflow/{id}/jump/d");
    let preview = server.post(&format!("{jump}?dryRun=true"), &json!({})).await.ok();
    assert_eq!(preview["canceled"][0]["referenceTaskName"], "a");
    server.post(&jump, &json!({"n": 4})).await.nothing();
    assert_eq!(trace(&server, &id).await, "a:SKIPPED b:SKIPPED c:SKIPPED d:SCHEDULED");
    let task = server.poll("d").await;
    assert_eq!(task["inputData"], json!({"n": 4}));
    server.post("/api/tasks", &Running::result(&task, json!({}))).await.plain();
    let refused = put("c", json!({})).await.error(409);
    let message = format!("The workflow {id} is not running so the task referenced by c cannot be skipped");
    assert_eq!(refused, message);
    let reset = format!("/api/workflow/{id}/resetcallbacks");
    let refused = server.post(&reset, &json!({})).await.error(409);
    assert_eq!(refused, "Workflow is in terminal state. Status = COMPLETED");
}

#[tokio::test]
async fn a_running_execution_goes_on_by_another_version() {
    let server = Running::new().await;
    server.register(&sequence("w", &["a", "b"])).await;
    let id = server.start("w", json!({})).await;
    let path = format!("/api/workflow/{id}/upgrade");
    for (version, types) in [(2, ["c", "b"]), (3, ["a", "c"])] {
        let mut other = sequence("w", &types);
        other["version"] = json!(version);
        server.register(&other).await;
    }
    let refused = server.post(&path, &json!({"name": "w", "version": 2})).await.error(409);
    assert!(refused.contains("a is open and not in version 2"), "{refused}");
    server.post(&path, &json!({"name": "other", "version": 3})).await.error(400);
    server.post(&path, &json!({"name": "w", "version": 9})).await.error(404);
    let mut early = sequence("w", &["early", "a", "c"]);
    early["version"] = json!(4);
    server.register(&early).await;
    let preview = server.post(&format!("{path}?dryRun=true"), &json!({"name": "w", "version": 4})).await.ok();
    assert_eq!(preview["neverRuns"], json!(["early"]));
    server.post(&path, &json!({"name": "w", "version": 3, "workflowInput": {"n": 1}})).await.nothing();
    finish(&server, &["a", "c"]).await;
    let workflow = server.get(&format!("/api/workflow/{id}")).await.ok();
    assert_eq!((&workflow["status"], &workflow["workflowVersion"]), (&json!("COMPLETED"), &json!(3)));
    assert_eq!(workflow["input"], json!({"n": 1}));
}

#[tokio::test]
async fn what_waits_for_its_time_is_handed_out_at_once() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let id = server.start("one", json!({})).await;
    let task = server.poll("a").await;
    let later = json!({"workflowInstanceId": id, "taskId": task["taskId"], "status": "IN_PROGRESS",
        "callbackAfterSeconds": 3600});
    server.post("/api/tasks", &later).await.plain();
    server.post(&format!("/api/workflow/{id}/resetcallbacks"), &json!({})).await.no_content();
    finish(&server, &["a"]).await;
    assert_eq!(server.status(&id).await, "COMPLETED");
}
