//! Outputs that are views: those of JOINs and scopes are put together when somebody looks, never kept.

use serde_json::{Map, Value, json};

use super::{Execution, Task};
use crate::event::Frame;
use crate::expression::{Segment, select};
use crate::json::Json;
use crate::plan::{Kind, NodeIndex, TryCatch};

impl Execution {
    /// An attempt's output.
    pub fn output_of(&self, task: &Task) -> Json {
        if !task.output.is_empty_object() {
            return task.output.clone();
        }
        let fields = match &self.plan.node(task.node).kind {
            Kind::Join { .. } => self.joined_output(self.joined(task.node, &task.frame), &task.frame),
            Kind::Graph(graph) => self.joined_output(&graph.steps, &task.frame),
            Kind::DoWhile(_) | Kind::ForEach(_) => self.loop_output(task, None),
            Kind::TryCatch(tried) => match self.trial_output(task) {
                Some(fields) => fields,
                None => {
                    return self.last_of(task, tried).map(|last| self.output_of(last)).unwrap_or_default();
                }
            },
            _ => return task.output.clone(),
        };
        Json::of(&Value::Object(fields))
    }

    /// A part of an attempt's output; of a view no more than the part is put together. `from` is the iteration of a
    /// FOR_EACH that it is seen from.
    pub(super) fn select_output(&self, task: &Task, from: Option<u32>, path: &[Segment]) -> Option<Value> {
        let kind = &self.plan.node(task.node).kind;
        if !task.output.is_empty_object() {
            return select(&task.output.value(), path);
        }
        match (kind, path) {
            (Kind::Join { .. }, [Segment::Key(reference), rest @ ..]) => {
                self.select_of(self.joined(task.node, &task.frame), task, reference, rest)
            }
            (Kind::Graph(graph), [Segment::Key(reference), rest @ ..]) => {
                self.select_of(&graph.steps, task, reference, rest)
            }
            (Kind::DoWhile(_) | Kind::ForEach(_), [Segment::Key(key), rest @ ..]) => {
                self.select_of_loop(task, from, key, rest)
            }
            (Kind::ForEach(_), []) if from.is_some() => Some(Value::Object(self.loop_output(task, from))),
            (Kind::TryCatch(tried), path) => match self.trial_output(task) {
                Some(fields) => select(&Value::Object(fields), path),
                None => self.select_output(self.last_of(task, tried)?, None, path),
            },
            _ => select(&self.output_of(task).value(), path),
        }
    }

    fn select_of(
        &self,
        nodes: &[NodeIndex],
        holder: &Task,
        reference: &str,
        rest: &[Segment],
    ) -> Option<Value> {
        let wanted = self.find(reference, &holder.frame)?;
        let wanted =
            self.plan.node(wanted).stands_for.filter(|index| nodes.contains(index)).unwrap_or(wanted);
        nodes.contains(&wanted).then_some(())?;
        self.latest(wanted, &holder.frame).and_then(|task| self.select_output(task, None, rest))
    }

    fn select_of_loop(&self, task: &Task, from: Option<u32>, key: &str, rest: &[Segment]) -> Option<Value> {
        let is_each = matches!(self.plan.node(task.node).kind, Kind::ForEach(_));
        match (key, rest) {
            ("results", [Segment::Index(index), rest @ ..]) if is_each => {
                let count = i64::try_from(task.items.as_ref()?.len()).ok()?;
                let place = if *index < 0 { count + index } else { *index };
                let number = u32::try_from(place.checked_add(1)?).ok().filter(|_| place >= 0)?;
                self.select_output(self.result_of(task, number)?, None, rest)
            }
            ("results", rest) if is_each => select(&Value::Array(self.results(task)), rest),
            (key, rest) => {
                if let Some(value) = task.loop_field(key, from.unwrap_or(task.iteration)) {
                    return select(&value, rest);
                }
                let kept = self.first_kept(task)..=task.iteration;
                let number = key.parse().ok().filter(|number| kept.contains(number))?;
                select(&Value::Object(self.iteration_output(task, number)), rest)
            }
        }
    }

