//! Scopes (loops, TRY_CATCH, GRAPH): what happens when nothing is open in one, and when one is given up.

use super::end::{Ending, emit_end};
use super::turn::Turn;
use crate::event::{Event, Frame, Section, Step};
use crate::execution::Task;
use crate::plan::{Kind, NodeIndex};
use crate::status::TaskStatus;

/// The scope that `inside` is a frame of may be over: goes on with its next part, or ends it.
pub(super) fn settle(turn: &mut Turn<'_>, node: NodeIndex, inside: &Frame) {
    let plan = turn.plan.clone();
    let frame = inside.outer(plan.node(node).depth);
    let Some(task) = turn.exec.latest(node, &frame).cloned() else { return };
    if task.is_terminal() {
        // Something of an old iteration ended; it counted in what is around the scope.
        return turn.settle_later(node, &frame);
    }
    let is_empty = turn.exec.open_count(task.ordinal) == 0;
    match &plan.node(node).kind {
        Kind::ForEach(each) => super::for_each::settle(turn, &task, each),
        Kind::DoWhile(each) if is_empty => super::do_while::settle(turn, &task, each),
        Kind::TryCatch(tried) if is_empty => super::try_catch::settle(turn, &task, tried),
        Kind::Graph(graph) if is_empty => super::graph::settle(turn, &task, graph),
        _ => {}
    }
}

/// Drops the iterations of a loop that it does not keep.
pub(super) fn drop_iterations(turn: &mut Turn<'_>, task: &Task) {
    if turn.exec.kept_count(task).is_some() {
        let running = turn.exec.first_running(task.ordinal).unwrap_or(u32::MAX);
        let below = turn.exec.first_kept(task).min(running);
        if below > task.kept_from.max(1) {
            turn.emit(Event::IterationsDropped { task: task.ordinal, below });
        }
    }
}

/// Begins an iteration of a loop; iterations that it does not keep are dropped.
pub(super) fn begin_iteration(turn: &mut Turn<'_>, task: &Task, body: Option<NodeIndex>, number: u32) {
    drop_iterations(turn, task);
    let reference = turn.node(task.node).reference.clone();
    let frame = task.frame.clone();
    turn.emit(Event::IterationStarted { reference, frame, number });
    let inside = task.frame.iteration(number);
    match body {
        Some(first) => turn.visit_next(first, &inside),
        None => turn.settle_scope(task, Some(number)),
    }
}

impl Turn<'_> {
    /// Looks again, when everything else is done, whether a scope is over.
    pub(super) fn settle_scope(&mut self, task: &Task, iteration: Option<u32>) {
        let node = self.node(task.node);
        let frame = match node.kind.is_loop() {
            true => task.frame.iteration(iteration.unwrap_or(task.iteration)),
            false => task.frame.clone(),
        };
        let reference = Some(node.reference.clone());
        self.settle(Step::Settle { frame, reference });
    }

    /// Leaves out the steps that lie in a scope; of a TRY_CATCH those in one part.
    pub(super) fn prune_scope(&mut self, holder: &Task, section: Option<Section>) {
        self.take_up();
        let plan = self.plan.clone();
        let depth = plan.node(holder.node).depth;
        self.prune(|node, frame| {
            let place = plan.place_in(node, holder.node);
            frame.outer(depth) == holder.frame
                && place.is_some_and(|found| section.is_none() || found == section)
        });
    }

    /// Cancels what is open in a scope, but for some attempts.
    pub(super) fn cancel_inside(&mut self, scope: u32, but: &dyn Fn(u32) -> bool, reason: &str) {
        for ordinal in self.exec.open_inside(scope).into_iter().rev().filter(|ordinal| !but(*ordinal)) {
            let Some(task) = self.exec.task(ordinal).cloned() else { continue };
            self.stop_child(&task, TaskStatus::Canceled);
            emit_end(self, ordinal, Ending::new(TaskStatus::Canceled, Some(reason)), false);
        }
    }
}
