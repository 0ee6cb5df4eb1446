//! Who may use a child next.
//!
//! Each share (a definition) has a queue of its own, and the queues take turns. Scripts are either far quicker than a
//! task or they hang to their limit, so a share is *slow* when its evaluations take more than [`SLOW`] on average, or
//! when one that runs has taken as long already. Slow evaluations of all shares together never take the last slot,
//! and neither does a second evaluation of a share that is not known yet. So with k slow definitions, fewer than
//! there are slots, or with any number that were seen once, a quick evaluation waits for quick ones only, while one
//! quick definition alone may still use every slot.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::pace::Pace;

/// Evaluations that take longer become attempts of their own elsewhere, too.
const SLOW: Duration = Duration::from_millis(50);
/// The weight of the past in a share's average: after one hang, some fifteen quick evaluations make it quick again.
const MEMORY: u32 = 3;
/// So many shares without work are remembered.
const REMEMBERED_MAX: usize = 1_024;

/// Who runs, who waits, and whose turn it is.
pub(super) struct Turns<W> {
    slots: usize,
    waiting_max: usize,
    shares: HashMap<Arc<str>, Share<W>>,
    /// Shares with someone waiting, the next first.
    round: VecDeque<Arc<str>>,
    running: Vec<Running>,
    runs: u64,
}

struct Share<W> {
    waiting: VecDeque<W>,
    /// How long an evaluation takes by the clock.
    average: Option<Duration>,
    /// How much processor time it takes.
    work: Duration,
}

impl<W> Default for Share<W> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), average: None, work: Duration::ZERO }
    }
}

/// An evaluation that has a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Running {
    run: u64,
    share: Arc<str>,
    began: Instant,
    /// As the share's evaluations were before.
    pub(super) pace: Pace,
    /// The processor time that it has taken, once that is known.
    pub(super) work: Option<Duration>,
}

impl<W> Turns<W> {
    pub(super) fn new(slots: usize, waiting_max: usize) -> Self {
        let (shares, round) = (HashMap::new(), VecDeque::new());
        Self { slots, waiting_max, shares, round, running: Vec::new(), runs: 0 }
    }

    /// Takes a place in the share's queue, or gives the waiter back when the queue is full.
    pub(super) fn ask(&mut self, share: &Arc<str>, waiter: W) -> Result<(), W> {
        let entry = self.shares.entry(Arc::clone(share));
        let queue = &mut entry.or_default().waiting;
        if queue.len() >= self.waiting_max {
            return Err(waiter);
        }
        if queue.is_empty() {
            self.round.push_back(Arc::clone(share));
        }
        queue.push_back(waiter);
        Ok(())
    }

    /// The next that may go now.
    pub(super) fn next(&mut self, now: Instant) -> Option<(Running, W)> {
        if self.running.len() >= self.slots {
            return None;
        }
        let position = self.round.iter().position(|share| self.may_run(share, now))?;
        let share = self.round.remove(position)?;
        let Share { waiting: queue, work, .. } = self.shares.get_mut(&share)?;
        let pace = Pace::of(*work);
        let waiter = queue.pop_front()?;
        if !queue.is_empty() {
            self.round.push_back(Arc::clone(&share));
        }
        self.runs += 1;
        let running = Running { run: self.runs, share, began: now, pace, work: None };
        self.running.push(running.clone());
        Some((running, waiter))
    }

    /// Frees a slot, and remembers how long it was used.
    pub(super) fn finish(&mut self, finished: &Running, now: Instant) {
        self.running.retain(|running| running.run != finished.run);
        let took = now.saturating_duration_since(finished.began);
        if let Some(share) = self.shares.get_mut(&finished.share) {
            if let Some(work) = finished.work {
                share.work = share.average.map_or(work, |_| remember(share.work, work));
            }
            share.average = Some(share.average.map_or(took, |past| remember(past, took)));
        }
        if self.shares.len() > REMEMBERED_MAX {
            let running = &self.running;
            self.shares.retain(|name, share| {
                !share.waiting.is_empty() || running.iter().any(|running| running.share == *name)
            });
        }
    }

    fn may_run(&self, share: &Arc<str>, now: Instant) -> bool {
        let spare = self.slots - 1;
        if spare == 0 {
            return true;
        }
        if self.is_slow(share, now) {
            return self.running.iter().filter(|running| self.is_slow(&running.share, now)).count() < spare;
        }
        let is_known = self.shares.get(share).is_some_and(|share| share.average.is_some());
        is_known || self.running.iter().filter(|running| running.share == *share).count() < spare
    }

    fn is_slow(&self, share: &Arc<str>, now: Instant) -> bool {
        let average = self.shares.get(share).and_then(|share| share.average).unwrap_or_default();
        average > SLOW
            || self
                .running
                .iter()
                .any(|running| running.share == *share && now.saturating_duration_since(running.began) > SLOW)
    }
}

fn remember(past: Duration, latest: Duration) -> Duration {
    (past * MEMORY + latest) / (MEMORY + 1)
}

#[cfg(test)]
mod tests;
