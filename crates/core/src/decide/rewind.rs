//! Rewinding: what lies behind a place is hidden, and the flow goes on from there.
//!
//! At each level of loops around the place, from the innermost outwards, everything behind it is dropped; loops around
//! it are back in the iteration that it lies in; JOINs that were reached by a fork which stays wait again.

use std::collections::{BTreeSet, HashSet};

use super::Outcome;
use super::turn::Turn;
use crate::event::{Event, Frame, LoopRewound, Rewound, Step};
use crate::execution::{Execution, Task};
use crate::json::Json;
use crate::plan::{Kind, NodeIndex, Plan};
use crate::status::TaskStatus;

/// What happens to the attempt from which the flow goes on.
pub(super) enum Target {
    /// It is made anew, with this input if there is one.
    Again(Option<Json>),
    /// Its child runs again, so it is open again.
    Reopened,
}

/// What lies behind a place.
pub(super) struct Rewind {
    levels: Vec<Level>,
    /// Loops around the place with the iteration that it lies in, outermost first.
    loops: Vec<(NodeIndex, Frame, u32)>,
}

/// One level of loops.
struct Level {
    /// The iterations around it.
    frame: Frame,
    /// The place itself, or the loop that it lies in.
    at: NodeIndex,
    again: HashSet<NodeIndex>,
    reopened: HashSet<NodeIndex>,
}

impl Rewind {
    pub(super) fn to(plan: &Plan, place: NodeIndex, frame: &Frame) -> Self {
        let (mut levels, mut loops) = (Vec::new(), Vec::new());
        let (mut at, mut frame) = (place, frame.clone());
        loop {
            let behind = plan.downstream(at);
            levels.push(Level { frame: frame.clone(), at, again: behind.again, reopened: behind.reopened });
            let Some(around) = plan.node(at).enclosing_loop else { break };
            let outer = frame.outer(plan.node(around).depth);
            loops.push((around, outer.clone(), frame.innermost()));
            (at, frame) = (around, outer);
        }
        loops.reverse();
        Self { levels, loops }
    }

    /// The same without the loops around the place and what lies behind them.
    pub(super) fn at(plan: &Plan, place: NodeIndex, frame: &Frame) -> Self {
        let behind = plan.downstream(place);
        let (again, reopened) = (behind.again, behind.reopened);
        Self { levels: vec![Level { frame: frame.clone(), at: place, again, reopened }], loops: Vec::new() }
    }

    /// Whether something at this node in this frame is done again: behind the place, inside it, or in a later iteration.
    pub(super) fn covers(&self, plan: &Plan, node: NodeIndex, frame: &Frame) -> bool {
        let is_behind = |(number, level): (usize, &Level)| {
            let depth = plan.node(level.at).depth;
            let Some(here) = plan.at_depth(node, depth).filter(|_| frame.outer(depth) == level.frame) else {
                return false;
            };
            level.again.contains(&here) || (number == 0 && here == level.at && node != level.at)
        };
        let is_later = |(around, outer, iteration): &(NodeIndex, Frame, u32)| {
            let depth = plan.node(*around).depth;
            let lies_in = node != *around && plan.at_depth(node, depth) == Some(*around);
            lies_in
                && frame.outer(depth) == *outer
                && frame.0.get(depth).is_some_and(|number| number > iteration)
        };
        self.levels.iter().enumerate().any(is_behind) || self.loops.iter().any(is_later)
    }

    /// Whether it is the place itself, a loop around it, or a JOIN that waits again.
    fn touches(&self, node: NodeIndex, frame: &Frame) -> bool {
        let is_at = |level: &Level| level.at == node || level.reopened.contains(&node);
        self.levels.iter().any(|level| level.frame == *frame && is_at(level))
    }

    /// The attempts that are covered.
    pub(super) fn dropped(&self, exec: &Execution) -> BTreeSet<u32> {
        let covered = exec.current_tasks().filter(|task| self.covers(&exec.plan, task.node, &task.frame));
        covered.map(|task| task.ordinal).collect()
    }

    /// JOINs that wait again.
    pub(super) fn joins(&self, exec: &Execution) -> BTreeSet<u32> {
        let at = |level: &Level| -> Vec<u32> {
            let joins = level.reopened.iter().filter_map(|join| exec.latest(*join, &level.frame));
            joins.filter(|task| task.is_terminal()).map(|task| task.ordinal).collect()
        };
        self.levels.iter().flat_map(at).collect()
    }

    /// Loops around the place, outermost first.
    pub(super) fn loops(&self, exec: &Execution) -> Vec<LoopRewound> {
        let latest = |(node, frame, iteration): &(NodeIndex, Frame, u32)| {
            Some(LoopRewound { task: exec.latest(*node, frame)?.ordinal, iteration: *iteration })
        };
        self.loops.iter().filter_map(latest).collect()
    }
}

