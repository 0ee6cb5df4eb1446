//! Request bodies: bounded, read whatever their content type says.

use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use futures::StreamExt;
use segue_core::json::Json;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::error::Problem;

/// What is read of a body that is too large before it is refused: a client that is cut off in the middle of sending never sees
/// the answer.
const DISCARDED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How many times the bound on bodies the result of a task may be: one that is too large to be kept fails its task, for which it must
/// be read.
pub(crate) const RESULT: usize = 4;

/// A body as text, of so many times the bound at most.
pub(crate) struct Text<const TIMES: usize = 1>(pub(crate) String);

impl<const TIMES: usize> Text<TIMES> {
    /// The body as a JSON object; absent, empty and `null` read as `{}`.
    pub(crate) fn object(self) -> Result<Json, Problem> {
        let text = self.0.trim();
        if text.is_empty() || text == "null" {
            return Ok(Json::empty_object());
        }
        let json: Json = segue_dialects::json::read(text)?;
        if text.starts_with('{') {
            Ok(json)
        } else {
            Err(Problem::bad_request("cannot read the request body: expected a JSON object"))
        }
    }
}

impl<const TIMES: usize> FromRequest<App> for Text<TIMES> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let max = app.options.body_bytes_max.saturating_mul(TIMES);
        let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        if announced.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > max as u64) {
            discard(request).await;
            return Err(too_large(max));
        }
        let bytes = axum::body::to_bytes(request.into_body(), max).await.map_err(|error| {
            let is_length = std::iter::successors(std::error::Error::source(&error), |error| error.source())
                .any(|cause| cause.to_string() == "length limit exceeded");
            if is_length {
                too_large(max)
            } else {
                Problem::bad_request(format!("the request body broke off: {error}"))
            }
        })?;
        let text = String::from_utf8(bytes.into()).map_err(|error| {
            Problem::bad_request(format!("the request body is not UTF-8: {}", error.utf8_error()))
        })?;
        Ok(Self(text))
    }
}

async fn discard(request: Request) {
    let mut body = request.into_body().into_data_stream();
    let mut left = DISCARDED_BYTES_MAX;
    while let Some(Ok(chunk)) = body.next().await {
        match left.checked_sub(chunk.len()) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

fn too_large(max: usize) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the request body is larger than {max} bytes"))
}

/// A body that is a JSON object.
pub(crate) struct Body<T, const TIMES: usize = 1>(pub(crate) T);

impl<T: DeserializeOwned, const TIMES: usize> FromRequest<App> for Body<T, TIMES> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let Text(text) = Text::<TIMES>::from_request(request, app).await?;
        Ok(Self(segue_dialects::json::read_object(&text)?))
    }
}

/// A body that is a JSON list.
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T: DeserializeOwned> FromRequest<App> for List<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let Text(text) = Text::<1>::from_request(request, app).await?;
        Ok(Self(segue_dialects::json::read(&text)?))
    }
}
