//! `http`, against a server of the test's own.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{any, get};
use segue_handlers::letrun::Services;
use segue_handlers::{HttpHandler, HttpOptions};
use serde_json::{Value, json};

use crate::{error, run, services};

/// Says what it was asked.
async fn echo(query: RawQuery, headers: HeaderMap, body: Bytes) -> axum::Json<Value> {
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default().to_owned());
    axum::Json(json!({
        "query": query.0,
        "type": header("content-type"),
        "key": header("idempotency-key"),
        "x": header("x-y"),
        "body": String::from_utf8_lossy(&body),
    }))
}

async fn stand_in() -> SocketAddr {
    let router = Router::new()
        .route("/echo", any(echo))
        .route("/empty", get(async || StatusCode::NO_CONTENT))
        .route("/text", get(async || "plain"))
        .route("/missing", get(async || (StatusCode::NOT_FOUND, "no")))
        .route("/never", get(async || std::future::pending::<()>().await));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn requests_carry_what_is_meant() {
    let address = stand_in().await;
    let services = Services { effect_key: "key-1".into(), ..services() };
    let url = format!("http://{address}/echo?q=1");
    for (parameters, expected) in [
        (json!({}), json!({"query": "q=1", "type": null, "key": null, "x": null, "body": ""})),
        (
            json!({"params": {"a": "x y", "b": null, "c": [1, 2]}, "headers": {"X-Y": 5}}),
            json!({"query": "q=1&a=x+y&c=1&c=2", "type": null, "key": null, "x": "5", "body": ""}),
        ),
        (
            json!({"method": "post", "body": {"a": [1]}}),
            json!({"query": "q=1", "type": "application/json", "key": "key-1", "x": null, "body": "{\"a\":[1]}"}),
        ),
        (
            json!({"method": "PUT", "body": "text", "headers": {"Content-Type": "text/x"}}),
            json!({"query": "q=1", "type": "text/x", "key": "key-1", "x": null, "body": "text"}),
        ),
        (
            json!({"method": "DELETE", "body": "text"}),
            json!({"query": "q=1", "type": "text/plain;charset=UTF-8", "key": null, "x": null, "body": "text"}),
        ),
    ] {
        let mut parameters = parameters;
        parameters["url"] = url.as_str().into();
        let done = run(&services, "http", &parameters).await.expect("an answer");
        assert_eq!(done.output["result"], expected, "{parameters}");
        assert_eq!(done.output["status"], 200);
        assert_eq!(done.output["headers"]["content-type"], "application/json");
    }
}

#[tokio::test]
async fn answers_are_read_as_asked() {
    let address = stand_in().await;
    let services = services();
    let ask =
        |path: &str, kind: &str| json!({"url": format!("http://{address}{path}"), "responseType": kind});
    let empty = run(&services, "http", &ask("/empty", "json")).await.expect("an answer").output;
    assert_eq!((empty.get("result"), &empty["status"]), (None, &json!(204)));
    for (kind, expected) in [
        ("text", json!("plain")),
        ("blob", json!({"type": "text/plain; charset=utf-8", "size": 5, "base64": "cGxhaW4="})),
    ] {
        assert_eq!(
            run(&services, "http", &ask("/text", kind)).await.expect("an answer").output["result"],
            expected
        );
    }
    let (text, terminal) = error(&services, "http", &ask("/text", "json")).await;
    assert!(text.starts_with("SyntaxError: the response is not JSON: ") && !terminal, "{text}");
    let failed = run(&services, "http", &ask("/missing", "json")).await.expect_err("a refusal");
    let expected = json!({"name": "Error", "message": "HTTP request failed with status 404", "status": 404});
    assert_eq!((failed.as_error(), failed.terminal), (expected, false));
    let mut slow = ask("/never", "json");
    slow["timeoutMs"] = 50.into();
    let (text, _) = error(&services, "http", &slow).await;
    assert_eq!(text, "TimeoutError: The operation was aborted due to timeout");
}

#[tokio::test]
async fn a_server_calls_no_one_inside() {
    let address = stand_in().await;
    let mut services = services();
    services.http = Arc::new(HttpHandler::new(HttpOptions::default()));
    let (text, _) = error(&services, "http", &json!({"url": format!("http://{address}/text")})).await;
    assert!(
        text.starts_with("TypeError: fetch failed: ") && text.contains("--http-allow 127.0.0.1"),
        "{text}"
    );
}
