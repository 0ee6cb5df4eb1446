//! Facts of the transport that unmodified clients depend on.

use reqwest::Method;
use serde_json::json;

use crate::running::Running;
use crate::sequence;

#[tokio::test]
async fn what_does_not_exist_is_404_and_a_wrong_verb_405() {
    let server = Running::new().await;
    for (method, path) in [
        (Method::POST, "/api/token"),
        (Method::GET, "/api/token/userInfo"),
        (Method::GET, "/api/integrations/provider"),
        (Method::POST, "/api/schema"),
        (Method::POST, "/api/agent/start"),
        (Method::GET, "/"),
        (Method::GET, "/nothing/here"),
    ] {
        let message = server.raw(method.clone(), path, "{}").await.error(404);
        assert!(message.contains(path), "{method} {path}: {message}");
    }
    for (method, path) in [
        (Method::GET, "/api/workflow/x/pause"),
        (Method::DELETE, "/api/tasks"),
        (Method::PUT, "/api/tasks/poll/batch/x"),
        (Method::PATCH, "/api/metadata/workflow"),
        (Method::POST, "/health"),
    ] {
        let message = server.raw(method.clone(), path, "{}").await.error(405);
        assert_eq!(message, format!("Request method '{method}' is not supported"));
    }
}

#[tokio::test]
async fn accept_and_content_type_are_not_looked_at() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let body = json!({"name": "one"}).to_string();
    for content_type in [
        "application/json",
        "text/plain",
        "application/json;charset=utf-8",
        "application/x-www-form-urlencoded",
    ] {
        for accept in ["text/plain", "application/json", "image/png"] {
            let request = server.request(Method::POST, "/api/workflow").header("content-type", content_type);
            server.send(request.header("accept", accept).body(body.clone())).await.plain();
        }
    }
    server.send(server.request(Method::POST, "/api/workflow").body(body)).await.plain();
    let request = server.request(Method::GET, "/api/metadata/workflow").header("accept", "text/plain");
    server.send(request).await.ok();
}

#[tokio::test]
async fn bodies_may_come_in_chunks_or_where_none_belongs() {
    let server = Running::new().await;
    server.register(&sequence("one", &["a"])).await;
    let chunks = ["{\"name\"", ": \"one\"", "}"].map(Ok::<_, std::io::Error>);
    let body = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    let id = server.raw(Method::POST, "/api/workflow", body).await.plain();
    for body in ["{}", "null", ""] {
        server.raw(Method::GET, &format!("/api/workflow/{id}"), body).await.ok();
        server.raw(Method::PUT, &format!("/api/workflow/{id}/pause"), body).await.nothing();
        server.raw(Method::PUT, &format!("/api/workflow/{id}/resume"), body).await.nothing();
    }
    server.raw(Method::DELETE, &format!("/api/workflow/{id}"), "{}").await.nothing();
}

#[tokio::test]
async fn path_segments_are_decoded_one_by_one() {
    let server = Running::new().await;
    let name = "a/b:c d%";
    server.put("/api/metadata/taskdefs", &json!({"name": name})).await.nothing();
    let read = server.get("/api/metadata/taskdefs/a%2Fb%3Ac%20d%25").await.ok();
    assert_eq!(read["name"], name);
    server.get("/api/metadata/taskdefs/%ff").await.error(400);
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let server = Running::new().await;
    let address = server.url.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("connects");
    let mut seen = Vec::new();
    for at in 1..=3 {
        let request = format!("GET /api/metadata/workflow HTTP/1.1\r\nhost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("writes");
        while String::from_utf8_lossy(&seen).matches("[]").count() < at {
            let mut buffer = [0; 1024];
            let count = stream.read(&mut buffer).await.expect("reads");
            assert!(count > 0, "closed after {at} requests");
            seen.extend_from_slice(&buffer[..count]);
        }
    }
    assert!(!String::from_utf8_lossy(&seen).to_lowercase().contains("connection: close"));
}

#[tokio::test]
async fn every_error_has_the_shape_that_clients_read() {
    let server = Running::new().await;
    let answer = server.get("/api/workflow/none").await.json();
    assert_eq!(
        answer,
        json!({"status": 404, "message": "No such workflow found by id: none", "instance": "segue",
        "retryable": false})
    );
    let answer = server.post("/api/workflow", &json!({})).await.json();
    let finding = &answer["validationErrors"][0];
    assert_eq!(
        (&finding["path"], &finding["message"]),
        (&json!("name"), &json!("Workflow name cannot be null or empty"))
    );
}
