//! Single fields, with the conversions that letrun's schemas do: `"5"` is a number and `"true"` a boolean.

use serde_json::{Map, Value};

use super::super::model::{Retry, Strategy};
use super::super::source::{kind_of, meant, member};
use super::Reader;

/// Longest delay before a retry: a year.
const DELAY_SECONDS_MAX: f64 = 366.0 * 86_400.0;

impl<'a> Reader<'a, '_> {
    /// A name that must be there.
    pub(super) fn name(&mut self, raw: &Map<String, Value>, path: &str, missing: &str) -> Option<String> {
        match raw.get("name") {
            Some(Value::String(name)) if !name.is_empty() => return Some(name.clone()),
            None | Some(Value::Null) => {
                let hint = meant("name", raw.keys().map(String::as_str).filter(|key| !KNOWN.contains(key)));
                let hint =
                    hint.map(|hint| hint.replace("did you mean", "is it").replace('?', " that is meant?"));
                self.findings.add(self.at(path).error(missing).hinting(hint));
            }
            Some(other) => {
                let found = match other {
                    Value::String(_) => "the name is empty".to_owned(),
                    other => format!("the name cannot be {}", kind_of(other)),
                };
                self.findings.add(self.at(&member(path, "name")).error(found).expecting("a text"));
            }
        }
        None
    }

    pub(super) fn text(&mut self, raw: &'a Map<String, Value>, path: &str, key: &str) -> Option<&'a str> {
        match raw.get(key)? {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => {
                self.wrong(path, key, other, "a text");
                None
            }
        }
    }

    pub(super) fn object(
        &mut self,
        raw: &'a Map<String, Value>,
        path: &str,
        key: &str,
    ) -> Option<&'a Map<String, Value>> {
        match raw.get(key)? {
            Value::Null => None,
            Value::Object(fields) => Some(fields),
            other => {
                self.wrong(path, key, other, "an object");
                None
            }
        }
    }

    pub(super) fn boolean(&mut self, raw: &Map<String, Value>, path: &str, key: &str) -> bool {
        match raw.get(key) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(value)) => *value,
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => true,
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => false,
            Some(other) => {
                self.wrong(path, key, other, "true or false");
                false
            }
        }
    }

    pub(super) fn retry(&mut self, raw: &Map<String, Value>, path: &str) -> Retry {
        Retry {
            count: self.retry_count(raw, path),
            strategy: self.retry_strategy(raw, path),
            delay_seconds: self.retry_delay(raw, path),
        }
    }

    fn retry_count(&mut self, raw: &Map<String, Value>, path: &str) -> Option<i32> {
        let value = raw.get("retryCount").filter(|value| !value.is_null())?;
        let number = number(value).filter(|number| number.fract() == 0.0 && *number >= 0.0);
        if number.is_none() {
            self.wrong(path, "retryCount", value, "a whole number of retries, 0 or more");
        }
        // Saturates.
        number.map(|number| number.min(f64::from(i32::MAX)) as i32)
    }

    fn retry_delay(&mut self, raw: &Map<String, Value>, path: &str) -> Option<f64> {
        let value = raw.get("retryDelaySeconds").filter(|value| !value.is_null())?;
        let number = number(value).filter(|number| (0.0..=DELAY_SECONDS_MAX).contains(number));
        if number.is_none() {
            self.wrong(path, "retryDelaySeconds", value, "a number of seconds, 0 or more and at most a year");
        }
        number
    }

    fn retry_strategy(&mut self, raw: &Map<String, Value>, path: &str) -> Option<Strategy> {
        let value = raw.get("retryStrategy").filter(|value| !value.is_null())?;
        let text = value.as_str().unwrap_or_default();
        let strategy = Strategy::parse(text);
        if strategy.is_none() {
            let message = match value {
                Value::String(text) => format!("Unsupported retry strategy: {text}"),
                other => format!("the retry strategy cannot be {}", kind_of(other)),
            };
            let found = self.at(&member(path, "retryStrategy")).error(message);
            let found = found.expecting("`fixed`, `exponential_backoff` or `linear_backoff`");
            self.findings.add(found.hinting(meant(text, Strategy::NAMES)));
        }
        strategy
    }

    fn wrong(&mut self, path: &str, key: &str, value: &Value, expected: &str) {
        let message = match value {
            Value::String(_) | Value::Number(_) => format!("`{key}` cannot be {value}"),
            other => format!("`{key}` cannot be {}", kind_of(other)),
        };
        let found = self.at(&member(path, key)).error(message);
        self.findings.add(found.expecting(expected));
    }
}

/// Fields that are never a misspelling of another.
const KNOWN: [&str; 4] = ["title", "tasks", "handler", "input"];

/// A number, or a text that is one.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}
