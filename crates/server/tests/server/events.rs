//! Events across a stop of the server and across nodes.

use std::sync::Arc;
use std::time::Duration;

use segue_engine::Options;
use segue_server::ServerOptions;
use segue_store::Store;
use segue_store::memory::MemoryStore;
use segue_store::postgres::PostgresStore;
use serde_json::{Value, json};

use crate::running::Running;

const DEADLINE: Duration = Duration::from_secs(20);

async fn node<S: Store + 'static>(store: &Arc<S>) -> Running<S> {
    Running::over(store.clone(), Options::default(), ServerOptions::default()).await
}

fn handler(name: &str) -> Value {
    let start = json!({"name": "heard", "correlationId": "${id}", "input": {"by": name}});
    json!({"name": name, "event": "conductor:told:news", "active": true,
        "actions": [{"action": "start_workflow", "start_workflow": start}]})
}

fn telling(tasks: &Value) -> Value {
    let mut all = tasks.as_array().cloned().unwrap_or_default();
    all.push(json!({"name": "say", "taskReferenceName": "say", "type": "EVENT", "sink": "conductor:news",
        "inputParameters": {"id": "${workflow.input.id}"}}));
    json!({"name": "told", "version": 1, "tasks": all})
}

/// The executions of `heard` for one event, as soon as there are so many.
async fn heard<S: Store + 'static>(server: &Running<S>, id: &str, count: usize) -> Vec<Value> {
    let path = format!("/api/workflow/heard/correlated/{id}?includeClosed=true");
    let look = async {
        loop {
            let found = server.get(&path).await.ok();
            let found = found.as_array().cloned().unwrap_or_default();
            if found.len() >= count {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let found = tokio::time::timeout(DEADLINE, look).await.expect("heard in time");
    assert_eq!(found.len(), count, "{found:?}");
    found
}

#[tokio::test]
async fn what_was_published_before_a_stop_is_heard_once() {
    let store = Arc::new(MemoryStore::new());
    let mut server = node(&store).await;
    let waiting = json!([{"name": "w", "taskReferenceName": "w", "type": "WAIT"}]);
    server.register(&telling(&waiting)).await;
    server
        .register(
            &json!({"name": "heard", "tasks": [{"name": "n", "taskReferenceName": "n", "type": "NOOP"}]}),
        )
        .await;
    server.post("/api/event", &json!([handler("one"), handler("two")])).await.nothing();
    let start = json!({"name": "told", "input": {"id": "a"}});
    let early = server.post("/api/workflow", &start).await.plain();
    let late = server.post("/api/workflow", &json!({"name": "told", "input": {"id": "b"}})).await.plain();
    server.post(&format!("/api/tasks/{early}/w/COMPLETED"), &json!({})).await.plain();
    server.stop().await;

    let server = node(&store).await;
    heard(&server, "a", 2).await;
    // Handlers are there again, and one that is gone hears nothing more.
    server.delete("/api/event/one").await.nothing();
    server.post(&format!("/api/tasks/{late}/w/COMPLETED"), &json!({})).await.plain();
    let found = heard(&server, "b", 1).await;
    assert_eq!(found[0]["input"]["by"], "two");
    heard(&server, "a", 2).await;
}

async fn is_heard_on_every_node<S: Store + 'static>(store: Arc<S>) {
    let (one, two) = (node(&store).await, node(&store).await);
    one.register(&telling(&json!([]))).await;
    one.register(
        &json!({"name": "heard", "tasks": [{"name": "n", "taskReferenceName": "n", "type": "NOOP"}]}),
    )
    .await;
    one.post("/api/event", &handler("h")).await.nothing();
    // Asking a node for it makes sure that it read the catalog.
    assert_eq!(two.get("/api/event/handler/h").await.ok()["active"], true);
    for (server, id) in [(&one, "a"), (&two, "b")] {
        let start = json!({"name": "told", "input": {"id": id}});
        server.post("/api/workflow", &start).await.plain();
        heard(&one, id, 1).await;
    }
    // One message that both are given is taken once.
    let message = json!({"event": "conductor:told:news", "messageId": "m", "payload": {"id": "c"}});
    let mut reactions = Vec::new();
    for server in [&one, &two] {
        reactions.push(server.post("/api/v1/events", &message).await.ok()["reactions"].clone());
    }
    assert_eq!(reactions[0], reactions[1]);
    heard(&two, "c", 1).await;
}

#[tokio::test]
async fn an_event_is_heard_on_every_node_of_a_postgres() {
    let Some(cluster) = segue_testkit::postgres::cluster() else { return };
    let store = PostgresStore::open(&cluster.fresh_url()).await.expect("open");
    is_heard_on_every_node(Arc::new(store)).await;
}
