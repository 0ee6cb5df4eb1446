//! Looks at the server, and calls that have nothing to do here.

use serde_json::json;

use crate::running::Running;
use crate::sequence;

#[tokio::test]
async fn pending_tasks_are_listed_oldest_first() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let mut ids = [server.start("one", json!({})).await, server.start("one", json!({})).await];
    // Ids begin with the instant.
    ids.sort();
    server.poll("a").await;
    let list = async |query: &str| {
        let list = server.get(&format!("/api/admin/task/a{query}")).await.ok();
        let ids = list.as_array().expect("a list").iter();
        ids.map(|task| task["workflowInstanceId"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list("").await, ids);
    assert_eq!(list("?start=1&count=1").await, ids[1..]);
    assert_eq!(list("?count=0").await, [""; 0]);
    assert_eq!(server.get("/api/admin/task/b").await.ok(), json!([]));
    server.delete(&format!("/api/workflow/{}", ids[0])).await.nothing();
    assert_eq!(list("").await, ids[1..]);
}

#[tokio::test]
async fn the_server_says_what_it_is_and_what_it_has_not() {
    let server = Running::new().await;
    let id = {
        server.register(&sequence("one", &["a"])).await;
        server.start("one", json!({})).await
    };
    let version = server.get("/api/version").await.plain();
    assert_eq!(server.get("/api/admin/config").await.ok()["version"], version);
    assert_eq!(
        server.post(&format!("/api/admin/sweep/requeue/{id}"), &json!({})).await.plain(),
        format!("true.{id}")
    );
    let repair = format!("/api/admin/consistency/verifyAndRepair/{id}");
    assert_eq!(server.post(&repair, &json!({})).await.plain(), "false");
    server.post("/api/admin/sweep/requeue/none", &json!({})).await.error(404);
    for (path, body) in [
        ("/api/environment", json!({})),
        ("/api/secrets", json!([])),
        ("/api/queue", json!({})),
        ("/api/queue/size", json!({})),
        ("/api/admin/queues?verbose=true", json!({})),
    ] {
        assert_eq!(server.get(path).await.ok(), body, "{path}");
    }
    assert!(server.get("/api/environment/PATH").await.error(404).contains("PATH"));
    for of in ["workflow", "tasks"] {
        for name in ["externalstoragelocation", "external-storage-location"] {
            let path = format!("/api/{of}/{name}?path=p");
            let told =
                server.get(&format!("{path}&operation=WRITE&payloadType=TASK_OUTPUT")).await.error(404);
            assert!(told.contains("inline"), "{told}");
            let told = server.get(&format!("{path}&operation=MOVE&payloadType=X")).await.error(400);
            assert_eq!(told, "Invalid input - Operation: MOVE, PayloadType: X");
        }
    }
}

#[tokio::test]
async fn a_result_may_come_as_a_message() {
    let server = Running::new().await;
    let wait = |name: &str| json!({"name": name, "taskReferenceName": name, "type": "WAIT"});
    server.register(&json!({"name": "waits", "tasks": [wait("v"), wait("w")]})).await;
    let id = server.start("waits", json!({})).await;
    let path = format!("/api/queue/update/{id}");
    server.post(&format!("{path}/w/COMPLETED"), &json!({})).await.error(404);
    server.post(&format!("{path}/v/COMPLETED"), &json!({"x": 1})).await.nothing();
    let workflow = server.get(&format!("/api/workflow/{id}")).await.ok();
    let task = workflow["tasks"][1]["taskId"].as_str().expect("an attempt").to_owned();
    server.post(&format!("{path}/task/{task}/ANY"), &json!({})).await.error(400);
    server.post(&format!("{path}/task/none/COMPLETED"), &json!({})).await.error(404);
    server.post(&format!("{path}/task/{task}/COMPLETED"), &json!({"y": 1})).await.nothing();
    let workflow = server.get(&format!("/api/workflow/{id}")).await.ok();
    assert_eq!((&workflow["status"], &workflow["output"]), (&json!("COMPLETED"), &json!({"y": 1})));
}

#[tokio::test]
async fn why_names_the_limit_or_the_rate_that_is_used_up() {
    let server = Running::new().await;
    let limited = json!({"name": "few", "concurrentExecLimit": 1});
    let rated = json!({"name": "slow", "rateLimitPerFrequency": 1, "rateLimitFrequencyInSeconds": 3600});
    server.post("/api/metadata/taskdefs", &json!([limited, rated])).await.nothing();
    for (name, field, said) in [
        ("few", "limit_holders", "waits for the limit of few, which is full: w"),
        ("slow", "used_up", "waits for the rate of slow, 1 in 3600 s: the next may go at 20"),
    ] {
        server.register(&sequence(name, &[name])).await;
        let ids = [server.start(name, json!({})).await, server.start(name, json!({})).await];
        let taken = server.poll(name).await;
        let waiting = ids.iter().find(|id| taken["workflowInstanceId"] != json!(id)).expect("one waits");
        let why = server.get(&format!("/api/v1/executions/{waiting}/why")).await.ok();
        assert!(why[0]["text"].as_str().is_some_and(|text| text.contains(said)), "{why}");
        assert!(why[0].get(field).is_some(), "{why}");
    }
}
