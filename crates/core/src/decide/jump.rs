//! Jump: a running execution abandons what is open around a task and goes on at that task. Around means: in the same
//! branch, part of a TRY_CATCH, step of a GRAPH with those that wait for it, iteration, or the whole workflow,
//! whichever is innermost. What was not reached before the task is
//! SKIPPED, and so is what was abandoned, for neither is a failure.

use std::collections::HashSet;

use super::end::{Ending, emit_end};
use super::rewind::Rewind;
use super::skip::{Skip, step_over};
use super::turn::Turn;
use super::{Outcome, Refusal};
use crate::event::{Event, Frame, Rewound, Step};
use crate::execution::Task;
use crate::json::Json;
use crate::plan::{Kind, NodeIndex, Parent, Plan};
use crate::status::{ExecutionStatus, TaskStatus};

pub(super) fn decide(
    turn: &mut Turn<'_>,
    reference: String,
    input: Option<Json>,
) -> Result<Outcome, Refusal> {
    if turn.exec.status != ExecutionStatus::Running {
        return Err(Refusal::NotRunning(turn.exec.status));
    }
    let Some((node, frame)) = turn.place_named(&reference) else {
        return Err(Refusal::NoSuchReference(reference));
    };
    let Some(region) = Region::around(turn, node, &frame) else {
        return Err(Refusal::Unreachable(reference));
    };
    turn.take_up();
    let plan = turn.plan.clone();
    turn.prune(|node, frame| region.has(&plan, node, frame));
    abandon(turn, &region, &reference);
    drop_behind(turn, node, &frame, &region);
    // A JOIN would wait for ever for what was not reached in its branches.
    let awaited = turn.exec.joined(node, &frame).to_vec();
    for passed in passed_over(&plan, node).into_iter().chain(awaited) {
        if turn.exec.latest(passed, &frame).is_none() {
            step_over(turn, passed, &frame, Skip::default());
        }
    }
    turn.place = Some((turn.next_ordinal(), input));
    turn.perform(node, &frame, None);
    turn.place = None;
    turn.settle(Step::Settle { frame: Frame::default(), reference: None });
    Ok(Outcome::Applied)
}

/// Ends what is open in the region.
fn abandon(turn: &mut Turn<'_>, region: &Region, reference: &str) {
    let plan = turn.plan.clone();
    let open = turn.exec.tasks().iter().filter(|task| !task.is_terminal());
    let open: Vec<_> = open.filter(|task| region.has(&plan, task.node, &task.frame)).cloned().collect();
    for task in open {
        turn.stop_child(&task, TaskStatus::Canceled);
        let reason = format!("abandoned by a jump to {reference}");
        emit_end(turn, task.ordinal, Ending::new(TaskStatus::Skipped, Some(&reason)), false);
    }
}

/// Hides the task's earlier attempts and everything behind it in the region: what is behind that may have begun before
/// a retry reopened the region, and goes on.
fn drop_behind(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, region: &Region) {
    let rewind = Rewind::at(&turn.plan, node, frame);
    let mut dropped = rewind.dropped(turn.exec);
    dropped.retain(|ordinal| {
        turn.exec.task(*ordinal).is_some_and(|task| region.has(&turn.plan, task.node, &task.frame))
    });
    let attempts = turn.exec.current_tasks().filter(|task| task.node == node && task.frame == *frame);
    dropped.extend(attempts.map(|task| task.ordinal));
    let joins = rewind.waiting_again(turn.exec);
    turn.emit(Event::Rewound(Box::new(Rewound {
        dropped: dropped.into_iter().collect(),
        loops: Vec::new(),
    })));
    for task in joins {
        turn.emit(Event::TaskReopened { task });
    }
}

