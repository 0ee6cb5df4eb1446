//! The times of WAIT tasks, as far as they are literal.

use serde_json::Value;

use super::Violation;
use super::outline::Node;

pub(super) fn task(node: &Node<'_>, found: &mut Vec<Violation>) {
    if node.task.type_ != "WAIT" {
        return;
    }
    let (duration, until) = (input(node, "duration"), input(node, "until"));
    match (duration, until) {
        (Some(_), Some(_)) => {
            let message = "Both 'duration' and 'until' specified. Please provide only one input";
            found.push(Violation::missing(node.at("inputParameters"), message));
        }
        (Some(text), None) if !text.starts_with("${") && !is_duration(&text) => {
            let message = "Wait time specified is invalid.  The duration must be in ";
            found.push(Violation::of(node.at("inputParameters.duration"), message, text));
        }
        (None, Some(text)) if !text.starts_with("${") && !is_date(&text) => {
            found.push(Violation::of(node.at("inputParameters.until"), "Unable to parse date ", text));
        }
        _ => {}
    }
}

/// The input as text; blank counts as absent.
fn input(node: &Node<'_>, key: &str) -> Option<String> {
    let text = match node.task.input_parameters.get(key)? {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.trim().is_empty() { None } else { Some(text) }
}

/// `2 days 3 hours 4 minutes 5 seconds`, each part optional, in this order, with the short unit names.
fn is_duration(text: &str) -> bool {
    const UNITS: [&[&str]; 4] = [
        &["days", "day", "d"],
        &["hours", "hour", "hrs", "hr", "h"],
        &["minutes", "minute", "mins", "min", "m"],
        &["seconds", "second", "secs", "sec", "s"],
    ];
    let text = text.to_lowercase();
    let mut rest = text.trim();
    let mut unit = 0;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > 18 {
            return false;
        }
        rest = rest[digits..].trim_start();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let word = &rest[..letters];
        let Some(place) = UNITS.iter().skip(unit).position(|names| names.contains(&word)) else {
            return false;
        };
        unit += place + 1;
        rest = rest[letters..].trim_start();
    }
    true
}

/// `yyyy-MM-dd`, `yyyy-MM-dd HH:mm` or `yyyy-MM-dd HH:mm z`. Whether the zone exists is seen when it is used.
fn is_date(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let is_day = words.next().is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok());
    let is_time =
        words.next().is_none_or(|time| time.len() == 5 && jiff::civil::Time::strptime("%H:%M", time).is_ok());
    let is_zone = words.next().is_none_or(|zone| {
        zone.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '+' | '-' | ':'))
    });
    is_day && is_time && is_zone && words.next().is_none()
}
