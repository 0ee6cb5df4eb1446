//! What the operators of the native format demand: FOR_EACH, TRY_CATCH, GRAPH.

use std::collections::HashSet;

use serde_json::Value;

use super::Violation;
use super::outline::Node;
use crate::definition::{WorkflowDef, WorkflowTask, graph_problems};

/// Statuses that a TRY_CATCH may be told to catch; anything else is the reference name of a task in its try part.
const FAILURES: &[&str] = &["FAILED", "TIMED_OUT", "FAILED_WITH_TERMINAL_ERROR", "CANCELED"];
/// What is meant for one of them.
const MISSPELLED: &[&str] = &["COMPLETED", "CANCELLED", "TIMEOUT", "TIMEDOUT", "ERROR"];

pub(super) fn for_each(node: &Node<'_>, found: &mut Vec<Violation>) {
    let task = node.task;
    let mut demand = |field: &str, given: bool| {
        if !given {
            found.push(missing(node, field));
        }
    };
    demand("loopOver", !task.loop_over.is_empty());
    let has_input = |key| task.input_parameters.contains_key(key);
    demand("items", task.items.is_some() || has_input("items") || has_input("_items"));
    if let Some(count) = task.concurrency.filter(|count| *count < 1) {
        let message = format!("concurrency must be at least 1 taskType: FOR_EACH taskName: {}", task.name);
        found.push(Violation::of(node.at("concurrency"), message, count));
    }
}

pub(super) fn try_catch(node: &Node<'_>, found: &mut Vec<Violation>) {
    let task = node.task;
    if task.try_tasks.is_empty() {
        found.push(missing(node, "tryTasks"));
    }
    if task.catch_tasks.is_empty() && task.finally_tasks.is_empty() {
        found.push(missing(node, "catchTasks or finallyTasks"));
    }
    let names = match task.input_parameters.get("catch") {
        None | Some(Value::Null) => return,
        Some(name @ Value::String(_)) => std::slice::from_ref(name),
        Some(Value::Array(names)) if names.iter().all(Value::is_string) => names,
        Some(other) => {
            let message = format!(
                "catch must be a list of statuses and task reference names taskType: TRY_CATCH taskName: {}",
                task.name
            );
            return found.push(Violation::of(node.at("inputParameters.catch"), message, other.clone()));
        }
    };
    let mut inside = Inside::default();
    inside.add(&task.try_tasks);
    for name in names.iter().filter_map(Value::as_str).filter(|name| !FAILURES.contains(name)) {
        let message = if MISSPELLED.contains(&name) {
            format!(
                "catch names {name}; the statuses of failures are FAILED, TIMED_OUT, FAILED_WITH_TERMINAL_ERROR and CANCELED"
            )
        } else if inside.may_be(name) {
            continue;
        } else {
            format!(
                "catch names {name}, which is no status of a failure and no task of its tryTasks taskType: TRY_CATCH taskName: {}",
                task.name
            )
        };
        found.push(Violation::of(node.at("inputParameters.catch"), message, name));
    }
}

/// The tasks in the try part of a TRY_CATCH, at any depth.
#[derive(Default)]
struct Inside<'a> {
    references: HashSet<&'a str>,
    /// Some get their references only at run time.
    is_dynamic: bool,
}

impl<'a> Inside<'a> {
    fn add(&mut self, tasks: &'a [WorkflowTask]) {
        for task in tasks {
            self.references.insert(&task.task_reference_name);
            self.is_dynamic |= matches!(task.type_.as_str(), "FORK_JOIN_DYNAMIC" | "DYNAMIC");
            task.children().for_each(|(_, below)| self.add(below));
        }
    }

    fn may_be(&self, name: &str) -> bool {
        self.is_dynamic || name.contains("${") || self.references.contains(name)
    }
}

pub(super) fn graph(node: &Node<'_>, found: &mut Vec<Violation>) {
    if node.task.graph_tasks.is_empty() {
        found.push(missing(node, "graphTasks"));
    }
    for (at, problem) in graph_problems(&node.task.graph_tasks) {
        let step = node.task.graph_tasks[at].task_reference_name.as_str();
        found.push(Violation::of(node.at(&format!("graphTasks[{at}]")), problem, step));
    }
}

/// Only steps of a GRAPH wait for each other by name.
pub(super) fn misplaced(node: &Node<'_>, found: &mut Vec<Violation>) {
    for (below, tasks) in node.task.children().filter(|(below, _)| below != "graphTasks") {
        lists(&node.at(&below), tasks, found);
    }
}

/// The same for the definition's own list.
pub(super) fn top(def: &WorkflowDef, found: &mut Vec<Violation>) {
    lists("tasks", &def.tasks, found);
}

fn lists(path: &str, tasks: &[WorkflowTask], found: &mut Vec<Violation>) {
    for (at, task) in tasks.iter().enumerate().filter(|(_, task)| !task.depends_on.is_empty()) {
        let message = format!("dependsOn of {} is only for steps of a GRAPH", task.task_reference_name);
        found.push(Violation::missing(format!("{path}[{at}].dependsOn"), message));
    }
}

fn missing(node: &Node<'_>, field: &str) -> Violation {
    let WorkflowTask { type_, name, .. } = node.task;
    let first = field.split(" or ").next().unwrap_or(field);
    Violation::missing(
        node.at(first),
        format!("{field} field is required for taskType: {type_} taskName: {name}"),
    )
}
