//! Finding executions.

use std::collections::BTreeMap;
use std::sync::Arc;

use segue_engine::Options;
use segue_server::ServerOptions;
use segue_store::Store;
use segue_store::memory::MemoryStore;
use segue_store::postgres::PostgresStore;
use segue_store::sqlite::SqliteStore;
use serde_json::{Value, json};

use crate::running::Running;
use crate::sequence;

async fn found<S: Store + 'static>(server: &Running<S>, query: &str) -> Vec<String> {
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
        ("query=status%3DTERMINATED+OR+status%3DRUNNING&query=workflowType%3Dorder", &one),
        ("query=parentWorkflowId+%3D+%27%27", &both),
        ("query=parentWorkflowId+!%3D+%27%27", &vec![]),
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

async fn over<S: Store + 'static>(store: S) -> Running<S> {
    Running::over(Arc::new(store), Options::default(), ServerOptions::default()).await
}

#[tokio::test]
async fn the_whole_language_is_understood_in_memory() {
    the_whole_language_is_understood(&over(MemoryStore::new()).await).await;
}

#[tokio::test]
async fn the_whole_language_is_understood_on_sqlite() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(&directory.path().join("segue.db")).expect("open");
    the_whole_language_is_understood(&over(store).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_language_is_understood_on_postgres() {
    let Some(cluster) = segue_testkit::postgres::cluster() else { return };
    let store = PostgresStore::open(&cluster.fresh_url()).await.expect("open");
    the_whole_language_is_understood(&over(store).await).await;
}

/// Three executions: one completed, one failed, one that waits with its first task done.
struct World {
    names: BTreeMap<String, &'static str>,
}

impl World {
    async fn build<S: Store + 'static>(server: &Running<S>) -> Self {
        server.put("/api/metadata/taskdefs", &json!({"name": "ship", "retryCount": 0})).await.nothing();
        let pair = sequence("order", &["pay", "ship"]);
        server.put("/api/metadata/workflow", &json!([pair, sequence("my refund", &["pay"])])).await.ok();
        let mut names = BTreeMap::new();
        for (short, name, key, input) in [
            (
                "done",
                "my refund",
                json!(null),
                json!({"customer": {"name": "J\u{fc}rgen Gro\u{df}"}, "amount": 12.5}),
            ),
            ("failed", "order", json!("key-2"), json!({"card": "4711-0815"})),
            ("waits", "order", json!("key-3"), json!({"card": "4712"})),
        ] {
            let start = json!({"name": name, "correlationId": key, "input": input});
            let id = server.post("/api/workflow", &start).await.plain();
            names.insert(id.clone(), short);
            let task = server.poll("pay").await;
            assert_eq!(task["workflowInstanceId"], json!(id));
            let output = json!({"outputData": {"receipt": format!("no {short}"), "note": "paid in full"}});
            server.post("/api/tasks", &Running::result(&task, output)).await.plain();
            if short == "failed" {
                let task = server.poll("ship").await;
                let failure = json!({"status": "FAILED", "reasonForIncompletion": "truck broke down"});
                server.post("/api/tasks", &Running::result(&task, failure)).await.plain();
            }
        }
        Self { names }
    }

    /// The short names of what a route finds, sorted; attempts with their type.
    async fn found<S: Store + 'static>(
        &self,
        server: &Running<S>,
        path: &str,
        params: &[(&str, &str)],
    ) -> Vec<String> {
        let request = server.client.get(format!("{}{path}", server.url)).query(params);
        let page = server.send(request).await.ok();
        let results = page["results"].as_array().expect("results");
        assert_eq!(page["totalHits"], json!(results.len()), "{page}");
        assert!(page.get("indexBehind").is_none() && page.get("totalHitsCapped").is_none(), "{page}");
        let name = |found: &Value| {
            let id = found.get("workflowId").or(found.get("workflowInstanceId")).and_then(Value::as_str);
            let short = self.names[id.expect("an id")];
            found
                .get("taskType")
                .and_then(Value::as_str)
                .map_or(short.to_owned(), |task| format!("{short}.{task}"))
        };
        let mut found: Vec<String> = results.iter().map(name).collect();
        found.sort();
        found
    }
}

