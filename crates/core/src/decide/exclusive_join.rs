//! EXCLUSIVE_JOIN: takes over from the one of its references that was reached.

use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::event::Frame;
use crate::plan::NodeIndex;
use crate::status::TaskStatus;

/// Ends the join when one of its references has ended, the first in the order of the list. Its output becomes the
/// join's.
pub(super) fn look(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let Some(join) = turn.exec.latest(node, frame).filter(|join| !join.is_terminal()) else { return };
    let ordinal = join.ordinal;
    let reached = turn.exec.joined(node, frame).iter().filter_map(|on| turn.exec.latest(*on, frame));
    let ended = |task: &&crate::execution::Task| {
        task.is_terminal() && !task.retried && task.status != TaskStatus::Skipped
    };
    let Some(winner) = reached.into_iter().find(ended) else { return };
    let output = Some(turn.exec.output_of(winner));
    let ending = match winner.status.is_successful() {
        true => Ending { output, ..Ending::completed() },
        false => Ending {
            output,
            ..Ending::new(TaskStatus::Failed, Some(winner.reason.as_deref().unwrap_or_default()))
        },
    };
    end_task(turn, ordinal, ending);
}
