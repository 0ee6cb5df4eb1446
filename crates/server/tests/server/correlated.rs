//! Executions by the keys of their callers.

use serde_json::{Value, json};

use crate::running::Running;
use crate::sequence;

fn ids(list: &Value) -> Vec<String> {
    let ids = list.as_array().expect("a list").iter();
    let mut ids: Vec<String> = ids.map(|one| one["workflowId"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn executions_are_found_by_their_key() {
    let server = Running::new().await;
    server
        .put("/api/metadata/workflow", &json!([sequence("one", &["a"]), sequence("two", &["a"])]))
        .await
        .ok();
    let start = async |name: &str, key: &str| {
        server.post("/api/workflow", &json!({"name": name, "correlationId": key})).await.plain()
    };
    let (open, ended) = (start("one", "k/1").await, start("one", "k/1").await);
    let (paused, other) = (start("two", "k/1").await, start("one", "k 2").await);
    server.delete(&format!("/api/workflow/{ended}")).await.nothing();
    server.put(&format!("/api/workflow/{paused}/pause"), &json!({})).await.nothing();
    let sorted = |mut ids: Vec<&str>| {
        ids.sort_unstable();
        ids.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    for (path, expected) in [
        ("one/correlated/k%2F1", vec![&*open]),
        ("one/correlated/k%2F1?includeClosed=True", vec![&*open, &*ended]),
        ("one/correlated/k%202", vec![&*other]),
        ("two/correlated/k%2F1", vec![&*paused]),
        ("one/correlated/none", vec![]),
        ("none/correlated/k%2F1", vec![]),
    ] {
        let found = server.get(&format!("/api/workflow/{path}")).await.ok();
        assert_eq!(ids(&found), sorted(expected), "{path}");
    }
    let with_tasks = server.get("/api/workflow/one/correlated/k%202?includeTasks=true").await.ok();
    assert_eq!(with_tasks[0]["tasks"][0]["referenceTaskName"], "a");
    let body = json!(["k/1", "none"]);
    let found =
        server.post("/api/workflow/one/correlated?includeClosed=true&includeTasks=false", &body).await.ok();
    assert_eq!((ids(&found["k/1"]), &found["none"]), (sorted(vec![&open, &ended]), &json!([])));
    assert_eq!(found["k/1"][0]["tasks"], json!([]));
    let body = json!({"correlationIds": ["k/1", "k 2"], "workflowNames": ["one", "two"]});
    let found = server.post("/api/workflow/correlated/batch", &body).await.ok();
    assert_eq!(ids(&found["k/1"]), sorted(vec![&open, &paused]));
    assert_eq!(ids(&found["k 2"]), sorted(vec![&other]));
    server.post("/api/workflow/correlated/batch", &json!({"correlationIds": ["k"]})).await.error(400);
    server.post("/api/workflow/one/correlated", &json!(vec!["x"; 1001])).await.error(400);
}
