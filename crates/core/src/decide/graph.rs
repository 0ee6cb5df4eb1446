//! GRAPH: steps that name the steps that they wait for. A counter says when a step may begin; nothing is scanned.

use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::event::{Frame, Step};
use crate::execution::Task;
use crate::plan::{Graph, NodeIndex, Parent};

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let ordinal = turn.schedule(node, frame, |_| {});
    if turn.flaw.is_some() {
        return;
    }
    let Some(task) = turn.exec.task(ordinal).cloned() else { return };
    turn.settle_scope(&task, None);
    let reference = turn.node(node).reference.clone();
    turn.next(Step::Branch { reference, frame: frame.clone(), next: 0 });
}

/// A node of a step has ended with nothing behind it: if the step is over, those that waited for it alone begin.
pub(super) fn passed(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let Some(step) = turn.plan.step_around(node) else { return };
    if turn.exec.has_passed(step, frame) {
        push(turn, step, frame, 0);
    }
}

/// Begins one of the steps that wait for a step, if that was the last that it waited for; the others follow.
pub(super) fn follow(turn: &mut Turn<'_>, step: NodeIndex, frame: &Frame, next: u32) {
    let Parent::Step(graph) = turn.node(step).parent else { return };
    let is_open = turn.exec.latest(graph, frame).is_some_and(|task| !task.is_terminal());
    let dependant = turn.node(step).dependants.get(next as usize).copied();
    let Some(dependant) = dependant.filter(|_| is_open) else { return };
    push(turn, step, frame, next + 1);
    if turn.exec.unmet(dependant, frame) == 0 && turn.exec.latest(dependant, frame).is_none() {
        turn.visit_next(dependant, frame);
    }
}

fn push(turn: &mut Turn<'_>, step: NodeIndex, frame: &Frame, next: u32) {
    if turn.node(step).dependants.len() > next as usize {
        let reference = turn.node(step).reference.clone();
        turn.next(Step::Follow { reference, frame: frame.clone(), next });
    }
}

/// Nothing is open: the graph is over, unless another version of it has steps that were not reached.
pub(super) fn settle(turn: &mut Turn<'_>, task: &Task, graph: &Graph) {
    if !begin_ready(turn, task, graph) {
        end_task(turn, task.ordinal, Ending::completed());
    }
}

/// Begins all steps that wait for nothing and were not reached. True if there are some.
pub(super) fn begin_ready(turn: &mut Turn<'_>, task: &Task, graph: &Graph) -> bool {
    let is_ready = |step: &&NodeIndex| {
        turn.exec.latest(**step, &task.frame).is_none() && turn.exec.unmet(**step, &task.frame) == 0
    };
    let ready: Vec<NodeIndex> = graph.steps.iter().filter(is_ready).copied().collect();
    for step in ready.iter().rev() {
        turn.visit_next(*step, &task.frame);
    }
    !ready.is_empty()
}
