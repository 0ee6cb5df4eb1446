//! HTTP tasks against a server of the test's own, on a free port.

mod answers;
mod guarding;
mod requests;

use std::net::SocketAddr;

use axum::Router;
use segue_core::json::Json;
use segue_handlers::{HttpHandler, HttpOptions, HttpOutcome};
use serde_json::Value;

/// What the children of these tests do. In the tests' own process it does nothing.
#[test]
fn evaluator_child() {
    segue_handlers::evaluator::run_if_started_as_one();
}

/// Serves until the test ends.
async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn handler(allow: &[&str]) -> HttpHandler {
    let allow = allow.iter().map(|text| text.parse().expect("a rule")).collect();
    HttpHandler::new(HttpOptions { allow, ..HttpOptions::default() })
}

async fn call(handler: &HttpHandler, input: &Value) -> HttpOutcome {
    handler.call(&Json::of(input), "effect-1").await
}

/// The output's response of a call that must succeed.
async fn response(handler: &HttpHandler, input: &Value) -> Value {
    match call(handler, input).await {
        HttpOutcome::Completed { output } => output.value()["response"].clone(),
        other => panic!("{input}: {other:?}"),
    }
}

/// The reason of a call that must fail.
async fn reason(handler: &HttpHandler, input: &Value) -> String {
    match call(handler, input).await {
        HttpOutcome::Failed { reason, .. } => reason,
        other => panic!("{input}: {other:?}"),
    }
}
