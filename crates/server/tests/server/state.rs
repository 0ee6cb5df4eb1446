//! Variables and state that are set from outside.

use serde_json::json;

use crate::running::Running;

fn asks() -> serde_json::Value {
    json!({"name": "asks", "tasks": [
        {"name": "w", "taskReferenceName": "w", "type": "WAIT"},
        {"name": "a", "taskReferenceName": "a", "inputParameters": {"x": "${workflow.variables.x}"}}]})
}

#[tokio::test]
async fn variables_are_set_and_bounded() {
    let server = Running::new().await;
    server.register(&asks()).await;
    let id = server.start("asks", json!({})).await;
    let path = format!("/api/workflow/{id}/variables");
    let workflow = server.post(&path, &json!({"x": {"y": 1}, "z": null})).await.ok();
    assert_eq!(workflow["variables"], json!({"x": {"y": 1}, "z": null}));
    let workflow = server.post(&path, &json!({"x": 2})).await.ok();
    assert_eq!((&workflow["variables"], &workflow["workflowId"]), (&json!({"x": 2, "z": null}), &json!(id)));
    let status = server.get(&format!("/api/workflow/{id}/status?includeVariables=true")).await.ok();
    assert_eq!(status["variables"]["x"], 2);
    server.post(&path, &json!([1])).await.error(400);
    let told = server.post(&path, &json!({"much": "x".repeat(300_000)})).await.error(413);
    assert!(told.contains(&id) && told.contains("variables"), "{told}");
    server.delete(&format!("/api/workflow/{id}")).await.nothing();
    let told = server.post(&path, &json!({"x": 3})).await.error(409);
    assert_eq!(told, format!("Workflow {id} has ended, status cannot be updated."));
    server.post("/api/workflow/nobody/variables", &json!({})).await.error(404);
}

#[tokio::test]
async fn a_state_update_goes_on_from_where_it_stood() {
    let server = Running::new().await;
    server.register(&asks()).await;
    let id = server.start("asks", json!({})).await;
    let path = format!("/api/workflow/{id}/state?requestId=r&waitForSeconds=60");
    let update = json!({"taskReferenceName": "w", "taskResult": {"status": "COMPLETED", "outputData": {"ok": 1}},
        "variables": {"x": 7}});
    let finish = async {
        let task = server.poll("a").await;
        assert_eq!(task["inputData"], json!({"x": 7}));
        server.post("/api/tasks", &Running::result(&task, json!({}))).await.plain();
    };
    let (run, ()) = tokio::join!(server.post(&path, &update), finish);
    let run = run.ok();
    assert_eq!(
        (&run["workflowId"], &run["status"], &run["requestId"]),
        (&json!(id), &json!("COMPLETED"), &json!("r"))
    );
    assert_eq!(run["tasks"][0]["outputData"], json!({"ok": 1}));
    let id = server.start("asks", json!({})).await;
    let path = format!("/api/workflow/{id}/state?waitForSeconds=60&waitUntilTaskRef=w,none");
    assert_eq!(server.post(&path, &update).await.ok()["status"], "RUNNING");
    // The wait is over, and only the variables are left to set.
    assert!(server.post(&path, &update).await.error(404).contains('w'));
    for (body, field) in [
        (json!({"taskReferenceName": "w"}), "taskResult"),
        (json!({"taskResult": {"status": "COMPLETED"}}), "taskReferenceName"),
        (json!({"variables": 1}), "variables"),
        (json!({"taskReferenceName": "w", "taskResult": {"status": "DONE"}}), "DONE"),
    ] {
        let answer = server.post(&path, &body).await;
        assert!(answer.text.contains(field), "{body}: {answer:?}");
        answer.error(400);
    }
}
