//! What surrounds every handler.

use std::any::Any;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::Problem;

/// Writes the bodies of errors, which name the server that answered.
pub(crate) async fn name_instance(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        if problem.status.is_server_error() {
            tracing::warn!(status = problem.status.as_u16(), "{}", problem.message());
        }
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = problem.body(&app.options.instance).into();
    }
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
