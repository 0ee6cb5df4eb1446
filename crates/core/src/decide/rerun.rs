//! Rerun: an execution that is over runs again from one of its attempts on. The attempt is made anew under its own
//! id, as upstream does; everything behind it is done again, everything beside it stays, and what failed beside it is
//! made anew too.

use super::turn::Turn;
use super::{Outcome, Refusal};
use crate::json::Json;

pub(super) fn decide(turn: &mut Turn<'_>, ordinal: u32, input: Option<Json>) -> Result<Outcome, Refusal> {
    if !turn.is_over() {
        return Err(Refusal::NotEnded(turn.exec.status, "rerun"));
    }
    let task = turn.task(ordinal)?.clone();
    if task.hidden {
        return Err(Refusal::NoSuchTask(ordinal));
    }
    let plan = turn.plan.clone();
    let is_reached = |around| {
        let frame = task.frame.outer(plan.node(around).depth);
        turn.exec.latest(around, &frame).is_some()
    };
    if !plan.scopes_around(task.node).all(is_reached) {
        // It was skipped before the flow came to what it lies in, so nothing would go on behind it.
        return Err(Refusal::Unreachable(task.frame.name(&plan.node(task.node).reference)));
    }
    super::rewind::rewind(turn, &task, super::rewind::Target::Again(input));
    super::retry::tell_parent(turn, true);
    Ok(Outcome::Applied)
}
