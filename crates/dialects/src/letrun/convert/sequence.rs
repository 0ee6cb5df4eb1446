//! Sequences of nodes as blocks of tasks.

use segue_core::definition::WorkflowTask;
use serde_json::{Map, Value, json};

use super::super::compiled::note;
use super::Loss;
use super::index::{Index, handler_text, owner, task_name};

/// Writes letrun tasks.
pub(super) struct Writer<'a> {
    pub(super) index: Index<'a>,
    pub(super) losses: Vec<Loss>,
    pub(super) refused: Vec<Loss>,
}

/// What has been written of a sequence.
pub(super) enum Item {
    Task(String, Map<String, Value>),
    /// Tasks at once; with the reference of their join.
    Group(Map<String, Value>, String),
}

impl<'a> Writer<'a> {
    /// The block that a sequence is: an object if it is nothing but tasks at once, else a list.
    pub(super) fn block(&mut self, nodes: &'a [WorkflowTask]) -> Value {
        let mut items = self.items(nodes);
        if let [Item::Group(..)] = items.as_slice()
            && let Some(Item::Group(tasks, _)) = items.pop()
        {
            return Value::Object(tasks);
        }
        self.list(items)
    }

    fn list(&mut self, items: Vec<Item>) -> Value {
        items.into_iter().map(|item| self.listed(item)).collect()
    }

    fn listed(&mut self, item: Item) -> Value {
        let (name, fields) = match item {
            Item::Task(name, fields) => (name, fields),
            // In a list, tasks at once need a task that they belong to.
            Item::Group(tasks, join) => (join, carrier(Value::Object(tasks))),
        };
        let mut task = Map::new();
        task.insert("name".to_owned(), name.into());
        task.extend(fields);
        Value::Object(task)
    }

    fn items(&mut self, nodes: &'a [WorkflowTask]) -> Vec<Item> {
        let mut items = Vec::new();
        let mut at = 0;
        while at < nodes.len() {
            at += self.item(&nodes[at..], &mut items).max(1);
        }
        items
    }

    /// Writes what begins here; returns how many nodes that were.
    fn item(&mut self, nodes: &'a [WorkflowTask], items: &mut Vec<Item>) -> usize {
        let node = &nodes[0];
        match node.type_.as_str() {
            "NOOP" => 1,
            "FORK_JOIN" => self.group(nodes, items),
            _ if self.is_ours(nodes) => self.ours(nodes, items),
            _ => {
                if let Some(fields) = self.native(node) {
                    items.push(Item::Task(node.task_reference_name.clone(), fields));
                }
                1
            }
        }
    }

    fn is_ours(&self, nodes: &[WorkflowTask]) -> bool {
        let node = &nodes[0];
        let reference = Some(task_name(node));
        match node.type_.as_str() {
            "SIMPLE" => handler_text(node).is_some(),
            "DO_WHILE" => node.loop_over.first().is_some_and(|test| owner(test) == reference),
            "TRY_CATCH" => nodes.get(1).is_some_and(|end| owner(end) == reference),
            "SUB_WORKFLOW" => self.index.is_ours,
            _ => false,
        }
    }

    fn group(&mut self, nodes: &'a [WorkflowTask], items: &mut Vec<Item>) -> usize {
        let fork = &nodes[0];
        let Some(join) = nodes.get(1).filter(|next| next.type_ == "JOIN") else { return 1 };
        let mut tasks = Map::new();
        for branch in &fork.fork_tasks {
            let ends = branch.last().is_none_or(|last| join.join_on.contains(&last.task_reference_name));
            if !ends {
                self.refuse(join, "it waits for less than all of its branches");
            }
            if let Some((name, fields)) = self.branch(branch) {
                tasks.insert(name, Value::Object(fields));
            }
        }
        items.push(Item::Group(tasks, join.task_reference_name.clone()));
        2
    }

    /// A branch as one task: its last, with those before it nested.
    fn branch(&mut self, branch: &'a [WorkflowTask]) -> Option<(String, Map<String, Value>)> {
        let mut items = self.items(branch);
        let takes_tasks = |fields: &Map<String, Value>| {
            let handler = fields.get("handler").and_then(Value::as_str).unwrap_or_default();
            !fields.contains_key("tasks") && !["if", "switch", "for", "while", "iterate"].contains(&handler)
        };
        match items.pop()? {
            Item::Task(name, fields) if items.is_empty() => Some((name, fields)),
            Item::Task(name, mut fields) if takes_tasks(&fields) => {
                fields.insert("tasks".to_owned(), self.list(items));
                Some((name, fields))
            }
            Item::Group(tasks, join) if items.is_empty() => Some((join, carrier(Value::Object(tasks)))),
            last => {
                items.push(last);
                let name = self.index.free(&format!("{}_branch", branch[0].task_reference_name));
                Some((name, carrier(self.list(items))))
            }
        }
    }

    /// Takes back the tasks that were nested in one.
    pub(super) fn nested(&mut self, node: &WorkflowTask, items: &mut Vec<Item>) -> Option<Value> {
        match note(node, "tasks")? {
            Value::Number(count) => {
                let count = usize::try_from(count.as_u64()?).ok()?.min(items.len());
                let nested = items.split_off(items.len() - count);
                Some(self.list(nested))
            }
            _ => match items.pop() {
                Some(Item::Group(tasks, _)) => Some(Value::Object(tasks)),
                other => {
                    items.extend(other);
                    Some(json!({}))
                }
            },
        }
    }

    pub(super) fn refuse(&mut self, node: &WorkflowTask, what: &str) {
        let place = node.task_reference_name.clone();
        self.refused.push(Loss { place, what: what.to_owned() });
    }

    pub(super) fn lose(&mut self, node: &WorkflowTask, what: impl Into<String>) {
        let place = node.task_reference_name.clone();
        self.losses.push(Loss { place, what: what.into() });
    }
}

/// A task that does nothing but hold others.
fn carrier(tasks: Value) -> Map<String, Value> {
    let fields = [
        ("handler", Value::from("lambda")),
        ("parameters", json!({"expression": "undefined"})),
        ("tasks", tasks),
    ];
    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
