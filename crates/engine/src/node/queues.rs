//! Windows of queues: the best ready attempts in memory, the rest in the store.
//!
//! On a store of its own a node sees every attempt that becomes ready; a window only overflows. On a shared
//! store a window holds what the node has reserved, and nothing else.

use std::collections::{BTreeMap, VecDeque};

use segue_core::event::QueueName;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::projection::Ready;
use segue_core::status::TaskStatus;
use segue_core::time::Timestamp;

use super::slot::Slot;
use super::{Node, Want};

/// Attempts that become ready within this time are kept in memory.
pub(super) const HORIZON_MS: i64 = 60_000;
/// A shared store is asked again so long after it was asked last.
const ASK_AGAIN_MS: i64 = 100;
/// Attempts asked of a shared store beyond what the parked polls want.
const RESERVE_AHEAD: usize = 16;

const LONG_AGO: Timestamp = Timestamp(i64::MIN / 2);

/// Where an attempt stands in its queue.
type Place = (i64, TaskId);
const FIRST: Place = (i64::MIN, TaskId::MIN);

pub(super) struct Queue {
    window: BTreeMap<(i64, TaskId), Ready>,
    delayed: BTreeMap<(Timestamp, TaskId), Ready>,
    /// The store may have attempts from this place on that are not here; all before it are.
    behind: Option<Place>,
    /// The store may have attempts that become ready behind the horizon.
    far: bool,
    /// A window is being read; what arrives meanwhile is noted, for the read may have missed it.
    pub(super) filling: bool,
    arrived: Vec<Ready>,
    asked_at: Timestamp,
    pub(super) parked: VecDeque<u64>,
    /// Polls whose time is up, that wait for what is under way.
    pub(super) hurried: Vec<u64>,
    pub(super) blocked_until: Option<Timestamp>,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            window: BTreeMap::new(),
            delayed: BTreeMap::new(),
            behind: Some(FIRST),
            far: true,
            filling: false,
            arrived: Vec::new(),
            asked_at: LONG_AGO,
            parked: VecDeque::new(),
            hurried: Vec::new(),
            blocked_until: None,
        }
    }
}

impl Queue {
    /// The best attempt that is ready now.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<Ready> {
        if self.blocked_until.is_some_and(|until| until > now) {
            return None;
        }
        self.blocked_until = None;
        while let Some(entry) = self.delayed.first_entry().filter(|entry| entry.key().0 <= now) {
            let ready = entry.remove();
            self.window.insert((ready.rank, ready.task), ready);
        }
        self.window.pop_first().map(|(_, ready)| ready)
    }

    pub(super) fn put(&mut self, ready: Ready) {
        self.window.insert((ready.rank, ready.task), ready);
    }

    fn insert(&mut self, ready: Ready, now: Timestamp, window_max: usize) {
        if ready.ready_at > now.plus_ms(HORIZON_MS) {
            self.far = true;
            return;
        }
        if ready.ready_at > now {
            self.delayed.insert((ready.ready_at, ready.task), ready);
            return;
        }
        if self.behind.is_some_and(|behind| (ready.rank, ready.task) >= behind) {
            return;
        }
        self.put(ready);
        if self.window.len() > window_max.max(1)
            && let Some((place, _)) = self.window.pop_last()
        {
            self.behind = Some(self.behind.map_or(place, |behind| behind.min(place)));
        }
    }

    /// Attempts beyond the horizon may have come within it.
    fn is_far_due(&self, now: Timestamp) -> bool {
        self.far && now - self.asked_at > HORIZON_MS / 2
    }

    /// When the next attempt becomes ready or the queue is served again, for a queue with parked polls.
    fn next_due(&self) -> Option<Timestamp> {
        let delayed = self.delayed.first_key_value().map(|((at, _), _)| *at);
        self.blocked_until.or(delayed).filter(|_| !self.parked.is_empty())
    }
}

impl Node {
    pub(super) fn queue_mut(&mut self, name: &QueueName) -> &mut Queue {
        if !self.queues.contains_key(name) {
            self.queues.insert(name.clone(), Queue::default());
        }
        self.queues.entry(name.clone()).or_default()
    }

    /// A committed attempt waits for a worker.
    pub(super) fn enqueue(&mut self, ready: Ready, now: Timestamp) {
        let name = ready.queue.clone();
        let (shared, window_max) = (self.traits.shared, self.options.window_max);
        let queue = self.queue_mut(&name);
        if shared {
            queue.asked_at = LONG_AGO;
        } else {
            if queue.filling {
                queue.arrived.push(ready.clone());
            }
            let ready_at = ready.ready_at;
            queue.insert(ready, now, window_max);
            if ready_at > now {
                self.rouse_at(ready_at);
            }
        }
        let queue = self.queue_mut(&name);
        if !queue.parked.is_empty() {
            self.serve(&name, now);
        }
    }

