//! FORK_JOIN: all branches begin, then the JOIN behind it. Recorded as FORK, completed at once.

use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::event::{Frame, Step};
use crate::plan::{Kind, NodeIndex};

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, branches: usize) {
    let ordinal = turn.schedule(node, frame, |_| {});
    end_task(turn, ordinal, Ending::completed());
    if branches > 0 {
        push(turn, node, frame, 0);
    }
}

/// Begins one branch; the others follow, in this record or a later one.
pub(super) fn branch(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, next: u32) {
    let plan = turn.plan.clone();
    let Kind::Fork { branches } = &plan.node(node).kind else { return };
    if (next as usize) + 1 < branches.len() {
        push(turn, node, frame, next + 1);
    }
    if let Some(Some(first)) = branches.get(next as usize) {
        turn.visit_next(*first, frame);
    }
}

fn push(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, next: u32) {
    let reference = turn.node(node).reference.clone();
    turn.next(Step::Branch { reference, frame: frame.clone(), next });
}
