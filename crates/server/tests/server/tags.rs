//! Tags and rate limits of definitions.

use reqwest::Method;
use serde_json::{Value, json};

use crate::running::Running;
use crate::sequence;

#[tokio::test]
async fn tags_come_and_go() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    server.put("/api/metadata/taskdefs", &json!({"name": "a b"})).await.nothing();
    let tag = |key: &str, value: Value| json!({"key": key, "type": "METADATA", "value": value});
    let (team, size) = (tag("team", json!("blue")), tag("size", json!(3)));
    for (path, delete) in [
        ("/api/metadata/workflow/one", "/api/metadata/workflow/one/1"),
        ("/api/metadata/task/a%20b", "/api/metadata/taskdefs/a%20b"),
    ] {
        let tags = format!("{path}/tags");
        assert_eq!(server.get(&tags).await.ok(), json!([]));
        server.post(&tags, &team).await.nothing();
        server.post(&tags, &json!([team, size])).await.nothing();
        assert_eq!(
            server.get(&tags).await.ok(),
            json!([
                json!({"type": "METADATA", "key": "size", "value": 3}),
                json!({"type": "METADATA", "key": "team", "value": "blue"})
            ])
        );
        server.raw(Method::DELETE, &tags, size.to_string()).await.nothing();
        server.raw(Method::DELETE, &tags, json!([size]).to_string()).await.nothing();
        assert_eq!(server.get(&tags).await.ok()[0]["key"], "team");
        server.put(&tags, &json!([size])).await.nothing();
        assert_eq!(server.get(&tags).await.ok().as_array().map(Vec::len), Some(1));
        // They go with what they are on.
        server.delete(delete).await.nothing();
        server.get(&tags).await.error(404);
        server.post(&tags, &team).await.error(404);
        server.register(&sequence("one", &["a"])).await;
        server.put("/api/metadata/taskdefs", &json!({"name": "a b"})).await.nothing();
        assert_eq!(server.get(&tags).await.ok(), json!([]));
        assert!(server.post(&tags, &json!({"key": ""})).await.error(400).contains("check below"));
        server.post(&tags, &json!({"value": 1})).await.error(400);
        let many: Vec<Value> = (0..201).map(|at| tag(&at.to_string(), json!(at))).collect();
        assert!(server.put(&tags, &json!(many)).await.error(400).contains("200"));
    }
    assert_eq!(server.get("/api/metadata/workflow").await.ok().as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_rate_limit_is_kept_beside_the_tags() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let path = "/api/metadata/workflow/one/rate-limit";
    assert!(server.get(path).await.error(404).contains("one"));
    server.post("/api/metadata/workflow/one/tags", &json!({"key": "k", "value": "v"})).await.nothing();
    for limit in [3, 4] {
        let body = json!({"rateLimitKey": "${workflow.correlationId}", "concurrentExecLimit": limit});
        server.put(path, &body).await.nothing();
        assert_eq!(server.get(path).await.ok(), body);
    }
    server.delete(path).await.nothing();
    server.get(path).await.error(404);
    assert_eq!(server.get("/api/metadata/workflow/one/tags").await.ok()[0]["key"], "k");
    server.put(path, &json!({})).await.error(400);
    server.get("/api/metadata/workflow/none/rate-limit").await.error(404);
}
