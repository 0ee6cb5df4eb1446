//! `/api/metadata`.

use serde_json::{Value, json};

use crate::running::Running;
use crate::sequence;

#[tokio::test]
async fn a_definition_is_registered_once_unless_overwritten() {
    let server = Running::new().await;
    let path = "/api/metadata/workflow";
    server.post(path, &sequence("order", &["a"])).await.nothing();
    let first = server.get("/api/metadata/workflow/order").await.ok();
    assert!(first["createTime"].as_i64().is_some_and(|at| at > 0) && first["updateTime"] == 0, "{first}");
    let refused = server.post(path, &sequence("order", &["b"])).await.error(409);
    assert_eq!(refused, "Workflow with order.1 already exists!");
    for overwrite in ["true", "True", "TRUE"] {
        server.post(&format!("{path}?overwrite={overwrite}"), &sequence("order", &["b"])).await.nothing();
    }
    for no in ["False", ""] {
        server.post(&format!("{path}?overwrite={no}"), &sequence("order", &["b"])).await.error(409);
    }
    let second = server.get("/api/metadata/workflow/order").await.ok();
    assert_eq!((&second["tasks"][0]["name"], &second["createTime"]), (&json!("b"), &first["createTime"]));
    assert!(second["updateTime"].as_i64().is_some_and(|at| at > 0), "{second}");
}

#[tokio::test]
async fn definitions_are_read_in_all_the_ways() {
    let server = Running::new().await;
    let mut two = sequence("b", &["t"]);
    two["version"] = json!(2);
    let list = json!([sequence("b", &["t"]), two, sequence("a", &["t"])]);
    let bulk = server.put("/api/metadata/workflow", &list).await.ok();
    assert_eq!(bulk, json!({"bulkErrorResults": {}, "bulkSuccessfulResults": ["b", "b", "a"]}));
    let keys = |list: &Value| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        list.map(|def| format!("{}.{}", def["name"].as_str().unwrap_or(""), def["version"])).collect()
    };
    let get = async |path: &str| server.get(&format!("/api/metadata/workflow{path}")).await.ok();
    assert_eq!(keys(&get("").await), ["a.1", "b.1", "b.2"]);
    assert_eq!(keys(&get("/latest-versions").await), ["a.1", "b.2"]);
    assert_eq!(keys(&get("/b/versions").await), ["b.1", "b.2"]);
    assert_eq!(get("/c/versions").await, json!([]));
    assert_eq!(get("/names").await, json!(["a", "b"]));
    let by_name = get("/names-and-versions").await;
    assert_eq!(keys(&by_name["b"]), ["b.1", "b.2"]);
    assert!(by_name["a"][0]["createTime"].is_i64() && by_name["a"][0]["updateTime"].is_i64(), "{by_name}");
    assert_eq!(get("/b").await["version"], 2);
    assert_eq!(get("/b?version=1").await["version"], 1);
    assert_eq!(get("/b?version=").await["version"], 2);
    for (path, message) in [
        ("/c", "No such workflow found by name: c, version: null"),
        ("/b?version=7", "No such workflow found by name: b, version: 7"),
        ("/b?version=-1", "No such workflow found by name: b, version: -1"),
    ] {
        assert_eq!(server.get(&format!("/api/metadata/workflow{path}")).await.error(404), message);
    }
    server.delete("/api/metadata/workflow/b/1").await.nothing();
    for (path, message) in [
        ("/b/1", "No such workflow definition: b version: 1"),
        ("/b/x", "No such workflow definition: b version: x"),
    ] {
        assert_eq!(server.delete(&format!("/api/metadata/workflow{path}")).await.error(404), message);
    }
}

