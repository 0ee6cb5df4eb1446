//! Answers. What has no content carries no content type: clients decode by it.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::Problem;

/// What most handlers return.
pub(crate) type Reply = Result<Response, Problem>;

/// 200 with JSON.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Reply {
    match serde_json::to_vec(value) {
        Ok(body) => Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response()),
        Err(error) => Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

/// 200 with a bare text.
pub(crate) fn text(text: impl Into<String>) -> Reply {
    Ok(([(header::CONTENT_TYPE, "text/plain;charset=UTF-8")], text.into()).into_response())
}

/// 200 without content.
pub(crate) fn nothing() -> Reply {
    Ok(StatusCode::OK.into_response())
}

/// 204.
pub(crate) fn no_content() -> Reply {
    Ok(StatusCode::NO_CONTENT.into_response())
}
