//! What an answer becomes in a task's output.

use std::time::{Duration, SystemTime};

use hyper::StatusCode;
use hyper::header;
use segue_core::json::Json;
use serde_json::{Map, Value, json};

use super::exchange::Answer;

/// A body that nests deeper is a text: what is written around it would make it unreadable.
const BODY_LEVELS_MAX: usize = 90;
/// So much of a refusal's body goes into the reason.
const REASON_CHARS_MAX: usize = 2_000;
/// Nobody is made to wait longer.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// `{"response": …}`.
pub(super) fn output(response: &Json) -> Json {
    Json::parse(format!("{{\"response\":{}}}", response.text())).unwrap_or_default()
}

impl Answer {
    /// `{"body", "headers", "statusCode", "reasonPhrase"}`.
    pub(super) fn response(&self) -> Json {
        let mut headers = Map::new();
        for name in self.headers.keys() {
            let values = self.headers.get_all(name).iter();
            let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into()).collect();
            headers.insert(title_case(name.as_str()), Value::Array(values));
        }
        Json::of(&json!({
            "headers": headers,
            "statusCode": self.status.as_u16(),
            "reasonPhrase": self.phrase(),
            "body": self.body(),
        }))
    }

    /// `404 Not Found: "…"`.
    pub(super) fn refusal(&self) -> String {
        let text = self.text();
        let status = self.status.as_u16();
        if text.is_empty() {
            return format!("{status} {}: [no body]", self.phrase());
        }
        let mut shown: String = text.chars().take(REASON_CHARS_MAX).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        format!("{status} {}: \"{}\"", self.phrase(), shown.replace("\r\n", "<EOL>").replace('\n', "<EOL>"))
    }

    /// How long a server that is overloaded asks to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        if !matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            return None;
        }
        let text = self.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        let wait = match text.parse::<u64>() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let until = httpdate::parse_http_date(text).ok()?;
                until.duration_since(SystemTime::now()).unwrap_or_default()
            }
        };
        Some(wait.min(RETRY_AFTER_MAX))
    }

    fn phrase(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or_default()
    }

    pub(super) fn text(&self) -> String {
        let content_type = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_latin =
            content_type.is_some_and(|text| text.to_ascii_lowercase().contains("charset=iso-8859-1"));
        if is_latin {
            self.body.iter().map(|byte| char::from(*byte)).collect()
        } else {
            String::from_utf8_lossy(&self.body).into_owned()
        }
    }

    /// Objects and lists are read, numbers become doubles; all else is text.
    fn body(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        let text = self.text();
        match serde_json::from_str::<Value>(&text) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => {
                if Json::of(&value).nests_deeper_than(BODY_LEVELS_MAX) { text.into() } else { value }
            }
            Ok(Value::Number(number)) => number.as_f64().into(),
            Ok(Value::String(inner)) => inner.into(),
            Ok(Value::Bool(_) | Value::Null) => text.trim().into(),
            Err(_) => text.into(),
        }
    }
}

/// `Content-Type`: how servers wrote it before the parser lowered it, and how definitions ask for it.
fn title_case(name: &str) -> String {
    let mut is_first = true;
    let cased = name.chars().map(|letter| {
        let letter_cased = if is_first { letter.to_ascii_uppercase() } else { letter };
        is_first = letter == '-';
        letter_cased
    });
    cased.collect()
}
