//! What a path of the engine is called in letrun.

use segue_core::definition::WorkflowTask;

use super::super::placeholder::native::{Step, key, path};
use super::index::{Index, part, task_name};

impl Index<'_> {
    /// The path in letrun's names; `None` for what letrun does not show.
    pub(super) fn meaning(&self, root: &str, steps: &[Step]) -> Option<String> {
        let names: Vec<&str> = steps.iter().map(name).collect();
        if root == "workflow" {
            return match names.as_slice() {
                ["input" | "variables", ..] => Some(path(names[0], &steps[1..])),
                ["output", ..] => Some(path(root, steps)),
                ["workflowId"] => Some("workflow.id".to_owned()),
                ["workflowType"] => Some("workflow.name".to_owned()),
                _ => None,
            };
        }
        let node = self.node(root)?;
        let below = |field: &str, from: usize| Some(below(task_name(node), &[field], &steps[from..]));
        match names.as_slice() {
            ["status"] => return below("status", 1),
            ["taskId"] => return below("id", 1),
            ["retryCount"] => return below("retries", 1),
            ["reasonForIncompletion"] => return below("errorMessage", 1),
            _ => {}
        }
        match part(node) {
            Some(part) => match (names.as_slice(), part) {
                (["output", "result", "final", ..], Some("for" | "iterate")) => below("output", 3),
                (["output", "result", ..], _) => below("output", 2),
                (["output", "error", ..], None) => below("error", 2),
                (["input", "parameters", ..], _) => below("parameters", 2),
                _ => None,
            },
            None if self.is_ours => ours(node, &names, steps),
            None => self.native(node, &names, steps),
        }
    }

    /// Of an operator in a definition that was no letrun file.
    fn native(&self, node: &WorkflowTask, names: &[&str], steps: &[Step]) -> Option<String> {
        let below = |fields: &[&str], from: usize| Some(below(task_name(node), fields, &steps[from..]));
        match (node.type_.as_str(), names) {
            ("FOR_EACH", ["output", "loopItem", ..]) => below(&["output", "item"], 2),
            ("FOR_EACH", ["output", "loopIndex"]) => below(&["output", "iteration"], 2),
            ("TRY_CATCH", ["output", "error", "message"]) => below(&["output"], 1),
            ("HTTP", ["output", "response", "body", ..]) => below(&["output"], 3),
            ("INLINE" | "LAMBDA", ["output", "result", ..]) => below(&["output"], 2),
            ("SWITCH", ["output", "selectedCase"]) => below(&["output"], 2),
            ("SIMPLE" | "SUB_WORKFLOW", ["output", ..]) => below(&["output"], 1),
            ("SIMPLE", ["input", ..]) => below(&["parameters"], 1),
            ("JOIN", ["output", inner, ..]) => {
                let rest = steps.iter().skip(2).cloned();
                self.meaning(inner, &std::iter::once(key("output")).chain(rest).collect::<Vec<_>>())
            }
            _ => None,
        }
    }
}

/// Of an operator that compiling a letrun file made.
fn ours(node: &WorkflowTask, names: &[&str], steps: &[Step]) -> Option<String> {
    let owner = task_name(node);
    match (node.type_.as_str(), names) {
        ("FOR_EACH", ["output", "loopItem", ..]) => Some(below(owner, &["output"], &steps[2..])),
        ("FOR_EACH" | "DO_WHILE", ["output", round, inner, "result", ..]) => {
            let round = round.parse::<u32>().ok()?.checked_sub(1)?;
            Some(below(&format!("{inner}__{round}"), &["output"], &steps[4..]))
        }
        ("TRY_CATCH", ["output", "error", "output", "error", ..]) => {
            Some(below(owner, &["output", "error"], &steps[4..]))
        }
        ("SUB_WORKFLOW", ["output", "result", ..]) => Some(below(owner, &["output"], &steps[2..])),
        _ => None,
    }
}

/// A path below a task, even one that is called like something else.
fn below(task: &str, fields: &[&str], rest: &[Step]) -> String {
    let fields = fields.iter().map(|field| key(*field));
    let steps: Vec<Step> = fields.chain(rest.iter().cloned()).collect();
    match task {
        "input" | "variables" | "workflow" | "task" => {
            format!("['{task}']{}", &path("", &steps)["['']".len()..])
        }
        _ => path(task, &steps),
    }
}

fn name(step: &Step) -> &str {
    match step {
        Step::Key(name) => name,
        Step::Index(_) | Step::All => "",
    }
}
