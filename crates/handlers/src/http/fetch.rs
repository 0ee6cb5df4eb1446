//! A call without the conventions of HTTP tasks: what is asked for, and what comes back.

use std::time::Duration;

use hyper::Method;
use hyper::header::{self, HeaderMap, HeaderName};
use url::Url;

use super::HttpHandler;
use super::exchange::Answer;
use super::request::{self, Call};
use super::status::Accepted;

const CONNECT_PATIENCE: Duration = Duration::from_secs(30);
/// As long as a call may take in all.
const READ_PATIENCE: Duration = Duration::from_mins(5);

/// A request.
pub(crate) struct Fetch {
    pub(crate) url: Url,
    pub(crate) method: String,
    pub(crate) headers: Vec<(String, String)>,
    /// Of the body, unless the headers say it.
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: String,
    /// Goes along where a repeated call would repeat an effect; empty if there is none.
    pub(crate) effect_key: String,
}

/// An answer, whatever its status.
pub(crate) struct Fetched {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: bytes::Bytes,
    text: String,
}

impl Fetched {
    fn of(answer: Answer) -> Self {
        let text = answer.text();
        let Answer { status, headers, body } = answer;
        let headers = headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Self { status: status.as_u16(), headers: headers.collect(), body, text }
    }

    /// The body by its character set.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl HttpHandler {
    /// Sends a request and reads its answer. The error says why there is none.
    pub(crate) async fn fetch(&self, fetch: Fetch) -> Result<Fetched, String> {
        let method: Method = fetch.method.parse().map_err(|_| format!("unknown method {}", fetch.method))?;
        let call = Call {
            headers: headers(&fetch, &method)?,
            url: fetch.url,
            method,
            body: fetch.body.into(),
            connect_patience: CONNECT_PATIENCE,
            read_patience: READ_PATIENCE,
            accepted: Accepted::read(None)?,
            output_filter: None,
            is_async_complete: false,
        };
        let answer = self.exchange().perform(&call).await;
        answer.map(Fetched::of).map_err(|error| format!("{} {}: {error}", call.method, call.shown_url()))
    }
}

fn headers(fetch: &Fetch, method: &Method) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in &fetch.headers {
        request::append(&mut headers, name, &value.as_str().into())?;
    }
    let key = HeaderName::from_static("idempotency-key");
    let repeats =
        matches!(*method, Method::POST | Method::PUT | Method::PATCH) && !fetch.effect_key.is_empty();
    let defaults = [
        (header::ACCEPT, Some("*/*")),
        (header::ACCEPT_ENCODING, Some("gzip")),
        (header::USER_AGENT, Some(request::USER_AGENT)),
        (header::CONTENT_TYPE, fetch.content_type),
        (key, repeats.then_some(fetch.effect_key.as_str())),
    ];
    for (name, value) in defaults {
        if let (Some(value), false) = (value, headers.contains_key(&name)) {
            headers.insert(name.clone(), request::header_value(name.as_str(), value)?);
        }
    }
    Ok(headers)
}
