//! Forgetting executions that nothing is under way for. They are loaded again when somebody needs them.

use segue_core::id::ExecutionId;
use segue_core::time::Timestamp;

use super::Node;
use super::queues::HORIZON_MS;
use super::slot::Slot;

impl Node {
    /// Forgets the longest untouched executions beyond the cache's size.
    pub fn evict(&mut self, now: Timestamp) {
        let mut looks = self.ages.len();
        while self.slots.len() > self.options.cached_executions_max && looks > 0 {
            looks -= 1;
            let Some(id) = self.ages.pop_front() else { return };
            let Some(Slot::Live(live)) = self.slots.get_mut(&id) else { continue };
            if std::mem::take(&mut live.touched) || !live.is_idle() {
                self.ages.push_back(id);
                continue;
            }
            if let Some(armed) = live.armed.filter(|armed| *armed > now.plus_ms(HORIZON_MS)) {
                self.timers.remove(&(armed, id));
            }
            self.slots.remove(&id);
        }
    }

    /// Forgets an execution that is to be removed. False while something is under way for it.
    pub fn forget_removed(&mut self, id: ExecutionId) -> bool {
        match self.slots.get(&id) {
            Some(Slot::Live(live)) if live.is_idle() => {
                self.slots.remove(&id);
                true
            }
            Some(_) => false,
            None => true,
        }
    }
}
