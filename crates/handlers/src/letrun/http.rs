//! `http`: one request. The result is the answer's body; its status and headers stand beside it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::parameters::{Field, Kind, Parameters, optional, required};
use super::values::to_text;
use super::{Done, Failed};
use crate::http::{Fetch, Fetched};

pub(super) const SCHEMA: [Field; 7] = [
    required("url", Kind::Text),
    optional("method", Kind::OneOf(&["GET", "POST", "PUT", "DELETE", "PATCH"])),
    optional("headers", Kind::Object),
    optional("body", Kind::Any),
    optional("timeoutMs", Kind::Whole),
    optional("params", Kind::Object),
    optional("responseType", Kind::OneOf(&["json", "text", "blob"])),
];

pub(super) async fn run(call: &Call<'_>) -> Result<Done, Failed> {
    let parameters = Parameters::read(call, &SCHEMA)?;
    let fetch = fetch(call, &parameters)?;
    let limit = parameters.whole("timeoutMs").filter(|limit_ms| *limit_ms > 0).map(Duration::from_millis);
    let answer = match limit {
        None => call.services.http.fetch(fetch).await,
        Some(limit) => {
            let late = || Failed::new("TimeoutError", "The operation was aborted due to timeout");
            tokio::time::timeout(limit, call.services.http.fetch(fetch)).await.map_err(|_| late())?
        }
    };
    let answer = answer.map_err(|cause| Failed::new("TypeError", format!("fetch failed: {cause}")))?;
    if !(200..300).contains(&answer.status) {
        return Err(Failed::error(format!("HTTP request failed with status {}", answer.status))
            .with("status", answer.status.into()));
    }
    let body = body(parameters.text("responseType").unwrap_or("json"), &answer)?;
    Ok(Done::result(body).with("status", answer.status.into()).with("headers", headers(&answer)))
}

fn fetch(call: &Call<'_>, parameters: &Parameters) -> Result<Fetch, Failed> {
    let text = parameters.text("url").unwrap_or_default();
    let mut url = url::Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| call.invalid(&format!("\"url\" must be a valid uri, found {text:?}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(call.invalid("a user and password belong in the header Authorization, not in \"url\""));
    }
    for (name, value) in parameters.object("params") {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values.iter().filter(|value| !value.is_null()) {
            url.query_pairs_mut().append_pair(name, &printed(value));
        }
    }
    let method = parameters.text("method").unwrap_or("GET");
    let body = parameters.get("body").filter(|body| !body.is_null());
    if method == "GET" && body.is_some() {
        return Err(call.invalid("a GET request has no \"body\""));
    }
    let headers = parameters.object("headers").filter(|(_, value)| !value.is_null());
    Ok(Fetch {
        url,
        method: method.to_owned(),
        headers: headers.map(|(name, value)| (name.clone(), printed(value))).collect(),
        content_type: body
            .map(|body| if body.is_string() { "text/plain;charset=UTF-8" } else { "application/json" }),
        body: body
            .map(|body| body.as_str().map_or_else(|| body.to_string(), str::to_owned))
            .unwrap_or_default(),
        effect_key: call.services.effect_key.to_string(),
    })
}

/// Objects and lists as JSON.
fn printed(value: &Value) -> String {
    if value.is_object() || value.is_array() { value.to_string() } else { to_text(value) }
}

/// Nothing where the answer has none.
fn body(kind: &str, answer: &Fetched) -> Result<Option<Value>, Failed> {
    Ok(match kind {
        "text" => Some(answer.text().into()),
        "blob" => Some(json!({
            "type": answer.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value),
            "size": answer.body.len(),
            "base64": STANDARD.encode(&answer.body),
        })),
        _ if answer.body.is_empty() => None,
        _ => Some(serde_json::from_str(answer.text()).map_err(|error| {
            Failed::new(
                "SyntaxError",
                format!("the response is not JSON: {error}; \"responseType\" may be \"text\""),
            )
        })?),
    })
}

/// Several of one name in one, as `fetch` shows them.
fn headers(answer: &Fetched) -> Value {
    let mut headers = Map::new();
    for (name, value) in &answer.headers {
        match headers.get_mut(name) {
            Some(Value::String(all)) => all.push_str(&format!(", {value}")),
            _ => drop(headers.insert(name.clone(), value.clone().into())),
        }
    }
    headers.into()
}
