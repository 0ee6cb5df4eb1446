//! `delay`: nothing for a while, then its `data`.
//!
//! The attempt does not wait: it says when it is due and pauses, so that neither a worker is held nor a restart begins
//! the delay anew.

use std::time::Duration;

use serde_json::{Value, json};

use super::call::Call;
use super::parameters::{Field, Kind, Parameters, optional, required};
use super::{Done, Failed};

pub(super) const SCHEMA: [Field; 2] = [required("time", Kind::Any), optional("data", Kind::Any)];
/// The instant at which a paused delay is over, in milliseconds since the epoch.
const DUE: &str = "dueAtMs";
const TEXT_CHARS_MAX: usize = 100;
/// A hundred years; instants must stay in range.
const MS_MAX: f64 = 100.0 * YEAR;

const SECOND: f64 = 1000.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;
const WEEK: f64 = 7.0 * DAY;
const YEAR: f64 = 365.25 * DAY;

pub(super) fn run(call: &Call<'_>) -> Result<Done, Failed> {
    let mut parameters = Parameters::read(call, &SCHEMA)?;
    let time = parameters.take("time").unwrap_or_default();
    let delay_ms = milliseconds(&time).ok_or_else(|| {
        let time = super::parameters::shown(&time);
        call.invalid(&format!(
            "\"time\" must be milliseconds or a time like 1s, 2m or \"3 hours\", found {time}"
        ))
    })?;
    let now = call.services.now_ms;
    let due = call.services.earlier.get(DUE).and_then(Value::as_i64);
    let due = due.unwrap_or_else(|| now.saturating_add(delay_ms));
    match u64::try_from(due.saturating_sub(now)) {
        Ok(left_ms @ 1..) => {
            Ok(Done { output: json!({ DUE: due }), park: Some(Duration::from_millis(left_ms)) })
        }
        _ => Ok(Done::result(parameters.take("data"))),
    }
}

/// A number, or a text of the `ms` library's grammar: a number and, after it, a unit. Below zero is at once.
fn milliseconds(time: &Value) -> Option<i64> {
    let ms = match time {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => of_text(text.trim())?,
        _ => return None,
    };
    (ms <= MS_MAX).then(|| ms.max(0.0).round() as i64)
}

fn of_text(text: &str) -> Option<f64> {
    if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX {
        return None;
    }
    let digits =
        text.find(|letter: char| !letter.is_ascii_digit() && !"+-.".contains(letter)).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.starts_with('+') || number.ends_with('.') {
        return None;
    }
    Some(number.parse::<f64>().ok()? * unit_ms(unit.trim_start())?)
}

fn unit_ms(unit: &str) -> Option<f64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "" | "milliseconds" | "millisecond" | "msecs" | "msec" | "ms" => 1.0,
        "seconds" | "second" | "secs" | "sec" | "s" => SECOND,
        "minutes" | "minute" | "mins" | "min" | "m" => MINUTE,
        "hours" | "hour" | "hrs" | "hr" | "h" => HOUR,
        "days" | "day" | "d" => DAY,
        "weeks" | "week" | "w" => WEEK,
        "years" | "year" | "yrs" | "yr" | "y" => YEAR,
        _ => return None,
    })
}
