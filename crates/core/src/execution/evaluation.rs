//! What an execution asks evaluators, and loops over items.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::fold::Misfit;
use super::{Execution, Scope, Task};
use crate::json::Json;
use crate::plan::{Dialect, Evaluation, Form, Formula, Kind, Language, Script};
use crate::time::Timestamp;

impl Execution {
    /// The attempts that wait for an evaluator, with the number of the iteration whose condition is asked for (0 but for
    /// loops).
    pub fn asked(&self) -> impl Iterator<Item = (u32, u32)> {
        self.asked.iter().filter_map(|ordinal| self.task(*ordinal)).map(|task| (task.ordinal, task.iteration))
    }

    /// The oldest attempt that waits for a message.
    pub(crate) fn pulling(&self) -> Option<u32> {
        self.pulling.first().copied()
    }

    /// What an evaluator is asked for an attempt; `None` if it does not depend on one.
    pub fn evaluation(&self, ordinal: u32) -> Option<Evaluation> {
        let task = self.task(ordinal)?;
        match &self.plan.node(task.node).kind {
            Kind::Compute(dialect) => {
                let script = script_of(*dialect, &task.input.object())?;
                Some(Evaluation { script, input: task.input.clone() })
            }
            Kind::Switch(switch) => match &switch.selector {
                Formula::Script(script) => {
                    Some(Evaluation { script: script.clone(), input: task.input.clone() })
                }
                _ => None,
            },
            Kind::DoWhile(each) => match &each.condition {
                Some(Formula::Script(script)) => {
                    let input = Json::of(&Value::Object(self.loop_bindings(task, &script.source)));
                    Some(Evaluation { script: script.clone(), input })
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// `$` of a loop condition: the loop's input, its own output, the outputs of this iteration; what the text does not
    /// mention is left out.
    fn loop_bindings(&self, task: &Task, source: &str) -> Map<String, Value> {
        let node = self.plan.node(task.node);
        let inside = task.frame.iteration(task.iteration);
        let scope = Scope { execution: self, frame: &task.frame, within: node.enclosing_loop, task: None };
        let mut bindings = match node.input.render(&scope) {
            Ok(Value::Object(input)) => input,
            // It was found when the loop began.
            Err(_) => task.input.object(),
            Ok(_) => Map::new(),
        };
        for field in ["loopIndex", "loopItem"] {
            if let Some(value) = task.loop_field(field, task.iteration) {
                bindings.insert(field.to_owned(), value);
            }
        }
        let own = match reads_only_iteration(source, &node.reference) {
            true => Value::Object(Map::from_iter([("iteration".to_owned(), task.iteration.into())])),
            false => self.output_of(task).value(),
        };
        bindings.insert(node.reference.to_string(), own);
        let body = self.plan.nodes().filter(|(_, inner)| inner.enclosing_loop == Some(task.node));
        for (index, inner) in body {
            if source.contains(&*inner.reference)
                && let Some(done) = self.latest(index, &inside)
            {
                bindings.insert(inner.reference.to_string(), self.output_of(done).value());
            }
        }
        bindings
    }

    pub(super) fn evaluation_asked(&mut self, ordinal: u32, at: Timestamp) -> Result<(), Misfit> {
        self.task_mut(ordinal)?.asked_at = Some(at);
        self.asked.insert(ordinal);
        self.rearm(ordinal);
        Ok(())
    }

    /// No answer is waited for any more.
    pub(super) fn answered(&mut self, ordinal: u32) {
        if self.asked.remove(&ordinal) {
            if let Ok(task) = self.task_mut(ordinal) {
                task.asked_at = None;
            }
            self.rearm(ordinal);
        }
    }

    /// A SWITCH shows its case in its input (Conductor: `case`, `hasChildren`).
    pub(super) fn note_case(&mut self, ordinal: u32) {
        let Some(task) = self.task(ordinal) else { return };
        let Kind::Switch(switch) = &self.plan.node(task.node).kind else { return };
        if !matches!(switch.selector, Formula::Script(_)) {
            return;
        }
        let output = task.output.object();
        let key = if switch.is_decision { "caseOutput" } else { "evaluationResult" };
        let Some(case) = output.get(key).and_then(|list| list.get(0)) else { return };
        let mut input = task.input.object();
        input.insert("case".to_owned(), case.clone());
        input.insert("hasChildren".to_owned(), "true".into());
        let input = Json::of(&Value::Object(input));
        if let Ok(task) = self.task_mut(ordinal) {
            task.input = input;
        }
    }

    /// The list that a loop goes through, from its input; taken note of when the attempt is made.
    pub(super) fn keep_items(&mut self, ordinal: u32) {
        let Some(task) = self.task(ordinal) else { return };
        let kind = &self.plan.node(task.node).kind;
        if !kind.is_loop() {
            return;
        }
        let (items, is_each) = (kind.items(), matches!(kind, Kind::ForEach(_)));
        let mentions = |key| self.plan.node(task.node).task.input_parameters.contains_key(key);
        if items.is_none() && !mentions("items") && !mentions("_items") {
            return;
        }
        let mut input = task.input.object();
        let items = ["_items", "items"].into_iter().find_map(|key| match input.remove(key) {
            Some(Value::Array(items)) => Some(items),
            Some(Value::Object(items)) if is_each => Some(pairs(items)),
            _ => None,
        });
        let items: Option<Arc<[Value]>> = items.map(Arc::from);
        if let Ok(task) = self.task_mut(ordinal) {
            task.items = items;
        }
    }
}

impl Task {
    /// A field of a loop's own output as seen from an iteration: `iteration`, and over items `loopIndex` (from 0) and
    /// `loopItem`.
    pub(super) fn loop_field(&self, field: &str, number: u32) -> Option<Value> {
        let place = number.checked_sub(1).map(|place| place as usize);
        match (field, &self.items) {
            ("iteration", _) => Some(number.into()),
            ("loopIndex", Some(items)) => place.filter(|place| *place < items.len()).map(Value::from),
            ("loopItem", Some(items)) => items.get(place?).cloned(),
            _ => None,
        }
    }
}

/// The script of a computation; `None` if its input names no evaluator that runs one.
fn script_of(dialect: Dialect, input: &Map<String, Value>) -> Option<Script> {
    let text = |key: &str| input.get(key).and_then(Value::as_str);
    match dialect {
        Dialect::Inline => {
            let evaluator = text("evaluatorType").unwrap_or("javascript");
            Some(Script::expression(Language::of_evaluator(evaluator)?, text("expression")?))
        }
        Dialect::Lambda => Some(Script {
            language: Language::JavaScript,
            form: Form::Body,
            source: text("scriptExpression")?.into(),
        }),
        Dialect::Jq => Some(Script::expression(Language::Jq, text("queryExpression")?)),
    }
}

/// An object as a list of `{key, value}`.
fn pairs(fields: Map<String, Value>) -> Vec<Value> {
    fields.into_iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

/// True if every mention of the loop's own output in a condition reads the number of the iteration.
fn reads_only_iteration(source: &str, reference: &str) -> bool {
    let mentions = source.match_indices(reference).map(|(at, found)| &source[at + found.len()..]);
    let reads = [".iteration", "['iteration']", "[\"iteration\"]", "']['iteration']", "\"][\"iteration\"]"];
    mentions.into_iter().all(|rest| {
        let rest = rest.trim_start();
        reads.iter().any(|read| rest.starts_with(read))
    })
}