/// What comes before a node in its region, the nearest first.
fn passed_over(plan: &Plan, node: NodeIndex) -> Vec<NodeIndex> {
    let mut passed = Vec::new();
    let mut at = node;
    loop {
        let before = plan.nodes().find(|(_, node)| node.next == Some(at)).map(|(index, _)| index);
        at = match (before, plan.node(at).parent) {
            (Some(before), _) => before,
            (None, Parent::Case(switch)) => switch,
            (None, _) => return passed,
        };
        passed.push(at);
    }
}

/// The innermost sequence around a node that runs by itself.
struct Region {
    frame: Frame,
    depth: usize,
    /// The loop that the frame counts the iterations of.
    within: Option<NodeIndex>,
    /// The nodes of a branch's or a section's own sequence, or a step with those that wait for it; absent where the
    /// region is all of its level.
    branch: Option<HashSet<NodeIndex>>,
}

impl Region {
    /// `None` if nothing of it is running.
    fn around(turn: &Turn<'_>, node: NodeIndex, frame: &Frame) -> Option<Self> {
        let plan = &turn.plan;
        let (depth, within) = (plan.node(node).depth, plan.node(node).enclosing_loop);
        let is_open = |node: NodeIndex, frame: &Frame| {
            turn.exec.latest(node, frame).is_some_and(|task| !task.is_terminal())
        };
        let mut at = node;
        let branch = loop {
            match plan.node(at).parent {
                Parent::Root => break None,
                Parent::Case(switch) => at = switch,
                Parent::Body(around) => {
                    let outer = frame.outer(depth.checked_sub(1)?);
                    let number = frame.innermost();
                    let is_present = |task: &Task| match plan.node(around).kind {
                        Kind::ForEach(_) => turn.exec.is_running(task.ordinal, number),
                        _ => task.iteration == number,
                    };
                    let runs =
                        turn.exec.latest(around, &outer).is_some_and(is_present) && is_open(around, &outer);
                    return runs.then(|| Self { frame: frame.clone(), depth, within, branch: None });
                }
                Parent::Branch(fork) => {
                    plan.join_of(fork).filter(|join| is_open(*join, frame))?;
                    break Some(plan.sequence_of(fork, at)?);
                }
                Parent::Section(holder, section) => {
                    let task = turn.exec.latest(holder, frame).filter(|task| !task.is_terminal())?;
                    (task.trial.section == section).then_some(())?;
                    let Kind::TryCatch(tried) = &plan.node(holder).kind else { return None };
                    break Some(plan.sequence(tried.first_of(section)).collect());
                }
                Parent::Step(graph) => {
                    is_open(graph, frame).then_some(())?;
                    break Some(plan.steps_from(plan.node(at).stands_for.unwrap_or(at)));
                }
            }
        };
        Some(Self { frame: frame.clone(), depth, within, branch })
    }

    fn has(&self, plan: &Plan, node: NodeIndex, frame: &Frame) -> bool {
        let here = plan.at_depth(node, self.depth).filter(|here| {
            frame.outer(self.depth) == self.frame && plan.node(*here).enclosing_loop == self.within
        });
        let (Some(mut at), Some(branch)) = (here, &self.branch) else { return here.is_some() };
        loop {
            if branch.contains(&at) {
                return true;
            }
            match plan.node(at).parent {
                Parent::Branch(around) | Parent::Case(around) => at = around,
                Parent::Section(around, _) | Parent::Step(around) => at = around,
                Parent::Root | Parent::Body(_) => return false,
            }
        }
    }
}

impl Plan {
    /// The nodes of the branch of a fork that a node of its sequence belongs to.
    fn sequence_of(&self, fork: NodeIndex, node: NodeIndex) -> Option<HashSet<NodeIndex>> {
        let Kind::Fork { branches } = &self.node(fork).kind else { return None };
        let chain = |first: NodeIndex| -> HashSet<NodeIndex> { self.sequence(Some(first)).collect() };
        branches.iter().flatten().map(|first| chain(*first)).find(|sequence| sequence.contains(&node))
    }
}
