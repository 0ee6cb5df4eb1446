//! What a task's input asks for.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use segue_core::json::Json;
use serde_json::{Map, Value};
use url::Url;

use super::status::Accepted;

const NO_URI: &str = "Missing HTTP URI.  See documentation for HttpTask for required input parameters";
const NO_METHOD: &str = "No HTTP method specified";
const METHODS: [Method; 8] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
];
/// What frames a message is the connection's business, whatever a task says.
const FRAMING: [HeaderName; 5] =
    [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::TE, header::UPGRADE];
pub(super) const USER_AGENT: &str = concat!("segue/", env!("CARGO_PKG_VERSION"));
const JSON_TYPE: &str = "application/json";
const FORM_TYPE: &str = "application/x-www-form-urlencoded";
const PATIENCE_MS: u64 = 3_000;
const URL_CHARS_SHOWN: usize = 500;

/// One call, checked.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) url: Url,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) connect_patience: Duration,
    pub(super) read_patience: Duration,
    pub(super) accepted: Accepted,
    pub(super) output_filter: Option<String>,
    pub(super) is_async_complete: bool,
}

impl Call {
    /// Reads a task's input, flat or under `http_request`. The error is the task's reason.
    pub(super) fn read(input: &Json, effect_key: &str) -> Result<Self, String> {
        let mut fields = input.object();
        if let Some(Value::Object(nested)) = fields.remove("http_request") {
            // What stands beside it is the task's own: `asyncComplete`.
            fields.extend(nested);
        }
        let url = url(&fields)?;
        let method = method(&fields)?;
        let content_type = text(&fields, "contentType").unwrap_or_else(|| JSON_TYPE.to_owned());
        let headers = headers(&fields, &method, &content_type, effect_key)?;
        let body_type =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or(JSON_TYPE);
        Ok(Self {
            url,
            body: body(fields.get("body"), body_type),
            method,
            connect_patience: patience(&fields, "connectionTimeOut")?,
            read_patience: patience(&fields, "readTimeOut")?,
            accepted: Accepted::read(fields.get("acceptedStatusCodes"))?,
            output_filter: text(&fields, "outputFilter"),
            is_async_complete: is_true(fields.get("asyncComplete")),
            headers,
        })
    }

    /// The URL as it may be shown: without its query, which tends to hold secrets.
    pub(super) fn shown_url(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.as_str().chars().take(URL_CHARS_SHOWN).collect()
    }
}

/// A text that says something.
fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    let text = fields.get(name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn url(fields: &Map<String, Value>) -> Result<Url, String> {
    let text = text(fields, "uri").ok_or(NO_URI)?;
    let url = Url::parse(&text).map_err(|error| format!("Invalid HTTP URI {text:?}: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("Invalid HTTP URI: a user and password belong in the header Authorization".to_owned());
    }
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        scheme => Err(format!("Invalid HTTP URI {text:?}: {scheme} is neither http nor https")),
    }
}

fn method(fields: &Map<String, Value>) -> Result<Method, String> {
    let text = text(fields, "method").ok_or(NO_METHOD)?.to_ascii_uppercase();
    let known = METHODS.into_iter().find(|method| method.as_str() == text);
    known.ok_or_else(|| format!("Unknown HTTP method {text:?}"))
}

fn patience(fields: &Map<String, Value>, name: &str) -> Result<Duration, String> {
    let ms = match fields.get(name) {
        None | Some(Value::Null) => Some(PATIENCE_MS),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_u64(),
    };
    let ms = ms.ok_or_else(|| format!("{name} is not a number of milliseconds"))?;
    // Upstream's clients take zero for their own default.
    Ok(Duration::from_millis(if ms == 0 { PATIENCE_MS } else { ms }))
}

fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(is_true)) => *is_true,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

fn headers(
    fields: &Map<String, Value>,
    method: &Method,
    content_type: &str,
    effect_key: &str,
) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    if let Some(Value::Object(entries)) = fields.get("headers") {
        for (name, value) in entries {
            append(&mut headers, name, value)?;
        }
    }
    let mut default = |name: HeaderName, value: &str| -> Result<(), String> {
        if !headers.contains_key(&name) {
            headers.insert(name.clone(), header_value(name.as_str(), value)?);
        }
        Ok(())
    };
    default(header::ACCEPT, &accept(fields))?;
    default(header::ACCEPT_ENCODING, "gzip")?;
    default(header::USER_AGENT, USER_AGENT)?;
    if !matches!(fields.get("body"), None | Some(Value::Null)) {
        default(header::CONTENT_TYPE, content_type)?;
    }
    if matches!(*method, Method::POST | Method::PUT | Method::PATCH) && !effect_key.is_empty() {
        default(HeaderName::from_static("idempotency-key"), effect_key)?;
    }
    Ok(headers)
}

pub(super) fn append(headers: &mut HeaderMap, name: &str, value: &Value) -> Result<(), String> {
    let known: HeaderName =
        name.trim().parse().map_err(|_| format!("{name:?} is not the name of a header"))?;
    if FRAMING.contains(&known) {
        return Ok(());
    }
    let values = match value {
        Value::Null => return Ok(()),
        Value::Array(values) => values.as_slice(),
        single => std::slice::from_ref(single),
    };
    for value in values {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        headers.append(known.clone(), header_value(name, &value)?);
    }
    Ok(())
}

pub(super) fn header_value(name: &str, value: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(value.trim())
        .map_err(|_| format!("the header {name} has a value that cannot be sent"))
}

fn accept(fields: &Map<String, Value>) -> String {
    match fields.get("accept") {
        Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
        Some(Value::Array(types)) if !types.is_empty() => {
            types.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        _ => JSON_TYPE.to_owned(),
    }
}

/// A text goes as it is, an object as the content type says.
fn body(value: Option<&Value>, content_type: &str) -> Bytes {
    match value {
        None | Some(Value::Null) => Bytes::new(),
        Some(Value::String(text)) => text.clone().into(),
        Some(Value::Object(fields)) if content_type.to_ascii_lowercase().starts_with(FORM_TYPE) => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in fields {
                let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                for value in values {
                    form.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                }
            }
            form.finish().into()
        }
        Some(value) => value.to_string().into(),
    }
}
