//! The last seq of recently written executions, so that a step needs no look at the journal.

use segue_core::id::ExecutionId;
use segue_core::table::HashMap;

/// Entries per generation: with both full about 10 MB.
const GENERATION_MAX: usize = 100_000;

/// A bounded cache in two generations: what was not used while the young one filled up is forgotten.
#[derive(Default)]
pub(super) struct Heads {
    young: HashMap<ExecutionId, u64>,
    old: HashMap<ExecutionId, u64>,
}

impl Heads {
    pub(super) fn get(&self, execution: ExecutionId) -> Option<u64> {
        self.young.get(&execution).or_else(|| self.old.get(&execution)).copied()
    }

    pub(super) fn put(&mut self, execution: ExecutionId, seq: u64) {
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(execution, seq);
    }

    pub(super) fn forget(&mut self, execution: ExecutionId) {
        self.young.remove(&execution);
        self.old.remove(&execution);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
