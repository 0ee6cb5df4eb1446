//! DO_WHILE: the body once, and again while the condition holds. An iteration is over when nothing of it is
//! open; the condition is looked at then.

use serde_json::Value;

use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::event::{Event, Frame, Step};
use crate::execution::Task;
use crate::expression::{Environment, Segment, select};
use crate::plan::{Kind, NodeIndex};

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, body: Option<NodeIndex>) {
    turn.schedule(node, frame, |_| {});
    begin(turn, node, frame, body, 1);
}

fn begin(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, body: Option<NodeIndex>, number: u32) {
    let reference = turn.node(node).reference.clone();
    turn.emit(Event::IterationStarted { reference: reference.clone(), frame: frame.clone(), number });
    let inside = frame.iteration(number);
    match body {
        Some(first) => turn.visit_next(first, &inside),
        None => turn.settle(Step::Settle { frame: inside, reference: Some(reference) }),
    }
}

/// The present iteration of the loop that `inside` lies in may be over: goes on with the next, or ends the loop.
pub(super) fn settle(turn: &mut Turn<'_>, node: NodeIndex, inside: &Frame) {
    let plan = turn.plan.clone();
    let frame = inside.outer(plan.node(node).depth);
    let Some(task) = turn.exec.latest(node, &frame).cloned() else { return };
    if task.is_terminal() {
        // Something of an old iteration ended; it counted in what is around the loop.
        return turn.settle_later(node, &frame);
    }
    if turn.exec.open_count(task.ordinal) > 0 {
        return;
    }
    let Kind::DoWhile { body, condition } = &plan.node(node).kind else { return };
    let input = turn.input_of(node, &frame, task.ordinal).value();
    if condition.holds(&|path| look_up(turn, node, &task, &input, path)) {
        begin(turn, node, &frame, *body, task.iteration + 1);
    } else {
        end_task(turn, task.ordinal, Ending::completed());
    }
}

/// `$` of a loop condition: the loop's own output, the outputs of this iteration, the loop's input.
fn look_up(turn: &Turn<'_>, node: NodeIndex, task: &Task, input: &Value, path: &[Segment]) -> Option<Value> {
    let [Segment::Key(root), rest @ ..] = path else { return select(input, path) };
    let node = turn.node(node);
    let inside = task.frame.iteration(task.iteration);
    let is_own = *root == *node.reference;
    let is_inner =
        turn.plan.find(root).is_some_and(|inner| turn.node(inner).enclosing_loop == Some(task.node));
    if !is_own && !is_inner {
        return select(input, path);
    }
    let mut full = vec![Segment::Key(root.clone()), Segment::Key("output".to_owned())];
    full.extend_from_slice(rest);
    crate::execution::Scope { execution: turn.exec, frame: &inside, within: Some(task.node), task: None }
        .resolve(&full)
}
