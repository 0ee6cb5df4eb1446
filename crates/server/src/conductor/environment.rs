//! `/api/environment` and `/api/secrets`: names that definitions may refer to. The server's own environment is
//! never shown and no secret is kept yet, so there are none.

use serde_json::json;

use crate::error::Problem;
use crate::query::At;
use crate::reply::{Reply, json as reply};
use crate::route::{Route, get, post};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/api/environment", "Variables that definitions may read", variables),
        get("/api/environment/{key}", "One variable", variable),
        get("/api/secrets", "Names of secrets", secrets),
        post("/api/secrets", "Names of secrets", secrets),
    ]
}

async fn variables() -> Reply {
    reply(&json!({}))
}

async fn variable(At(key): At<String>) -> Reply {
    Err(Problem::not_found(format!("No such environment variable: {key}")))
}

async fn secrets() -> Reply {
    reply(&json!([]))
}
