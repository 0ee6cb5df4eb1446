//! What surrounds every handler.

use std::any::Any;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::Problem;

/// Writes the bodies of errors, which name the server that answered, and measures.
pub(crate) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = problem {
        if problem.status.is_server_error() {
            tracing::warn!(status = problem.status.as_u16(), "{}", problem.message());
        }
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = problem.body(&app.options.instance).into();
    }
    let path = path.as_ref().map(MatchedPath::as_str);
    app.metrics.observe(&method, path, response.status().as_u16(), began.elapsed());
    response
}

/// A defect in a handler is one failed request, not a dead server.
#[allow(clippy::needless_pass_by_value, reason = "the signature that the layer asks for")]
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    tracing::error!("a request handler panicked: {text}");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error: the request could not be handled")
        .into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, StatusCode};
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use segue_engine::{Engine, Options};
    use segue_store::memory::MemoryStore;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_one_failed_request() {
        let engine = Engine::open(Arc::new(MemoryStore::new()), Options::default()).await.expect("opens");
        let (_stop, stopping) = tokio::sync::watch::channel(false);
        let app =
            App::new(engine, crate::ServerOptions::default(), ([127, 0, 0, 1], 1).into(), stopping, &[]);
        let fails = || async { assert_eq!(1, 2, "a defect") };
        let router: Router = Router::new()
            .route("/", get(fails))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state(app, observe));
        for _ in 0..2 {
            let request = Request::get("/").body(Body::empty()).expect("a request");
            let response = router.clone().oneshot(request).await.expect("an answer");
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let body = to_bytes(response.into_body(), 10_000).await.expect("a body");
            let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
            assert_eq!((&body["status"], &body["retryable"]), (&500.into(), &false.into()));
        }
    }
}
