//! Rewinding: what lies behind a place is hidden, and the flow goes on from there.
//!
//! At each level of loops around the place, from the innermost outwards, everything behind it is dropped; loops around
//! it are back in the iteration that it lies in, TRY_CATCHes in the part; JOINs that were reached by a fork which stays wait again.

use std::collections::{BTreeSet, HashSet};

use super::Outcome;
use super::reopen::{Back, go_back, parts_around, reopen_all};
use super::turn::Turn;
use crate::event::{Event, Frame, LoopRewound, Rewound, Section, Step};
use crate::execution::{Excuse, Execution, Task};
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
    loops: Vec<Around>,
    /// TRY_CATCHes around the place with the part that it lies in.
    parts: Vec<(NodeIndex, Frame, Section)>,
}

/// A loop around the place.
struct Around {
    node: NodeIndex,
    frame: Frame,
    iteration: u32,
    /// The iterations run one after the other, so that later ones lie behind.
    is_ordered: bool,
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
        let parts = parts_around(plan, place).into_iter();
        let parts =
            parts.map(|(node, section)| (node, frame.outer(plan.node(node).depth), section)).collect();
        let (mut levels, mut loops) = (Vec::new(), Vec::new());
        let (mut at, mut frame) = (place, frame.clone());
        loop {
            let behind = plan.downstream(at);
            levels.push(Level { frame: frame.clone(), at, again: behind.again, reopened: behind.reopened });
            let Some(around) = plan.node(at).enclosing_loop else { break };
            let outer = frame.outer(plan.node(around).depth);
            let is_ordered = match &plan.node(around).kind {
                Kind::ForEach(each) => each.concurrency <= 1,
                _ => true,
            };
            let iteration = frame.innermost();
            loops.push(Around { node: around, frame: outer.clone(), iteration, is_ordered });
            (at, frame) = (around, outer);
        }
        loops.reverse();
        Self { levels, loops, parts }
    }

    /// The same without the loops around the place and what lies behind them.
    pub(super) fn at(plan: &Plan, place: NodeIndex, frame: &Frame) -> Self {
        let behind = plan.downstream(place);
        let (again, reopened) = (behind.again, behind.reopened);
        let levels = vec![Level { frame: frame.clone(), at: place, again, reopened }];
        Self { levels, loops: Vec::new(), parts: Vec::new() }
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
        let is_later = |around: &Around| {
            let depth = plan.node(around.node).depth;
            let lies_in = node != around.node && plan.at_depth(node, depth) == Some(around.node);
            lies_in
                && around.is_ordered
                && frame.outer(depth) == around.frame
                && frame.0.get(depth).is_some_and(|number| *number > around.iteration)
        };
        self.levels.iter().enumerate().any(is_behind) || self.loops.iter().any(is_later)
    }

    /// Whether it is the place itself, a scope around it, or a JOIN that waits again.
    fn touches(&self, node: NodeIndex, frame: &Frame) -> bool {
        let is_at = |level: &Level| level.at == node || level.reopened.contains(&node);
        self.levels.iter().any(|level| level.frame == *frame && is_at(level))
    }

    /// The attempts that are covered.
    pub(super) fn dropped(&self, exec: &Execution) -> BTreeSet<u32> {
        let covered = exec.current_tasks().filter(|task| self.covers(&exec.plan, task.node, &task.frame));
        covered.map(|task| task.ordinal).collect()
    }

    /// JOINs and scopes without iterations that wait again.
    pub(super) fn waiting_again(&self, exec: &Execution) -> BTreeSet<u32> {
        let at = |level: &Level| -> Vec<u32> {
            let joins = level.reopened.iter().filter_map(|join| exec.latest(*join, &level.frame));
            joins.filter(|task| task.is_terminal()).map(|task| task.ordinal).collect()
        };
        self.levels.iter().flat_map(at).collect()
    }

    /// Loops around the place, outermost first.
    pub(super) fn loops(&self, exec: &Execution) -> Vec<LoopRewound> {
        let latest = |around: &Around| {
            let task = exec.latest(around.node, &around.frame)?.ordinal;
            let iteration = if around.is_ordered { around.iteration } else { exec.task(task)?.iteration };
            Some(LoopRewound { task, iteration })
        };
        self.loops.iter().filter_map(latest).collect()
    }

    /// TRY_CATCHes around the place that are in another part, with the part that it lies in.
    fn parts_back(&self, exec: &Execution) -> Vec<(u32, Section)> {
        let latest = |(node, frame, section): &(NodeIndex, Frame, Section)| {
            let task = exec.latest(*node, frame).filter(|task| task.trial.section != *section)?;
            Some((task.ordinal, *section))
        };
        self.parts.iter().filter_map(latest).collect()
    }

    /// Whether something lies in an earlier part of a TRY_CATCH around the place: it stays as it is.
    fn is_before(&self, plan: &Plan, task: &Task) -> bool {
        self.parts.iter().any(|(holder, frame, section)| {
            let part = plan.place_in(task.node, *holder).flatten();
            part.is_some_and(|part| part < *section) && task.frame.outer(plan.node(*holder).depth) == *frame
        })
    }
}