    /// The ready attempts of a loaded execution belong in their windows, whatever was forgotten of them.
    pub(super) fn requeue(&mut self, id: ExecutionId, now: Timestamp) {
        let Some(Slot::Live(live)) = self.slots.get(&id) else { return };
        if live.exec.status.is_terminal() {
            return;
        }
        let priority = live.exec.started.priority;
        let waiting = live.exec.tasks().iter().filter(|task| task.status == TaskStatus::Scheduled);
        let found: Vec<Ready> = waiting
            .filter_map(|task| {
                Some(Ready::new(id.task(task.ordinal), task.queue.as_ref()?, priority, task.ready_at))
            })
            .collect();
        for ready in found {
            self.enqueue(ready, now);
        }
    }

    /// An attempt goes back to the window that it was taken from.
    pub(super) fn put_back(&mut self, ready: Ready) {
        let name = ready.queue.clone();
        self.queue_mut(&name).put(ready);
    }

    /// A window was read. `exhausted` says that the store has no more of it.
    pub fn window(&mut self, name: &QueueName, found: Vec<Ready>, exhausted: bool, now: Timestamp) {
        let shared = self.traits.shared;
        // What a shared store reserved for this node is nobody else's, so all of it is kept.
        let window_max = if shared { usize::MAX } else { self.options.window_max };
        let queue = self.queue_mut(name);
        queue.filling = false;
        // The last one is left for the next read, so each read but the last one of all gets further.
        queue.behind = found.last().filter(|_| !exhausted && !shared).map(|ready| (ready.rank, ready.task));
        for ready in found.into_iter().chain(std::mem::take(&mut queue.arrived)) {
            queue.insert(ready, now, window_max);
        }
        if shared {
            queue.behind = Some(FIRST);
            // There is more, so it is asked again as soon as this is used up.
            queue.asked_at = if exhausted { queue.asked_at } else { LONG_AGO };
        }
        if let Some(at) = queue.delayed.first_key_value().map(|((at, _), _)| *at) {
            self.rouse_at(at);
        }
        self.serve(name, now);
    }

    /// A window could not be read; it is asked for again when somebody polls, and at the next tick if polls are parked.
    pub fn window_failed(&mut self, name: &QueueName) {
        let queue = self.queue_mut(name);
        queue.filling = false;
        queue.asked_at = LONG_AGO;
        self.dismiss(name);
    }

    /// What this node has of a shared store's queues and has not claimed.
    pub fn take_reserved(&mut self) -> Vec<TaskId> {
        let windows =
            self.queues.values_mut().flat_map(|queue| std::mem::take(&mut queue.window).into_values());
        if self.traits.shared { windows.map(|ready| ready.task).collect() } else { Vec::new() }
    }

    /// Attempts may have become ready on other nodes.
    pub fn notice_others(&mut self, now: Timestamp) {
        let mut waiting: Vec<QueueName> = self
            .queues
            .iter()
            .filter(|(_, queue)| !queue.parked.is_empty())
            .map(|(name, _)| name.clone())
            .collect();
        // The order of a hash map is another one in each process.
        waiting.sort_unstable();
        for name in waiting {
            self.queue_mut(&name).asked_at = LONG_AGO;
            self.serve(&name, now);
        }
    }

    /// Asks the store for more if the window runs low.
    pub(super) fn refill_if_low(&mut self, name: &QueueName, now: Timestamp) {
        let (shared, window_max) = (self.traits.shared, self.options.window_max);
        let queue = self.queue_mut(name);
        let is_far_due = !shared && queue.is_far_due(now);
        let is_low = if shared {
            queue.window.is_empty() && !queue.parked.is_empty() && now - queue.asked_at >= ASK_AGAIN_MS
        } else {
            queue.behind.is_some() && queue.window.len() <= window_max / 4
        };
        let is_blocked = queue.blocked_until.is_some_and(|until| until > now);
        if queue.filling || is_blocked || !(is_low || is_far_due) {
            return;
        }
        queue.filling = true;
        queue.asked_at = now;
        let wanted = queue.parked.len() + RESERVE_AHEAD;
        let from = queue.behind.filter(|_| !shared && !is_far_due);
        self.wants.push(Want::Window {
            queue: name.clone(),
            from,
            ready_before: if shared { now } else { now.plus_ms(HORIZON_MS) },
            count_max: if shared { wanted } else { window_max.max(1) + 1 },
        });
    }

    /// Serves the queues whose time has come.
    pub(super) fn serve_due(&mut self, now: Timestamp) {
        let shared = self.traits.shared;
        let mut due: Vec<QueueName> = self
            .queues
            .iter()
            .filter(|(_, queue)| {
                let asks_again = shared || queue.behind.is_some() || queue.is_far_due(now);
                !queue.parked.is_empty() && (asks_again || queue.next_due().is_some_and(|at| at <= now))
            })
            .map(|(name, _)| name.clone())
            .collect();
        due.sort_unstable();
        for name in due {
            self.serve(&name, now);
        }
    }

    /// When a parked poll may be answered by time alone.
    pub(super) fn next_queue_due(&self) -> Option<Timestamp> {
        self.queues.values().filter_map(Queue::next_due).min()
    }
}