impl Turn<'_> {
    /// Leaves out the steps about certain places.
    pub(super) fn prune(&mut self, goes: impl Fn(NodeIndex, &Frame) -> bool) {
        let place_of = |step: &Step| -> Option<(NodeIndex, Frame)> {
            match step {
                Step::Visit { reference, frame }
                | Step::Advance { reference, frame }
                | Step::Branch { reference, frame, .. } => Some((self.plan.find(reference)?, frame.clone())),
                Step::Repeat { task, .. }
                | Step::Redo { task, .. }
                | Step::Fail { task, .. }
                | Step::Reopen { task } => self.exec.task(*task).map(|task| (task.node, task.frame.clone())),
                Step::Settle { .. } => None,
            }
        };
        let keeps = |step: &Step| !place_of(step).is_some_and(|(node, frame)| goes(node, &frame));
        let keep: Vec<bool> = self.flow().map(keeps).collect();
        let mut keep = keep.into_iter();
        self.retain_flow(|_| keep.next().unwrap_or(true));
    }
}

/// Makes an execution that is over run again from an attempt on.
pub(super) fn rewind(turn: &mut Turn<'_>, target: &Task, how: Target) {
    turn.emit(Event::ExecutionRetried);
    turn.take_up();
    turn.forget_attempts();
    let rewind = Rewind::to(&turn.plan, target.node, &target.frame);
    let plan = turn.plan.clone();
    turn.prune(|node, frame| rewind.covers(&plan, node, frame) || rewind.touches(node, frame));
    let mut dropped = rewind.dropped(turn.exec);
    let mut joins = BTreeSet::new();
    let loops = rewind.loops(turn.exec);
    let mut redo = Vec::new();
    // What waits for the target is open before anything can fail: a retry knows it by that.
    let mut reopened: Vec<u32> = loops.iter().map(|back| back.task).collect();
    reopened.extend(rewind.joins(turn.exec));
    match how {
        Target::Again(input) => {
            let attempts = turn.exec.current_tasks().filter(|task| is_later_attempt(task, target));
            dropped.extend(attempts.map(|task| task.ordinal));
            redo.push(Step::Redo { task: target.ordinal, input });
        }
        Target::Reopened => reopened.push(target.ordinal),
    }
    let mut settles = Vec::new();
    for task in stopped_beside(turn, &dropped) {
        let is_known = reopened.contains(&task.ordinal);
        match turn.node(task.node).kind {
            _ if is_known => {}
            Kind::Join { .. } | Kind::ExclusiveJoin { .. } => drop(joins.insert(task.ordinal)),
            Kind::DoWhile { .. } => {
                reopened.push(task.ordinal);
                let reference = Some(turn.node(task.node).reference.clone());
                settles.push(Step::Settle { frame: task.frame.iteration(task.iteration), reference });
            }
            _ => {
                dropped.insert(task.ordinal);
                redo.push(Step::Redo { task: task.ordinal, input: None });
            }
        }
    }
    turn.emit(Event::Rewound(Box::new(Rewound { dropped: dropped.into_iter().collect(), loops })));
    reopened.sort_by_key(|ordinal| turn.exec.task(*ordinal).map_or(0, |task| task.frame.0.len()));
    for ordinal in reopened {
        if turn.exec.task(ordinal).is_some_and(Task::is_terminal) {
            turn.emit(Event::TaskReopened { task: ordinal });
        }
    }
    let joins = joins.into_iter().map(|task| Step::Reopen { task });
    for step in redo.into_iter().chain(joins).rev() {
        turn.next(step);
    }
    settles.into_iter().for_each(|settle| turn.settle(settle));
    turn.settle(Step::Settle { frame: Frame::default(), reference: None });
}

/// The attempt itself, and those that repeated it.
fn is_later_attempt(task: &Task, target: &Task) -> bool {
    task.node == target.node && task.frame == target.frame && task.ordinal >= target.ordinal
}

/// Latest attempts that stay, did not succeed, and from which the flow did not go on.
fn stopped_beside(turn: &Turn<'_>, dropped: &BTreeSet<u32>) -> Vec<Task> {
    let mut stopped = super::retry::unsuccessful(turn);
    stopped.retain(|task| {
        let went_on = turn.exec.is_settled(task) && task.status != TaskStatus::Canceled;
        !dropped.contains(&task.ordinal) && !went_on
    });
    stopped
}

/// A child runs again whose parent had gone on behind it. Nothing happens if the parent still runs, or goes on without
/// the child in any case.
pub(super) fn child_rewound(turn: &mut Turn<'_>, task: &Task) -> Outcome {
    if !turn.is_over() || task.hidden || turn.node(task.node).task.optional {
        return Outcome::Ignored;
    }
    rewind(turn, task, Target::Reopened);
    super::retry::tell_parent(turn, true);
    Outcome::Applied
}

/// Makes a dropped attempt anew, under its ordinal.
pub(super) fn redo(turn: &mut Turn<'_>, ordinal: u32, input: Option<Json>) {
    let Some(task) = turn.exec.task(ordinal).filter(|task| task.hidden) else { return };
    let (node, frame) = (task.node, task.frame.clone());
    // The flow may have come here by itself before this step's turn came.
    if turn.exec.latest(node, &frame).is_some_and(|latest| latest.ordinal > ordinal || !latest.retried) {
        return;
    }
    turn.place = Some((ordinal, input));
    let now = turn.ctx.now;
    turn.perform(node, &frame, Some(now));
    turn.place = None;
}
