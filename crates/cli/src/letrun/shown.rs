//! An execution of a letrun file as its author knows it: tasks by their names, without the nodes that hold them together.

use std::collections::HashSet;

use serde_json::Value;

use crate::print::field;
use crate::tree;

/// One line per task of the file that was reached.
pub(crate) fn lines(workflow: &Value, helpers: &HashSet<String>) -> Vec<String> {
    let mut lines = vec![tree::head(workflow)];
    let shown = tasks(workflow, helpers);
    for (place, task) in shown.iter().enumerate() {
        let reference = field(task, "referenceTaskName");
        let is_last = place + 1 == shown.len();
        lines.push(tree::line_of(task, &name(&reference), handler_of(task), is_last));
    }
    lines
}

/// The attempts that [`lines`] shows.
pub(crate) fn tasks<'a>(workflow: &'a Value, helpers: &HashSet<String>) -> Vec<&'a Value> {
    let tasks = workflow.get("tasks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_shown =
        |task: &&Value| !is_helper(task, helpers) && task.get("retried") != Some(&Value::Bool(true));
    tasks.iter().filter(is_shown).collect()
}

/// The helpers among the tasks of an execution, as the definition that it was run with notes them.
pub(crate) fn helpers(workflow: &Value) -> HashSet<String> {
    let tasks = workflow.get("tasks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_noted = |task: &&Value| task.pointer("/workflowTask/metadata/letrun/of").is_some();
    tasks.iter().filter(is_noted).map(|task| split(&field(task, "referenceTaskName")).0.to_owned()).collect()
}

/// Lines that will not change any more: for those who read them one after the other.
pub(crate) fn settled(workflow: &Value, helpers: &HashSet<String>) -> Vec<String> {
    let is_open = |line: &&String| [" ▶ ", " · "].iter().any(|mark| line.contains(mark));
    let lines = lines(workflow, helpers);
    let tasks = lines.iter().skip(1).filter(|line| !is_open(line));
    let tasks = tasks.map(|line| line.trim_start_matches(['├', '└', '─', ' ']).to_owned());
    let head = lines.first().filter(|head| !head.starts_with(['▶', '·'])).cloned();
    tasks.chain(head).collect()
}

/// The handler as the file names it; of a task that holds others, what it does with them.
fn handler_of(task: &Value) -> &str {
    match task.pointer("/inputData/handler").and_then(Value::as_str) {
        Some(handler) => handler,
        None => match task.get("taskType").and_then(Value::as_str) {
            Some("DO_WHILE") => "while",
            Some("FOR_EACH") => "for each",
            Some("TRY_CATCH") => "catch",
            Some("SUB_WORKFLOW") => "workflow",
            _ => "",
        },
    }
}

pub(crate) fn is_helper(task: &Value, helpers: &HashSet<String>) -> bool {
    let reference = field(task, "referenceTaskName");
    let (base, _) = split(&reference);
    helpers.contains(base)
}

/// The name of the task that an attempt belongs to: a helper's is that of the task it does a part of.
pub(crate) fn owner(task: &Value) -> String {
    // What no catch was meant for fails with the words of the task that it came from.
    if field(task, "taskType") == "letrun.rethrow"
        && let Some(origin) = task.pointer("/inputData/error/taskReferenceName").and_then(Value::as_str)
    {
        return name(origin);
    }
    match task.pointer("/workflowTask/metadata/letrun/of").and_then(Value::as_str) {
        Some(owner) => owner.to_owned(),
        None => name(&field(task, "referenceTaskName")),
    }
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
