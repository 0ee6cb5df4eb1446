//! Stands in for the servers that definitions call over HTTP.

use std::collections::HashMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, RawQuery};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde_json::{Value, json};

/// Starts it for the rest of the process and gives its address.
pub(crate) fn start() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    listener.set_nonblocking(true).expect("for tokio");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router()).await.expect("it serves");
        });
    });
    format!("http://{address}")
}

fn router() -> Router {
    Router::new()
        .route("/echo", any(echo))
        .route("/status/{code}", any(status))
        .route("/text", get(async || "plain text"))
        .route("/number", get(async || json_of(&json!(42))))
        .route("/list", get(async || json_of(&json!([1, {"a": 2}]))))
        .route("/nothing", get(async || StatusCode::NO_CONTENT))
        .route("/redirect", get(async || (StatusCode::FOUND, [(header::LOCATION, "/number")])))
        // The ones of Conductor's own examples.
        .route(
            "/api",
            get(async || json_of(&json!({"hostName": "h", "apiRandomDelay": "1 ms", "randomInt": 7}))),
        )
        .route("/api/time/current/zone", get(async || json_of(&json!({"dateTime": "2026-01-02T03:04:05"}))))
        .route("/conductor/_search", get(search))
        .route("/inventory/reserve", post(async || json_of(&json!({"reservationId": "r-1"}))))
        .route("/inventory/release", post(async || json_of(&json!({"released": true}))))
        .route("/payments/charge", post(async || json_of(&json!({"chargeId": "c-1"}))))
        .route("/payments/refund", post(async || json_of(&json!({"refunded": true}))))
        .route("/shipping/book", post(book))
        .route("/jobs", post(async || json_of(&json!({"jobId": "j-1"}))))
}

fn json_of(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

async fn echo(method: Method, RawQuery(query): RawQuery, headers: HeaderMap, body: Bytes) -> Response {
    let headers: HashMap<&str, &str> =
        headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let text = String::from_utf8_lossy(&body).into_owned();
    let body: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    json_of(&json!({"method": method.as_str(), "query": query, "headers": headers, "body": body}))
}

async fn status(Path(code): Path<u16>) -> Response {
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST);
    (code, [(header::CONTENT_TYPE, "application/json")], json!({"code": code.as_u16()}).to_string())
        .into_response()
}

async fn search() -> Response {
    let hit = |id: &str, status: &str| json!({"_source": {"workflowId": id, "status": status}});
    json_of(&json!({"hits": {"hits": [hit("w-1", "RUNNING"), hit("w-2", "FAILED")]}}))
}

/// The saga says by the query which status it wants.
async fn book(Query(query): Query<HashMap<String, String>>) -> Response {
    let code = query.get("status").and_then(|code| code.parse().ok()).unwrap_or(200);
    status(Path(code)).await
}
