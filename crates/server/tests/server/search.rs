//! Finding executions.

use serde_json::json;

use crate::running::Running;
use crate::sequence;

async fn found(server: &Running, query: &str) -> Vec<String> {
    let page = server.get(&format!("/api/workflow/search?{query}")).await.ok();
    let results = page["results"].as_array().expect("results").iter();
    results.map(|found| found["workflowId"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn executions_are_found() {
    let server = Running::new().await;
    server
        .put("/api/metadata/workflow", &json!([sequence("order", &["a"]), sequence("my order", &["a"])]))
        .await
        .ok();
    let first =
        server.post("/api/workflow", &json!({"name": "order", "correlationId": "key-1"})).await.plain();
    let second =
        server.post("/api/workflow", &json!({"name": "my order", "correlationId": "key-2"})).await.plain();
    server.delete(&format!("/api/workflow/{second}?reason=too+late")).await.nothing();
    let (one, two) = (vec![first.clone()], vec![second.clone()]);
    let both = vec![first.clone(), second.clone()];
    let cases = [
        ("query=workflowType%3Dorder", &one),
        ("query=workflowType+%3D+%27my+order%27+AND+status+IN+(TERMINATED,FAILED)", &two),
        ("query=workflowType%20IN%20(order,%22my%20order%22)", &both),
        ("query=correlationId%3Dkey-*&freeText=*", &both),
        ("query=status+!%3D+RUNNING", &two),
        ("query=startTime>0+AND+startTime<99999999999999", &both),
        ("freeText=late", &two),
        ("freeText=key-1&query=&start=&size=&sort=", &one),
        ("query=workflowType%3Dnobody", &vec![]),
    ];
    for (query, expected) in cases {
        let mut ids = found(&server, query).await;
        ids.sort();
        let mut expected = expected.clone();
        expected.sort();
        assert_eq!(ids, expected, "{query}");
    }
    assert_eq!(found(&server, &format!("query=workflowId%3D{first}")).await, one);
    assert_eq!(found(&server, "sort=correlationId:ASC&size=1").await, one);
    assert_eq!(found(&server, "sort=correlationId:ASC&size=1&start=1").await, two);
    assert_eq!(found(&server, "sort=correlationId:DESC").await, [second.clone(), first.clone()]);
    let page = server.get("/api/workflow/search?size=1").await.ok();
    assert_eq!((&page["totalHits"], page["results"].as_array().map(Vec::len)), (&json!(2), Some(1)));
    assert_eq!(server.get("/api/workflow/running/order").await.ok(), json!([first]));
    assert_eq!(server.get("/api/workflow/running/my%20order?version=1").await.ok(), json!([]));
    let ever = server.get("/api/workflow/running/my%20order?startTime=0&endTime=99999999999999").await.ok();
    assert_eq!(ever, json!([second]));
    let whole = server.get("/api/workflow/search-v2?query=workflowType%3Dorder").await.ok();
    assert_eq!(
        (&whole["results"][0]["workflowId"], &whole["results"][0]["input"]),
        (&json!(first), &json!({}))
    );
}

#[tokio::test]
async fn a_summary_has_the_shape_that_clients_read() {
    let server = Running::new().await;
    server.put("/api/metadata/taskdefs", &json!({"name": "a", "retryCount": 0})).await.nothing();
    server.register(&sequence("order", &["a"])).await;
    let id = server.start("order", json!({"n": 1})).await;
    let task = server.poll("a").await;
    let failure = json!({"status": "FAILED", "reasonForIncompletion": "no paper"});
    server.post("/api/tasks", &Running::result(&task, failure)).await.plain();
    let page = server.get("/api/workflow/search").await.ok();
    let summary = &page["results"][0];
    for (key, value) in [
        ("workflowType", json!("order")),
        ("version", json!(1)),
        ("workflowId", json!(id)),
        ("status", json!("FAILED")),
        ("input", json!("{\"n\":1}")),
        ("failedReferenceTaskNames", json!("a")),
        ("failedTaskNames", json!(["a"])),
        ("priority", json!(0)),
    ] {
        assert_eq!(summary[key], value, "{key}: {summary}");
    }
    assert!(
        summary["reasonForIncompletion"].as_str().is_some_and(|why| why.contains("no paper")),
        "{summary}"
    );
    assert!(summary["output"].is_string() && summary["executionTime"].is_i64(), "{summary}");
    for key in ["startTime", "updateTime", "endTime"] {
        let at = summary[key].as_str().unwrap_or_else(|| panic!("{key}: {summary}"));
        let shape: String = at.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
        assert_eq!(shape, "9999-99-99T99:99:99.999Z", "{key}");
    }
}
