//! letrun files: what they compile to, what is refused, and that the engine takes what comes out.

mod constructs;
mod conversions;
mod findings;
mod placeholders;
mod properties;
mod samples;

use segue_core::definition::WorkflowTask;
use segue_dialects::letrun::{Compiled, Options, compile};
use segue_dialects::{Diagnostic, Document};
use serde_json::{Value, json};

fn compiled(text: &str) -> Compiled {
    compile(&Document::new(text), &Options::default())
        .unwrap_or_else(|found| panic!("{}\n{text}", shown(&found)))
}

/// A workflow of these tasks.
fn of_tasks(tasks: &Value) -> Compiled {
    compiled(&json!({"name": "w", "tasks": tasks}).to_string())
}

fn refused(text: &str) -> Vec<Diagnostic> {
    compile(&Document::new(text), &Options::default()).expect_err(text)
}

fn shown(found: &[Diagnostic]) -> String {
    found.iter().map(|found| format!("{found}\n")).collect()
}

/// The nodes as an outline: type, queue and reference of each, its blocks below.
fn outline(compiled: &Compiled) -> String {
    let mut text = String::new();
    draw(&compiled.definition.tasks, 0, &mut text);
    text
}

fn draw(tasks: &[WorkflowTask], depth: usize, text: &mut String) {
    for task in tasks {
        let queue = if task.type_ == "SIMPLE" { task.name.as_str() } else { task.type_.as_str() };
        let line = format!("{}{queue} {}", "  ".repeat(depth), task.task_reference_name);
        let on =
            if task.join_on.is_empty() { String::new() } else { format!(" on {}", task.join_on.join(", ")) };
        let optional = if task.optional { "?" } else { "" };
        text.push_str(&format!("{line}{optional}{on}\n"));
        for (block, tasks) in task.children() {
            text.push_str(&format!("{}- {block}\n", "  ".repeat(depth + 1)));
            draw(tasks, depth + 2, text);
        }
    }
}

/// The node with a reference, wherever it is.
fn node<'a>(tasks: &'a [WorkflowTask], reference: &str) -> Option<&'a WorkflowTask> {
    tasks.iter().find_map(|task| {
        if task.task_reference_name == reference {
            return Some(task);
        }
        task.children().find_map(|(_, tasks)| node(tasks, reference))
    })
}

/// The parameters of a task as they were rewritten.
fn parameters(compiled: &Compiled, reference: &str) -> Value {
    let node = node(&compiled.definition.tasks, reference).expect(reference);
    node.input_parameters["parameters"].clone()
}
