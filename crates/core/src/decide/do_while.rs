//! DO_WHILE: the body once, and again while the condition holds and, over items, there is another one. An iteration is
//! over when nothing of it is open; the condition is looked at then.

use serde_json::Value;

use super::Answer;
use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::event::Frame;
use crate::execution::Task;
use crate::expression::{Environment, Segment, select};
use crate::json::Json;
use crate::plan::{DoWhile, Formula, NodeIndex};
use crate::status::TaskStatus;

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, each: &DoWhile) {
    let (ordinal, items) = schedule(turn, node, frame);
    if turn.flaw.is_some() {
        return;
    }
    if let Some(found) = items.filter(|items| !items.is_array()) {
        let reason = format!("items must be a list, found {}", kind_of(&found));
        return turn.fail_task(ordinal, TaskStatus::FailedWithTerminalError, &reason);
    }
    let Some(task) = turn.exec.task(ordinal).cloned() else { return };
    if task.items.as_ref().is_some_and(|items| items.is_empty()) {
        return end_task(turn, ordinal, Ending::completed());
    }
    super::scope::begin_iteration(turn, &task, each.body, 1);
}

/// Schedules a loop with its items as part of the input.
pub(super) fn schedule(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) -> (u32, Option<Value>) {
    let ordinal = turn.next_ordinal();
    let mut input = turn.input_of(node, frame, ordinal);
    let plan = turn.plan.clone();
    let items = plan.node(node).kind.items();
    let items = items.map(|items| turn.render(items, node, frame, ordinal, "items"));
    if let Some(items) = &items {
        let mut fields = input.object();
        fields.insert("items".to_owned(), items.clone());
        input = Json::of(&Value::Object(fields));
    }
    turn.schedule_with(node, frame, input, |_| {});
    (ordinal, items)
}

/// Nothing of the present iteration is open: goes on with the next, or ends the loop.
pub(super) fn settle(turn: &mut Turn<'_>, task: &Task, each: &DoWhile) {
    if task.asked_at.is_some() {
        return;
    }
    turn.flaw = None;
    let (node, frame) = (task.node, &task.frame);
    let is_last = task.items.as_ref().is_some_and(|items| task.iteration as usize >= items.len());
    let holds = match &each.condition {
        _ if is_last => false,
        None => task.items.is_some(),
        Some(Formula::Script(_)) => return turn.ask(task.ordinal),
        Some(Formula::Key(key)) => {
            let input = turn.input_of(node, frame, task.ordinal).object();
            input.get(&**key).is_some_and(is_true)
        }
        Some(Formula::Value(condition)) => {
            let input = turn.input_of(node, frame, task.ordinal).value();
            match condition.holds(&|path| look_up(turn, node, task, &input, path)) {
                Ok(holds) => holds,
                Err(error) => return cannot_tell(turn, task, &error.to_string()),
            }
        }
    };
    match turn.flaw.take() {
        Some(flaw) => cannot_tell(turn, task, &flaw),
        None => go_on(turn, task, each, holds),
    }
}

fn go_on(turn: &mut Turn<'_>, task: &Task, each: &DoWhile, holds: bool) {
    if holds {
        super::scope::begin_iteration(turn, task, each.body, task.iteration + 1);
    } else {
        super::scope::drop_iterations(turn, task);
        end_task(turn, task.ordinal, Ending::completed());
    }
}

/// An evaluator found whether the condition holds, or failed.
pub(super) fn answered(turn: &mut Turn<'_>, task: &Task, each: &DoWhile, answer: Answer) {
    match answer {
        Ok(value) => go_on(turn, task, each, is_true(&value)),
        Err(error) => cannot_tell(turn, task, &error.to_string()),
    }
}

fn cannot_tell(turn: &mut Turn<'_>, task: &Task, error: &str) {
    let condition = turn.node(task.node).task.loop_condition.clone().unwrap_or_default();
    let reason = format!("Unable to evaluate condition {condition}, exception {error}");
    turn.fail_task(task.ordinal, TaskStatus::FailedWithTerminalError, &reason);
}

/// Conductor's truth: `true`, and numbers above 0.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64().is_some_and(|number| number > 0.0),
        _ => false,
    }
}

/// What a value is, for people.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// `$` of a loop condition: the loop's own output, the outputs of this iteration, the loop's input.
fn look_up(turn: &Turn<'_>, node: NodeIndex, task: &Task, input: &Value, path: &[Segment]) -> Option<Value> {
    let [Segment::Key(root), rest @ ..] = path else { return select(input, path) };
    let node = turn.node(node);
    let inside = task.frame.iteration(task.iteration);
    let is_own = *root == *node.reference || matches!(root.as_str(), "loopIndex" | "loopItem");
    let is_inner =
        turn.exec.find(root, &inside).is_some_and(|inner| turn.node(inner).enclosing_loop == Some(task.node));
    if !is_own && !is_inner {
        return select(input, path);
    }
    let scope =
        crate::execution::Scope { execution: turn.exec, frame: &inside, within: Some(task.node), task: None };
    let mut full = match *root == *node.reference || is_inner {
        true => vec![Segment::Key(root.clone()), Segment::Key("output".to_owned())],
        false => {
            let own = node.reference.to_string();
            vec![Segment::Key(own), Segment::Key("output".to_owned()), Segment::Key(root.clone())]
        }
    };
    full.extend_from_slice(rest);
    scope.resolve(&full)
}
