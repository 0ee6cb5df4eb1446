//! Deadlines of attempts (Conductor's task timeouts, and the end of waits) and of the execution.

use super::{Execution, Task};
use crate::definition::TaskDef;
use crate::event::Limit;
use crate::plan::Kind;
use crate::status::{ExecutionStatus, TaskStatus};
use crate::time::Timestamp;

/// How long an evaluator may take before it is asked again.
const EVALUATION_MS: i64 = 10_000;

impl Execution {
    /// Puts the attempt's earliest deadline among the timers, in place of the one that stood there.
    pub(super) fn rearm(&mut self, ordinal: u32) {
        let Some(task) = self.task(ordinal) else { return };
        let due = self.deadlines(task).min().map(|(due, _)| due);
        let armed = task.armed;
        if armed == due {
            return;
        }
        if let Some(armed) = armed {
            self.timers.remove(&(armed, ordinal));
        }
        if let Some(due) = due {
            self.timers.insert((due, ordinal));
        }
        self.tasks[ordinal as usize - 1].armed = due;
    }

    /// All deadlines of an open attempt, in the order in which Conductor looks at them.
    pub(crate) fn deadlines(&self, task: &Task) -> impl Iterator<Item = (Timestamp, Limit)> {
        let node = self.plan.node(task.node);
        let def = node.task_def.as_deref();
        let seconds = |of: fn(&TaskDef) -> i64| def.map_or(0, of);
        let positive = |base: Timestamp, seconds: i64| (seconds > 0).then(|| base.plus_seconds(seconds));
        let is_open = !task.is_terminal();
        let is_held = task.status == TaskStatus::InProgress;
        let is_child = matches!(node.kind, Kind::SubWorkflow(_));
        let start_delay = i64::from(node.task.start_delay.max(0));
        let total = positive(task.first_scheduled_at, seconds(|def| def.total_timeout_seconds));
        let run = task
            .started_at
            .and_then(|at| positive(at.plus_seconds(start_delay), seconds(|def| def.timeout_seconds)));
        let poll = positive(task.ready_at, seconds(|def| i64::from(def.poll_timeout_seconds.unwrap_or(0))))
            .filter(|_| task.status == TaskStatus::Scheduled && task.queue.is_some());
        let response = task.lease.map(|(_, until)| until).filter(|_| is_held);
        let answer = task.asked_at.map(|at| at.plus_ms(EVALUATION_MS));
        // A child's due time is that of its start.
        let wait = task.due_at.filter(|_| is_held != is_child);
        [
            (total, Limit::Total),
            (run, Limit::Run),
            (poll, Limit::Poll),
            (response, Limit::Response),
            (wait, Limit::Wait),
            (answer, Limit::Evaluation),
        ]
        .into_iter()
        .filter_map(move |(due, limit)| Some((due?, limit)))
        .filter(move |(_, limit)| is_open && !task.noted.contains(limit))
    }

    /// When the workflow timeout passes.
    pub(crate) fn execution_deadline(&self) -> Option<Timestamp> {
        let seconds = self.plan.definition.timeout_seconds;
        let base = self.last_retried_at.unwrap_or(self.created_at);
        (seconds > 0 && !self.timeout_noted && !self.status.is_terminal()).then(|| base.plus_seconds(seconds))
    }

    /// The first attempt whose deadline has passed, with the limit that passed.
    pub(crate) fn expired(&self, now: Timestamp) -> Option<(u32, Limit)> {
        let (due, ordinal) = *self.timers.first()?;
        let task = self.task(ordinal).filter(|_| due <= now)?;
        self.deadlines(task).find(|(due, _)| *due <= now).map(|(_, limit)| (ordinal, limit))
    }

    /// When the execution must be looked at next, whatever else happens.
    pub fn wake_at(&self, now: Timestamp) -> Option<Timestamp> {
        let own = self.execution_deadline();
        match self.status {
            ExecutionStatus::Running if !self.deferred.is_empty() => Some(now),
            ExecutionStatus::Running => own.into_iter().chain(self.timers.first().map(|(due, _)| *due)).min(),
            ExecutionStatus::Paused => own,
            _ => None,
        }
    }

    /// Moves the end of a claim. Not journaled: a claim that is not extended again runs out by itself.
    pub fn extend_lease(&mut self, ordinal: u32, until: Timestamp, now: Timestamp) -> bool {
        let Some(task) = self.tasks.get_mut((ordinal as usize).wrapping_sub(1)) else { return false };
        if !task.is_held() {
            return false;
        }
        task.updated_at = task.updated_at.max(now);
        if let Some((from, end)) = &mut task.lease
            && until > *end
        {
            (*from, *end) = (now, until);
        }
        self.rearm(ordinal);
        true
    }

    /// The length of an attempt's present claim in milliseconds, by which a heartbeat extends it.
    pub fn lease_ms(&self, ordinal: u32) -> Option<i64> {
        self.task(ordinal)?.lease.map(|(from, until)| until - from)
    }

    /// Gives every claim one full period from `now`: nobody could extend it while the store was closed.
    pub fn renew_leases(&mut self, now: Timestamp) {
        let held: Vec<u32> =
            self.tasks.iter().filter(|task| task.is_held()).map(|task| task.ordinal).collect();
        for ordinal in held {
            if let Some(ms) = self.lease_ms(ordinal) {
                let lease = &mut self.tasks[ordinal as usize - 1].lease;
                *lease = lease.map(|lease| if now > lease.0 { (now, now.plus_ms(ms)) } else { lease });
                self.rearm(ordinal);
            }
        }
    }
}