    /// What a TRY_CATCH yields whose first part failed: `{error, caught}`. The error has the output of the failed attempt.
    fn trial_output(&self, task: &Task) -> Option<Map<String, Value>> {
        let failed = self.task(task.trial.error?)?;
        let node = self.plan.node(failed.node);
        let output = json!({
            "error": {
                "message": failed.reason.as_deref().unwrap_or_default(),
                "taskReferenceName": failed.frame.name(&node.reference),
                "taskType": node.task_type(),
                "status": failed.status,
                "retryCount": failed.attempt,
                // As it was given: views of what failed around others would nest without end.
                "output": failed.output.value(),
            },
            "caught": task.trial.is_caught,
        });
        match output {
            Value::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// The last task of what a TRY_CATCH tries.
    fn last_of(&self, task: &Task, tried: &TryCatch) -> Option<&Task> {
        self.latest(self.plan.sequence(tried.body).last()?, &task.frame)
    }

    /// The last task of an iteration.
    fn result_of(&self, task: &Task, number: u32) -> Option<&Task> {
        let Kind::ForEach(each) = &self.plan.node(task.node).kind else { return None };
        self.latest(self.plan.sequence(each.body).last()?, &task.frame.iteration(number))
    }

    /// The output of the last task of each iteration, in the order of the items; null where there is none.
    fn results(&self, task: &Task) -> Vec<Value> {
        let count = task.items.as_ref().map_or(0, |items| u32::try_from(items.len()).unwrap_or(u32::MAX));
        let results = (1..=count).map(|number| {
            let last = self.result_of(task, number).filter(|last| last.is_terminal());
            last.map_or(Value::Null, |last| self.output_of(last).value())
        });
        results.collect()
    }

    /// `{ref: output}` of the nodes that came to be.
    fn outputs_of(
        &self,
        nodes: impl Iterator<Item = NodeIndex>,
        frame: &Frame,
    ) -> impl Iterator<Item = (String, Json)> {
        nodes.filter_map(|node| {
            let output = self.output_of(self.latest(node, frame)?);
            Some((self.plan.node(node).reference.to_string(), output))
        })
    }

    /// `{ref: output}` of what a JOIN waits for, or of the steps of a GRAPH. Conductor leaves out empty outputs of a
    /// JOIN, and only there.
    fn joined_output(&self, nodes: &[NodeIndex], frame: &Frame) -> Map<String, Value> {
        let outputs = self.outputs_of(nodes.iter().copied(), frame);
        let outputs = outputs.filter(|(_, output)| !output.is_empty_object());
        outputs.map(|(reference, output)| (reference, output.value())).collect()
    }

    /// `{"1": {ref: output}, "2": …, "iteration": n}`, of a FOR_EACH with `results`, and as seen from an iteration
    /// with its item.
    fn loop_output(&self, task: &Task, from: Option<u32>) -> Map<String, Value> {
        let mut output = Map::new();
        for number in self.first_kept(task).max(1)..=task.iteration {
            output.insert(number.to_string(), Value::Object(self.iteration_output(task, number)));
        }
        let is_each = matches!(self.plan.node(task.node).kind, Kind::ForEach(_));
        let seen_from = if is_each { from } else { Some(task.iteration) };
        output.insert("iteration".to_owned(), from.unwrap_or(task.iteration).into());
        for field in ["loopIndex", "loopItem"] {
            if let Some(value) = seen_from.and_then(|number| task.loop_field(field, number)) {
                output.insert(field.to_owned(), value);
            }
        }
        if is_each {
            output.insert("results".to_owned(), Value::Array(self.results(task)));
        }
        output
    }

    /// `{ref: output}` of one iteration of a loop.
    fn iteration_output(&self, task: &Task, number: u32) -> Map<String, Value> {
        let inside = self.plan.nodes().filter(|(_, node)| node.enclosing_loop == Some(task.node));
        let frame = task.frame.iteration(number);
        let outputs = self.outputs_of(inside.map(|(index, _)| index), &frame);
        outputs.map(|(reference, output)| (reference, output.value())).collect()
    }

    /// What the workflow yields: its own expressions, or else the output of its last task. What the expressions lack is
    /// left out, and said. No more than so many bytes are read for it.
    pub(crate) fn final_output(&self, bytes_max: usize) -> (Json, Option<String>) {
        let frame = &Frame::default();
        let scope = super::Scope { execution: self, frame, within: None, task: None };
        let scope = super::Rationed::new(scope, bytes_max);
        let Some(template) = &self.plan.output else {
            let last = self.current_tasks().next_back();
            return (last.map(|task| self.output_of(task)).unwrap_or_default(), None);
        };
        let rendered = template.render(&scope);
        if scope.is_used_up() {
            let flaw = format!("the expressions of outputParameters read more than {bytes_max} bytes");
            return (Json::empty_object(), Some(flaw));
        }
        match rendered {
            Ok(output) => (Json::of(&output), None),
            Err(missing) => {
                let found = Json::of(&template.render_found(&scope));
                (found, Some(missing.in_field("outputParameters").to_string()))
            }
        }
    }
}