impl Turn<'_> {
    /// Leaves out the steps about certain places.
    pub(super) fn prune(&mut self, goes: impl Fn(NodeIndex, &Frame) -> bool) {
        let place_of = |step: &Step| -> Option<(NodeIndex, Frame)> {
            match step {
                Step::Visit { reference, frame }
                | Step::Advance { reference, frame }
                | Step::Branch { reference, frame, .. }
                | Step::Follow { reference, frame, .. } => Some((self.plan.find(reference)?, frame.clone())),
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
    reopened.extend(rewind.waiting_again(turn.exec));
    let parts = rewind.parts_back(turn.exec);
    match how {
        Target::Again(input) => {
            let attempts = turn.exec.current_tasks().filter(|task| is_later_attempt(task, target));
            dropped.extend(attempts.map(|task| task.ordinal));
            redo.push(Step::Redo { task: target.ordinal, input });
        }
        Target::Reopened => reopened.push(target.ordinal),
    }
    let mut stopped = stopped_beside(turn, &rewind, &dropped, &reopened);
    let back = Back::of(turn, &mut stopped);
    back.prune(turn);
    dropped.extend(&back.dropped);
    for task in stopped {
        match &turn.node(task.node).kind {
            _ if reopened.contains(&task.ordinal) => {}
            kind if kind.joins_others() => drop(joins.insert(task.ordinal)),
            kind if kind.is_scope() => reopened.push(task.ordinal),
            _ => {
                dropped.insert(task.ordinal);
                redo.push(Step::Redo { task: task.ordinal, input: None });
            }
        }
    }
    turn.emit(Event::Rewound(Box::new(Rewound { dropped: dropped.into_iter().collect(), loops })));
    reopen_all(turn, reopened);
    back.go(turn);
    parts.into_iter().for_each(|(ordinal, section)| go_back(turn, ordinal, section));
    let joins = joins.into_iter().map(|task| Step::Reopen { task });
    for step in redo.into_iter().chain(joins).rev() {
        turn.next(step);
    }
    turn.settle(Step::Settle { frame: Frame::default(), reference: None });
}

/// The attempt itself, and those that repeated it.
fn is_later_attempt(task: &Task, target: &Task) -> bool {
    task.node == target.node && task.frame == target.frame && task.ordinal >= target.ordinal
}

/// Latest attempts that stay, did not succeed, and from which the flow did not go on. What a scope has dealt with that
/// is reopened, so that it runs again, is among them.
fn stopped_beside(turn: &Turn<'_>, rewind: &Rewind, dropped: &BTreeSet<u32>, reopened: &[u32]) -> Vec<Task> {
    let tries_again = |holder: &Task| {
        let is_it =
            |(node, frame, _): &&(NodeIndex, Frame, Section)| *node == holder.node && *frame == holder.frame;
        rewind.parts.iter().find(is_it).is_some_and(|(_, _, section)| *section == Section::Try)
    };
    let lapses = |holder: &Task, excuse| match excuse {
        Excuse::Caught => tries_again(holder),
        Excuse::Tolerated => reopened.contains(&holder.ordinal),
    };
    let mut stopped = super::retry::unsuccessful_but(turn, &lapses);
    stopped.retain(|task| {
        let went_on = turn.exec.is_settled(task) && task.status != TaskStatus::Canceled;
        !dropped.contains(&task.ordinal) && !went_on && !rewind.is_before(&turn.plan, task)
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
