//! Skip: a task that the flow has not reached is marked SKIPPED, with an input and an output from outside. The flow steps
//! over it when it comes to it.

use super::end::{Ending, emit_end};
use super::turn::Turn;
use super::{Outcome, Refusal};
use crate::event::Frame;
use crate::json::Json;
use crate::plan::{Kind, NodeIndex, Plan};
use crate::status::{ExecutionStatus, TaskStatus};

/// What a skipped task is to look like.
#[derive(Debug, Clone, Default)]
pub struct Skip {
    /// The reference; with its frame (`ref__2`) if it does not mean the present iteration.
    pub reference: String,
    /// Its input.
    pub input: Option<Json>,
    /// Its output.
    pub output: Option<Json>,
}

pub(super) fn decide(turn: &mut Turn<'_>, skip: Skip) -> Result<Outcome, Refusal> {
    if turn.exec.status != ExecutionStatus::Running {
        return Err(Refusal::NotRunning(turn.exec.status));
    }
    let Some((node, frame)) = turn.place_named(&skip.reference) else {
        return Err(Refusal::NoSuchReference(skip.reference));
    };
    if turn.exec.latest(node, &frame).is_some() {
        return Err(Refusal::AlreadyReached(skip.reference));
    }
    step_over(turn, node, &frame, skip);
    Ok(Outcome::Applied)
}

/// Marks a node that was not reached, and a fork's JOIN with it, which would wait for ever.
pub(super) fn step_over(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, skip: Skip) {
    let ordinal = turn.schedule_with(node, frame, skip.input.unwrap_or_default(), |_| {});
    let ending = Ending { output: skip.output, ..Ending::new(TaskStatus::Skipped, None) };
    emit_end(turn, ordinal, ending, false);
    let plan = turn.plan.clone();
    if let Kind::Fork { .. } = plan.node(node).kind
        && let Some(join) = plan.join_of(node)
        && turn.exec.latest(join, frame).is_none()
    {
        step_over(turn, join, frame, Skip::default());
    }
    for join in &plan.node(node).joins {
        if !turn.is_over() {
            super::join::look(turn, *join, frame);
        }
    }
}

impl Turn<'_> {
    /// The node and frame that a name means: a reference with its frame, or a reference in the present iterations of
    /// the loops around it, where the first counts as the present one of a loop that has not begun.
    pub(super) fn place_named(&self, name: &str) -> Option<(NodeIndex, Frame)> {
        if let Some(node) = self.plan.find(name) {
            return Some((node, self.present_frame(node)));
        }
        let (reference, frame) = split(&self.plan, name)?;
        Some((reference, frame))
    }

    fn present_frame(&self, node: NodeIndex) -> Frame {
        let Some(around) = self.node(node).enclosing_loop else { return Frame::default() };
        let outer = self.present_frame(around);
        let iteration = self.exec.latest(around, &outer).map_or(1, |task| task.iteration.max(1));
        outer.iteration(iteration)
    }
}

/// `ref__2__1` as a node and a frame.
fn split(plan: &Plan, name: &str) -> Option<(NodeIndex, Frame)> {
    let mut numbers = Vec::new();
    let mut rest = name;
    while let Some((before, number)) = rest.rsplit_once("__") {
        numbers.push(number.parse().ok()?);
        rest = before;
        if let Some(node) = plan.find(rest).filter(|node| plan.node(*node).depth == numbers.len()) {
            numbers.reverse();
            return Some((node, Frame(numbers)));
        }
    }
    None
}
