//! `/health`: whether the server does its work.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::json;

use crate::app::App;
use crate::reply::Reply;
use crate::route::{Route, get};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        get("/health", "Whether the server does its work", health),
        get("/api/health", "Whether the server does its work", health),
    ]
}

async fn health(State(app): State<App>) -> Reply {
    let cause = app.engine.read_only_cause();
    let read_only = cause.is_some();
    let (code, status) =
        if read_only { (StatusCode::SERVICE_UNAVAILABLE, "READ_ONLY") } else { (StatusCode::OK, "UP") };
    let mut health = json!({
        "healthResults": [], "suppressedHealthResults": [], "healthy": !read_only, "status": status,
    });
    if let Some(cause) = cause {
        let reason = format!("the store is read-only: {cause}");
        health["reason"] = reason.as_str().into();
        health["healthResults"] = json!([{"healthy": false, "details": {"name": "store", "error": reason}}]);
    }
    Ok((code, [(header::CONTENT_TYPE, "application/json")], health.to_string()).into_response())
}
