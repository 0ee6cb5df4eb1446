//! Calls to a server.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::error::{Error, Result};

/// A server, by its base URL.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    base: String,
    http: reqwest::Client,
}

impl Api {
    pub(crate) fn new(server: &str) -> Result<Self> {
        Self::with_headers(server, &[])
    }

    /// A server that wants headers, each as `Name: value`, with every call.
    pub(crate) fn with_headers(server: &str, headers: &[String]) -> Result<Self> {
        let mut all = HeaderMap::new();
        for header in headers {
            let wrong = || {
                Error::usage(format!("'{header}' is no header")).hint("expected a header as `Name: value`")
            };
            let (name, value) = header.split_once(':').ok_or_else(wrong)?;
            let name = name.trim().parse::<HeaderName>().map_err(|_| wrong())?;
            all.append(name, value.trim().parse::<HeaderValue>().map_err(|_| wrong())?);
        }
        let base = server.trim_end_matches('/').trim_end_matches("/api").to_owned();
        let http = segue_client::transport(&base, Duration::from_secs(120))
            .default_headers(all)
            .build()
            .map_err(|error| Error::io(error.to_string()))?;
        Ok(Self { base, http })
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Option<&Value>) -> Result<Value> {
        self.call(Method::PUT, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Value> {
        self.call(Method::DELETE, path, None).await
    }

    /// One call. A text that is no JSON comes as a JSON string, an empty answer as null.
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let segments = path.split('?').next().unwrap_or_default();
        if segments.ends_with('/') || segments.contains("//") {
            return Err(Error::usage("an id or a name is empty"));
        }
        let url = format!("{}/api{path}", self.base);
        let mut request = self.http.request(method, &url);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        let text = response.text().await.map_err(|error| self.unreachable(&error))?;
        let value = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
        };
        if status.is_success() { Ok(value) } else { Err(refused(status, &value)) }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        let is_http = self.base.starts_with("http://") || self.base.starts_with("https://");
        if !is_http || reqwest::Url::parse(&self.base).is_err() {
            let wrong = format!("'{}' is no address that can be called", self.base);
            return Error::usage(format!("{wrong}, expected http://HOST:PORT or https://HOST"));
        }
        let told = segue_client::root_cause(error);
        let cause = match () {
            () if error.is_timeout() => "it does not answer in time".to_owned(),
            () if told.contains("certificate") => {
                format!("{told}; SSL_CERT_FILE can name a file of authorities to trust")
            }
            () if told.contains("InvalidContentType") => "it does not speak TLS".to_owned(),
            () if error.is_redirect() => told,
            () => format!("nobody answers there ({told})"),
        };
        Error::io(format!("no server at {}: {cause}", self.base))
            .hint("start one with `segue server`, or name another with --server or SEGUE_SERVER")
    }
}

fn refused(status: StatusCode, body: &Value) -> Error {
    let mut message = match body.get("message").and_then(Value::as_str) {
        Some(message) => message.to_owned(),
        None => format!("the server answered {status}"),
    };
    for violation in body.get("validationErrors").and_then(Value::as_array).into_iter().flatten() {
        let text = |key| violation.get(key).and_then(Value::as_str).unwrap_or_default();
        message.push_str(&format!("\n  {}: {}", text("path"), text("message")));
    }
    if status.is_server_error() { Error::io(message) } else { Error::usage(message) }
}

/// A path segment with everything escaped that would end it.
pub(crate) fn segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte));
            }
            other => escaped.push_str(&format!("%{other:02X}")),
        }
    }
    escaped
}
