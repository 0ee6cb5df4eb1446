//! A letrun file as a tree of its tasks, as it is written.

use serde_json::{Map, Value};

use crate::print::field;

/// Fields of a task that hold tasks.
const BLOCKS: [&str; 7] = ["tasks", "then", "else", "loopOver", "defaultCase", "catch", "finally"];

/// One line per task, each followed by the fields that are asked for.
pub(crate) fn lines(file: &Value, with: &[String]) -> Vec<String> {
    let mut outline = Outline { with, lines: Vec::new() };
    outline.lines.push(format!("definition {}", field(file, "name")).trim_end().to_owned());
    outline.fields(file, 0);
    match file.get("tasks") {
        Some(block) => outline.tasks(block, 0),
        // A file of one task.
        None => outline.task(&field(file, "name"), file, 0),
    }
    outline.lines
}

struct Outline<'a> {
    with: &'a [String],
    lines: Vec<String>,
}

impl Outline<'_> {
    fn tasks(&mut self, block: &Value, depth: usize) {
        match block {
            Value::Array(list) => list.iter().for_each(|one| self.task(&field(one, "name"), one, depth)),
            Value::Object(map) => map.iter().for_each(|(name, one)| self.task(name, one, depth)),
            _ => {}
        }
    }

    fn task(&mut self, name: &str, task: &Value, depth: usize) {
        let indent = "  ".repeat(depth);
        self.lines.push(format!("├─{indent} {name:<28} {}", field(task, "handler")).trim_end().to_owned());
        self.fields(task, depth);
        let Some(parts) = task.as_object() else { return };
        for key in BLOCKS {
            if let Some(inner) = parts.get(key) {
                self.block(key, inner, depth);
            }
        }
        let none = Map::new();
        let cases = parts.get("decisionCases").and_then(Value::as_object).unwrap_or(&none);
        cases.iter().for_each(|(case, inner)| self.block(case, inner, depth));
    }

    fn block(&mut self, name: &str, inner: &Value, depth: usize) {
        let indent = "  ".repeat(depth + 1);
        self.lines.push(format!("│{indent}  {name}:"));
        self.tasks(inner, depth + 1);
    }

    fn fields(&mut self, value: &Value, depth: usize) {
        for path in self.with {
            if let Some(found) = value.pointer(&format!("/{}", path.replace('.', "/"))) {
                self.lines.push(format!("│{}    {path}: {found}", "  ".repeat(depth)));
            }
        }
    }
}
