//! FORK_JOIN, written or dynamic: all branches begin, then the JOIN behind it. Recorded as FORK, completed at once.

use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::event::{Frame, Step};
use crate::json::Json;
use crate::plan::NodeIndex;

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let input = turn.input_of(node, frame, turn.next_ordinal());
    if turn.flaw.is_some() {
        turn.schedule_with(node, frame, input, |_| {});
        return;
    }
    begin(turn, node, frame, input);
}

/// Begins the branches of a fork with this input.
pub(super) fn begin(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, input: Json) {
    let ordinal = turn.schedule_with(node, frame, input, |_| {});
    end_task(turn, ordinal, Ending::completed());
    if !turn.exec.branches(node, frame).is_empty() {
        push(turn, node, frame, 0);
    }
}

/// Begins one branch; the others follow, in this record or a later one.
pub(super) fn branch(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, next: u32) {
    let branches = turn.exec.branches(node, frame);
    let first = branches.get(next as usize).copied().flatten();
    if (next as usize) + 1 < branches.len() {
        push(turn, node, frame, next + 1);
    }
    if let Some(first) = first {
        turn.visit_next(first, frame);
    }
}

fn push(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, next: u32) {
    let reference = turn.node(node).reference.clone();
    turn.next(Step::Branch { reference, frame: frame.clone(), next });
}
