//! Outputs that are views: a JOIN's and a loop's are put together when somebody looks, never kept.

use serde_json::{Map, Value};

use super::{Execution, Task};
use crate::event::Frame;
use crate::expression::{Segment, select};
use crate::json::Json;
use crate::plan::{Kind, NodeIndex};

impl Execution {
    /// An attempt's output.
    pub fn output_of(&self, task: &Task) -> Json {
        match &self.plan.node(task.node).kind {
            Kind::Join { .. } if task.output.is_empty_object() => {
                let on = self.joined(task.node, &task.frame);
                Json::of(&Value::Object(self.outputs_of(on, &task.frame)))
            }
            Kind::DoWhile(_) if task.output.is_empty_object() => {
                Json::of(&Value::Object(self.loop_output(task)))
            }
            _ => task.output.clone(),
        }
    }

    /// A part of an attempt's output; of a JOIN or a loop no more than the part is put together.
    pub(super) fn select_output(&self, task: &Task, path: &[Segment]) -> Option<Value> {
        let node = self.plan.node(task.node);
        match (&node.kind, path) {
            (Kind::Join { .. }, [Segment::Key(reference), rest @ ..]) if task.output.is_empty_object() => {
                let on = self.joined(task.node, &task.frame);
                let wanted = self.find(reference, &task.frame).filter(|index| on.contains(index))?;
                self.latest(wanted, &task.frame).and_then(|task| self.select_output(task, rest))
            }
            (Kind::DoWhile(_), [Segment::Key(key), rest @ ..]) if task.output.is_empty_object() => {
                if let Some(value) = task.loop_field(key) {
                    return select(&value, rest);
                }
                let kept = self.first_kept(task)..=task.iteration;
                let number = key.parse().ok().filter(|number| kept.contains(number))?;
                select(&Value::Object(self.iteration_output(task, number)), rest)
            }
            _ => select(&self.output_of(task).value(), path),
        }
    }

    /// `{ref: output}` of the nodes that have a non-empty one.
    fn outputs_of(&self, nodes: &[NodeIndex], frame: &Frame) -> Map<String, Value> {
        let outputs = nodes.iter().filter_map(|node| {
            let output = self.output_of(self.latest(*node, frame)?);
            (!output.is_empty_object()).then(|| (self.plan.node(*node).reference.to_string(), output.value()))
        });
        outputs.collect()
    }

    /// `{"1": {ref: output}, "2": …, "iteration": n}`.
    fn loop_output(&self, task: &Task) -> Map<String, Value> {
        let mut output = Map::new();
        for number in self.first_kept(task)..=task.iteration {
            output.insert(number.to_string(), Value::Object(self.iteration_output(task, number)));
        }
        for field in ["iteration", "loopIndex", "loopItem"] {
            if let Some(value) = task.loop_field(field) {
                output.insert(field.to_owned(), value);
            }
        }
        output
    }

    /// The first iteration whose results a loop keeps (Conductor: `keepLastN`).
    fn first_kept(&self, task: &Task) -> u32 {
        let node = self.plan.node(task.node);
        let last = node.task.input_parameters.get("keepLastN").and_then(Value::as_u64).filter(|n| *n > 0);
        let last = last.map_or(u32::MAX, |last| u32::try_from(last).unwrap_or(u32::MAX));
        task.iteration.saturating_sub(last).saturating_add(1)
    }

    /// `{ref: output}` of one iteration of a loop.
    fn iteration_output(&self, task: &Task, number: u32) -> Map<String, Value> {
        let inside = self.plan.nodes().filter(|(_, node)| node.enclosing_loop == Some(task.node));
        let body: Vec<NodeIndex> = inside.map(|(index, _)| index).collect();
        self.outputs_of(&body, &task.frame.iteration(number))
    }

    /// What the workflow yields: its own expressions, or else the output of its last task.
    pub(crate) fn final_output(&self) -> Json {
        let root = Frame::default();
        match &self.plan.output {
            Some(template) => Json::of(&template.render(&super::Scope {
                execution: self,
                frame: &root,
                within: None,
                task: None,
            })),
            None => self.current_tasks().next_back().map(|task| self.output_of(task)).unwrap_or_default(),
        }
    }
}