async fn the_whole_language_is_understood<S: Store + 'static>(server: &Running<S>) {
    let world = World::build(server).await;
    let failed = world.names.iter().find(|(_, short)| **short == "failed").expect("built").0.clone();
    let by_id = format!("workflowId = {failed} AND taskType = ship");
    let workflows: &[(&str, &str, &[&str])] = &[
        ("", "", &["done", "failed", "waits"]),
        ("workflowType = order AND status = RUNNING", "", &["waits"]),
        ("status = COMPLETED OR correlationId = key-2", "", &["done", "failed"]),
        ("NOT (status = COMPLETED OR correlationId = key-2)", "", &["waits"]),
        (
            "workflowType STARTS_WITH 'my ' OR (workflowType = 'order' AND NOT status=RUNNING)",
            "",
            &["done", "failed"],
        ),
        ("correlationId IS NULL", "*", &["done"]),
        ("correlationId IS NOT NULL AND endTime IS NULL", "", &["waits"]),
        ("correlationId NOT IN (key-2, other)", "", &["done", "waits"]),
        ("startTime BETWEEN 2020-01-01 AND 2999-12-31T23:59:59Z", "", &["done", "failed", "waits"]),
        ("startTime < '2020-01-01T00:00:00Z'", "", &[]),
        ("reasonForIncompletion = *truck*", "", &["failed"]),
        ("", "j\u{fc}rgen", &["done"]),
        ("", "12.5 gro*", &["done"]),
        ("", "4711", &["failed"]),
        ("", "471*", &["failed", "waits"]),
        ("", "\"truck broke\"", &["failed"]),
        ("", "\"broke truck\"", &[]),
        ("", "key-3", &["waits"]),
        ("status = FAILED", "card", &["failed"]),
        ("", "!?", &[]),
    ];
    for (query, words, expected) in workflows {
        for path in ["/api/workflow/search", "/api/workflow/search-v2"] {
            let params = [("query", *query), ("freeText", words)];
            assert_eq!(world.found(server, path, &params).await, *expected, "{path} {query} {words}");
        }
    }
    let tasks: &[(&str, &str, &[&str])] = &[
        ("taskType = ship", "", &["failed.ship", "waits.ship"]),
        ("taskDefName = ship AND status = SCHEDULED", "", &["waits.ship"]),
        ("status IN (FAILED, TIMED_OUT)", "", &["failed.ship"]),
        ("referenceTaskName = pay AND workflowType = order", "", &["failed.pay", "waits.pay"]),
        ("correlationId = key-3 AND endTime IS NOT NULL", "", &["waits.pay"]),
        ("startTime IS NULL", "", &["waits.ship"]),
        ("reasonForIncompletion STARTS_WITH truck", "", &["failed.ship"]),
        ("domain IS NOT NULL", "", &[]),
        (&by_id, "", &["failed.ship"]),
        ("", "receipt", &["done.pay", "failed.pay", "waits.pay"]),
        ("taskType = pay", "\"no waits\"", &["waits.pay"]),
        ("scheduledTime > 2020-01-01 AND updateTime > 0", "truck", &["failed.ship"]),
    ];
    for (query, words, expected) in tasks {
        let params = [("query", *query), ("freeText", words)];
        for path in ["/api/tasks/search", "/api/tasks/search-v2"] {
            assert_eq!(world.found(server, path, &params).await, *expected, "{path} {query} {words}");
        }
        let mut owners: Vec<&str> = expected.iter().filter_map(|task| task.split('.').next()).collect();
        owners.dedup();
        for path in ["/api/workflow/search-by-tasks", "/api/workflow/search-by-tasks-v2"] {
            assert_eq!(world.found(server, path, &params).await, owners, "{path} {query} {words}");
        }
    }
    gone_is_gone(server, &world, &failed).await;
}

/// A removed execution is found no more, nor are its attempts.
async fn gone_is_gone<S: Store + 'static>(server: &Running<S>, world: &World, failed: &str) {
    server.delete(&format!("/api/workflow/{failed}/remove")).await.nothing();
    let truck = [("freeText", "truck")];
    assert_eq!(world.found(server, "/api/workflow/search", &truck).await, Vec::<String>::new());
    assert_eq!(world.found(server, "/api/tasks/search", &[]).await, ["done.pay", "waits.pay", "waits.ship"]);
    assert_eq!(server.store.check().await.expect("check"), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_wrong_with_a_search_is_told() {
    let server = Running::new().await;
    for (path, params, expected) in [
        (
            "workflow/search",
            [("query", "colour = red")],
            "unknown field 'colour' at column 1 of the search, expected one of workflowId,",
        ),
        (
            "workflow/search",
            [("query", "status = A AND (version > x)")],
            "'x' at column 27 of the search is no number",
        ),
        (
            "tasks/search",
            [("query", "version = 1")],
            "expected one of taskId, taskType, taskDefName, status, referenceTaskName",
        ),
        ("tasks/search-v2", [("sort", "taskId:UP")], "unexpected 'UP' at column 8"),
        ("workflow/search-by-tasks", [("query", "taskId")], "ends early at column 7"),
        (
            "workflow/search",
            [("size", "5001")],
            "Cannot return more than 5000 workflows. Please use pagination.",
        ),
        ("tasks/search", [("size", "5001")], "Cannot return more than 5000 tasks. Please use pagination."),
        ("workflow/search-v2", [("freeText", &*"a ".repeat(65))], "more than 64 words"),
    ] {
        let request = server.client.get(format!("{}/api/{path}", server.url)).query(&params);
        let told = server.send(request).await.error(400);
        assert!(told.contains(expected), "{path} {params:?}: {told}");
    }
}

#[tokio::test]
async fn a_task_summary_has_the_shape_that_clients_read() {
    let server = Running::new().await;
    server.register(&sequence("order", &["a"])).await;
    let id = server.start("order", json!({"n": 1})).await;
    let task = server.poll("a").await;
    server.post("/api/tasks", &Running::result(&task, json!({"outputData": {"m": 2}}))).await.plain();
    let page = server.get("/api/tasks/search?size=1&sort=startTime:DESC|taskId").await.ok();
    let summary = &page["results"][0];
    for (key, value) in [
        ("workflowId", json!(id)),
        ("workflowType", json!("order")),
        ("taskId", task["taskId"].clone()),
        ("taskType", json!("a")),
        ("taskDefName", json!("a")),
        ("status", json!("COMPLETED")),
        ("output", json!("{\"m\":2}")),
        ("workflowPriority", json!(0)),
    ] {
        assert_eq!(summary[key], value, "{key}: {summary}");
    }
    assert!(summary["input"].is_string(), "{summary}");
    assert!(summary["executionTime"].is_i64() && summary["queueWaitTime"].is_i64(), "{summary}");
    for key in ["scheduledTime", "startTime", "updateTime", "endTime"] {
        assert!(
            summary[key].as_str().is_some_and(|at| at.ends_with('Z') && at.len() == 24),
            "{key}: {summary}"
        );
    }
    let whole = server.get("/api/tasks/search-v2").await.ok();
    assert_eq!(whole["results"][0]["outputData"], json!({"m": 2}));
}
