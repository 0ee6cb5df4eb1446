//! An execution of a letrun file as its author knows it: tasks by their names, without the nodes that hold them together.

use std::collections::HashSet;

use serde_json::Value;

use crate::print::field;
use crate::tree;

/// One line per task of the file that was reached.
pub(crate) fn lines(workflow: &Value, helpers: &HashSet<String>) -> Vec<String> {
    let mut lines = vec![tree::head(workflow)];
    let tasks = workflow.get("tasks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let shown: Vec<&Value> = tasks.iter().filter(|task| !is_helper(task, helpers)).collect();
    for (place, task) in shown.iter().enumerate() {
        let reference = field(task, "referenceTaskName");
        let handler = task.pointer("/inputData/handler").and_then(Value::as_str).unwrap_or("");
        let handler = if handler.is_empty() { "workflow" } else { handler };
        lines.push(tree::line_of(task, &name(&reference), handler, place + 1 == shown.len()));
    }
    lines.extend(tree::reason(workflow));
    lines
}

pub(crate) fn is_helper(task: &Value, helpers: &HashSet<String>) -> bool {
    let reference = field(task, "referenceTaskName");
    let (base, _) = split(&reference);
    helpers.contains(base)
}

/// A reference with its iterations counted from 0, as letrun does.
pub(crate) fn name(reference: &str) -> String {
    let (base, iterations) = split(reference);
    let mut name = base.to_owned();
    for iteration in iterations {
        name.push_str(&format!("__{}", iteration.saturating_sub(1)));
    }
    name
}

/// `ref__1__2` without its iterations, and these.
fn split(reference: &str) -> (&str, Vec<u32>) {
    let (mut base, mut iterations) = (reference, Vec::new());
    while let Some((rest, number)) = base.rsplit_once("__") {
        let Ok(number) = number.parse() else { break };
        iterations.insert(0, number);
        base = rest;
    }
    (base, iterations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iterations_are_counted_from_zero() {
        for (reference, expected) in
            [("copy", "copy"), ("copy__1", "copy__0"), ("copy__3__2", "copy__2__1"), ("a__b", "a__b")]
        {
            assert_eq!(name(reference), expected);
        }
    }
}
