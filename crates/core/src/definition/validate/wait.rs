//! The times of WAIT tasks, as far as they are literal: read here as they are read when the task is reached.

use serde_json::Value;

use super::Violation;
use super::outline::Node;
use crate::plan::{parse_duration_ms, parse_until};

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
        (Some(text), None) if !text.starts_with("${") && parse_duration_ms(&text).is_none() => {
            let message = "Wait time specified is invalid.  The duration must be in ";
            found.push(Violation::of(node.at("inputParameters.duration"), message, text));
        }
        (None, Some(text)) if !text.starts_with("${") && parse_until(&text).is_none() => {
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
