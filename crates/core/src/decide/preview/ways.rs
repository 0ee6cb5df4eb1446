//! Ways that an upgrade closes: tasks of the other version that lie before the present place. The flow has passed them,
//! so they never run, and whoever upgrades should know.

use std::collections::HashSet;

use crate::event::Step;
use crate::execution::Execution;
use crate::plan::{Kind, NodeIndex, Plan};

/// References of the tasks that were not attempted and that the flow no longer comes to, but would have come to in the
/// version before, if it has them.
pub(super) fn closed(before: &Execution, after: &Execution) -> Vec<String> {
    let was_open = to_come(before);
    let is_open = to_come(after);
    let plan = &after.plan;
    let closed = plan.nodes().filter(|(index, node)| {
        let was_to_come = before.plan.find(&node.reference).is_none_or(|old| was_open.contains(&old));
        let attempted = after.newest(&node.reference).is_some();
        was_to_come && !attempted && !is_within(plan, *index, &is_open)
    });
    closed.map(|(_, node)| node.reference.to_string()).collect()
}

/// What the flow may still come to.
fn to_come(execution: &Execution) -> HashSet<NodeIndex> {
    let plan = &execution.plan;
    let open: HashSet<NodeIndex> =
        execution.tasks().iter().filter(|task| !task.is_terminal()).map(|task| task.node).collect();
    // Where the flow is in a part or at a step says more than that the TRY_CATCH or GRAPH around it is open.
    let is_place = |node: &NodeIndex| !matches!(plan.node(*node).kind, Kind::TryCatch(_) | Kind::Graph(_));
    let mut places: HashSet<NodeIndex> = open.iter().copied().filter(is_place).collect();
    let mut reached = HashSet::new();
    for step in &execution.deferred {
        let node = match step {
            Step::Visit { reference, .. }
            | Step::Advance { reference, .. }
            | Step::Branch { reference, .. }
            | Step::Follow { reference, .. } => plan.find(reference),
            Step::Repeat { task, .. } | Step::Redo { task, .. } => {
                execution.task(*task).map(|task| task.node)
            }
            Step::Reopen { .. } | Step::Fail { .. } | Step::Settle { .. } => None,
        };
        places.extend(node);
        reached.extend(node);
    }
    reached.extend(&open);
    reached.extend(plan.ahead(places));
    reached
}

/// Whether a task, or something that it lies in, is to come. A loop that is open may come to all of its body again.
fn is_within(plan: &Plan, node: NodeIndex, to_come: &HashSet<NodeIndex>) -> bool {
    let mut at = Some(node);
    while let Some(index) = at {
        if to_come.contains(&index) && (index == node || plan.node(index).kind.is_loop()) {
            return true;
        }
        at = plan.node(index).enclosing_scope;
    }
    false
}
