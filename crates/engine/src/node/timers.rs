//! One duty for everything that time alone brings: retries, timeouts, waits, leases, deferred work.

use segue_core::decide::Command;
use segue_core::execution::Execution;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::status::TaskStatus;
use segue_core::time::Timestamp;

use super::requests::Request;
use super::slot::Slot;
use super::{Done, Node, Want};
use crate::error::Error;

impl Node {
    /// Puts the execution's next wake-up among the timers.
    pub(super) fn arm(&mut self, id: ExecutionId) {
        let Some(Slot::Live(live)) = self.slots.get_mut(&id) else { return };
        // Deferred work goes on when the record that defers it is committed, not by time.
        let due = live.exec.wake_at(Timestamp(i64::MAX)).filter(|due| due.0 != i64::MAX);
        if due == live.armed {
            return;
        }
        if let Some(armed) = live.armed {
            self.timers.remove(&(armed, id));
        }
        live.armed = due;
        if let Some(due) = due {
            self.timers.insert((due, id));
            self.rouse_at(due);
        }
    }

    /// Does what is due by `now`.
    pub fn tick(&mut self, now: Timestamp) {
        while let Some((_, id)) = self.timers.first().copied().filter(|(due, _)| *due <= now) {
            self.timers.pop_first();
            if let Some(Slot::Live(live)) = self.slots.get_mut(&id) {
                live.armed = None;
                if live.exec.wake_at(now).is_none_or(|due| due > now) {
                    self.arm(id);
                    continue;
                }
            }
            self.submit(Request::new(id, Command::Wake, Done::Nobody), now);
        }
        let oldest = now.plus_ms(-self.options.claim_delay_ms_max);
        while let Some((_, id)) = self.held.front().copied().filter(|(since, _)| *since <= oldest) {
            self.held.pop_front();
            self.flush_held(id, now);
        }
        self.serve_due(now);
    }

    /// Brings all claims to disk that wait for a record to ride in.
    pub fn flush_claims(&mut self, now: Timestamp) {
        while let Some((_, id)) = self.held.pop_front() {
            self.flush_held(id, now);
        }
    }

    /// Sees to it that the ticker looks no later than `due`.
    pub(super) fn rouse_at(&mut self, due: Timestamp) {
        self.must_rouse |= due < self.sleeps_until;
    }

    /// True if something became due before the ticker's next look, since this was last asked.
    pub fn take_rouse(&mut self) -> bool {
        std::mem::take(&mut self.must_rouse)
    }

    /// When the ticker looks next, at the latest at `latest`.
    pub fn sleep_until(&mut self, latest: Timestamp) -> Timestamp {
        self.sleeps_until = self.next_due().map_or(latest, |due| due.min(latest));
        self.must_rouse = false;
        self.sleeps_until
    }

    /// When [`Node::tick`] has something to do next.
    pub fn next_due(&self) -> Option<Timestamp> {
        let timer = self.timers.first().map(|(due, _)| *due);
        let held = self.held.front().map(|(since, _)| since.plus_ms(self.options.claim_delay_ms_max));
        timer.into_iter().chain(held).chain(self.next_queue_due()).min()
    }

    /// Wake-ups that the store has. Those of executions in memory are known better here, unless another node may have gone on
    /// with them.
    pub fn due(&mut self, found: Vec<(Timestamp, ExecutionId)>) {
        for (at, id) in found {
            match self.slots.get(&id) {
                None => {
                    self.timers.insert((at, id));
                    self.rouse_at(at);
                }
                Some(Slot::Live(live)) => {
                    let is_unknown = live.armed.is_none_or(|armed| armed > at);
                    if self.traits.shared && is_unknown && live.stale.is_none() {
                        self.refresh(Request::new(id, Command::Wake, Done::Nobody));
                    }
                }
                Some(Slot::Loading(_)) => {}
            }
        }
    }

    /// A worker says that it is still at it. The claim lasts one more full period.
    pub fn heartbeat(
        &mut self,
        task: TaskId,
        done: Box<dyn FnOnce(Result<bool, Error>) + Send>,
        now: Timestamp,
    ) {
        let id = task.execution();
        let Some(Slot::Live(live)) = self.slots.get_mut(&id) else {
            done(Ok(false));
            return;
        };
        let until = live.exec.lease_ms(task.ordinal()).map(|ms| now.plus_ms(ms));
        let extended = until.is_some_and(|until| live.exec.extend_lease(task.ordinal(), until, now));
        if let Some(until) = until.filter(|_| extended) {
            self.extended.insert(task, until);
            if self.traits.shared {
                self.wants.push(Want::ExtendLease(task, until));
            }
            self.arm(id);
        }
        done(Ok(extended));
    }

    /// Brings the leases of a loaded execution up to date.
    pub(super) fn restore_leases(
        &self,
        exec: &mut Execution,
        extended: &[(TaskId, Timestamp)],
        now: Timestamp,
    ) {
        let held: Vec<(u32, Timestamp)> = exec
            .tasks()
            .iter()
            .filter(|task| task.status == TaskStatus::InProgress)
            .filter_map(|task| task.lease.map(|(from, _)| (task.ordinal, from)))
            .collect();
        for (ordinal, from) in held {
            let task = exec.id.task(ordinal);
            // Nobody could extend a lease while the store was closed, so it gets one full period from then on.
            let renewed = exec
                .lease_ms(ordinal)
                .map(|ms| self.born.plus_ms(ms))
                .filter(|_| from < self.born && !self.traits.shared);
            let known = extended.iter().find(|(extended, _)| *extended == task).map(|(_, until)| *until);
            let until = renewed.into_iter().chain(known).chain(self.extended.get(&task).copied()).max();
            if let Some(until) = until {
                exec.extend_lease(ordinal, until, exec.updated_at.min(now));
            }
        }
    }
}
