//! What a test may look at.

use segue_core::execution::Execution;
use segue_core::id::ExecutionId;

use super::Node;
use super::slot::Slot;

/// An execution as a node has it in memory.
pub struct Sight<'a> {
    /// The state, uncommitted events included.
    pub execution: &'a Execution,
    /// The last record that the node knows to be committed.
    pub seq: u64,
    /// The state is that of `seq`, and nothing is under way.
    pub is_idle: bool,
}

impl Node {
    /// The executions in memory, in no order.
    pub fn in_memory(&self) -> impl Iterator<Item = (ExecutionId, Sight<'_>)> {
        self.slots.iter().filter_map(|(id, slot)| match slot {
            Slot::Live(live) => {
                let is_idle = live.is_idle();
                Some((*id, Sight { execution: &live.exec, seq: live.committed_seq, is_idle }))
            }
            Slot::Loading(_) => None,
        })
    }
}
