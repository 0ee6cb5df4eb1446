//! Pause and resume. Claimed attempts go on and their results are taken; what would follow waits.

use super::turn::Turn;
use super::{Outcome, Refusal};
use crate::event::Event;
use crate::status::ExecutionStatus;

pub(super) fn pause(turn: &mut Turn<'_>) -> Result<Outcome, Refusal> {
    match turn.exec.status {
        ExecutionStatus::Running => {
            turn.emit(Event::ExecutionPaused);
            Ok(Outcome::Applied)
        }
        ExecutionStatus::Paused => Ok(Outcome::Ignored),
        ended => Err(Refusal::Ended(ended)),
    }
}

pub(super) fn resume(turn: &mut Turn<'_>) -> Result<Outcome, Refusal> {
    if turn.exec.status != ExecutionStatus::Paused {
        return Err(Refusal::NotPaused(turn.exec.status));
    }
    turn.emit(Event::ExecutionResumed);
    turn.take_up();
    Ok(Outcome::Applied)
}
