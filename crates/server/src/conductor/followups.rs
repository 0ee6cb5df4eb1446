//! What `update-v2` handed out after which result. A worker that did not get the answer sends its result
//! again, and must get the attempt that was handed out for it, not another one.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::Arc;

use parking_lot::Mutex;
use segue_core::id::TaskId;
use tokio::sync::OnceCell;

/// Results that are remembered. Clients repeat one after 10 to 30 seconds.
const REMEMBERED_MAX: usize = 131_072;

/// The answers to results, by the attempt that the result was for. In memory: after a restart a repeated result
/// gets another attempt, and the one that was handed out before waits for its lease.
#[derive(Default)]
pub(crate) struct Followups(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    by_task: HashMap<TaskId, Arc<OnceCell<Option<TaskId>>>>,
    ages: VecDeque<TaskId>,
}

impl Followups {
    /// The attempt handed out after the result of `task`. The first call draws it; the others, also
    /// simultaneous ones, get the same one with `true`.
    pub(crate) async fn after<F>(&self, task: TaskId, draw: impl FnOnce() -> F) -> (Option<TaskId>, bool)
    where
        F: Future<Output = Option<TaskId>>,
    {
        let cell = self.0.lock().cell(task);
        let mut repeated = true;
        let draw = || {
            repeated = false;
            draw()
        };
        let next = *cell.get_or_init(draw).await;
        (next, repeated)
    }
}

impl Memory {
    fn cell(&mut self, task: TaskId) -> Arc<OnceCell<Option<TaskId>>> {
        if let Some(cell) = self.by_task.get(&task) {
            return cell.clone();
        }
        if self.ages.len() >= REMEMBERED_MAX
            && let Some(oldest) = self.ages.pop_front()
        {
            self.by_task.remove(&oldest);
        }
        self.ages.push_back(task);
        self.by_task.entry(task).or_default().clone()
    }
}