#[tokio::test]
async fn what_a_definition_says_comes_back() {
    let server = Running::new().await;
    let definition = json!({
        "name": "full", "version": 1234, "ownerEmail": "test@test", "description": "d",
        "inputParameters": ["x"], "outputParameters": {"y": "${t.output.y}", "n": null}, "variables": {"v": 1},
        "timeoutPolicy": "TIME_OUT_WF", "timeoutSeconds": 60, "inputSchema": {"name": "s", "type": "JSON"},
        "outputSchema": {"name": "s", "type": "JSON"}, "enforceSchema": false, "unknown": {"a": []},
        "tasks": [{"name": "t", "taskReferenceName": "t", "type": "SIMPLE", "retryCount": 2,
            "taskDefinition": {"name": "t", "retryLogic": "EXPONENTIAL_BACKOFF", "inputKeys": ["k"],
                "inputSchema": {"name": "s"}, "enforceSchema": true}}],
    });
    server.register(&definition).await;
    let read = server.get("/api/metadata/workflow/full?version=1234").await.ok();
    for key in [
        "ownerEmail",
        "inputParameters",
        "outputParameters",
        "variables",
        "timeoutPolicy",
        "inputSchema",
        "outputSchema",
        "enforceSchema",
    ] {
        assert_eq!(read[key], definition[key], "{key}");
    }
    assert!(read.get("unknown").is_none(), "{read}");
    let embedded = &read["tasks"][0]["taskDefinition"];
    assert_eq!(
        (&embedded["retryLogic"], &embedded["enforceSchema"]),
        (&json!("EXPONENTIAL_BACKOFF"), &json!(true))
    );
}

#[tokio::test]
async fn extensions_come_back_and_are_written_only_where_they_are_used() {
    let server = Running::new().await;
    let mut definition = sequence("styled", &["t"]);
    server.register(&definition).await;
    let plain = server.get("/api/metadata/workflow/styled").await.ok();
    assert!(plain.get("expressionStyle").is_none(), "{plain}");
    definition["expressionStyle"] = json!("strict");
    definition["version"] = json!(2);
    definition["tasks"][0]["inputParameters"] = json!({"x": "${workflow.input.x ?? 'none'}"});
    definition["tasks"][0]["taskDefinition"] =
        json!({"name": "t", "retryDelaySeconds": 0.2, "maxRetryDelaySeconds": 1});
    server.register(&definition).await;
    let read = server.get("/api/metadata/workflow/styled").await.ok();
    assert_eq!(read["expressionStyle"], "strict");
    let delays = &read["tasks"][0]["taskDefinition"];
    assert_eq!(
        (delays["retryDelaySeconds"].to_string(), delays["maxRetryDelaySeconds"].to_string()),
        ("0.2".into(), "1".into())
    );
    let id = server.start("styled", json!({})).await;
    let input = server.get(&format!("/api/workflow/{id}")).await.ok()["tasks"][0]["inputData"].clone();
    assert_eq!(input, json!({"x": "none"}));
    definition["expressionStyle"] = json!("loose");
    server.post("/api/metadata/workflow?overwrite=true", &definition).await.error(400);
}

#[tokio::test]
async fn task_definitions_are_registered_and_read() {
    let server = Running::new().await;
    let path = "/api/metadata/taskdefs";
    server.post(path, &json!([{"name": "a"}, {"name": "b", "retryCount": 7}])).await.nothing();
    // A worker registers its type without knowing whether somebody did before.
    server.put(path, &json!({"name": "c", "timeoutSeconds": 3600, "totalTimeoutSeconds": 0})).await.nothing();
    server.put(path, &json!({"name": "a", "retryCount": 1})).await.nothing();
    let all = server.get(path).await.ok();
    let names: Vec<&str> =
        all.as_array().expect("a list").iter().filter_map(|def| def["name"].as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let a = server.get("/api/metadata/taskdefs/a").await.ok();
    assert_eq!((&a["retryCount"], &a["responseTimeoutSeconds"]), (&json!(1), &json!(3600)));
    assert!(a["createTime"].as_i64().is_some_and(|at| at > 0), "{a}");
    server.delete("/api/metadata/taskdefs/a").await.nothing();
    assert_eq!(server.get("/api/metadata/taskdefs/a").await.error(404), "No such taskType found by name: a");
    assert!(server.delete("/api/metadata/taskdefs/a").await.error(404).contains('a'));
}

#[tokio::test]
async fn validation_answers_without_registering() {
    let server = Running::new().await;
    server.post("/api/metadata/workflow/validate", &sequence("order", &["a"])).await.nothing();
    server.post("/api/metadata/workflow/validate", &sequence("order", &["a", "a"])).await.error(400);
    assert_eq!(server.get("/api/metadata/workflow").await.ok(), json!([]));
}
