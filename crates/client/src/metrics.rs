//! What a worker did.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counters of one worker since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Polls.
    pub polls: u64,
    /// Polls that failed.
    pub poll_errors: u64,
    /// Tasks executed, whatever came of them.
    pub executed: u64,
    /// Tasks that failed.
    pub failed: u64,
    /// Results that could not be delivered.
    pub lost: u64,
    /// Time spent in the worker's function, in milliseconds.
    pub busy_ms: u64,
}

#[derive(Default)]
pub(crate) struct Counters {
    polls: AtomicU64,
    poll_errors: AtomicU64,
    executed: AtomicU64,
    failed: AtomicU64,
    lost: AtomicU64,
    busy_ms: AtomicU64,
}

impl Counters {
    pub(crate) fn polled(&self, succeeded: bool) {
        self.polls.fetch_add(1, Ordering::Relaxed);
        self.poll_errors.fetch_add(u64::from(!succeeded), Ordering::Relaxed);
    }

    pub(crate) fn executed(&self, took: Duration, succeeded: bool) {
        self.executed.fetch_add(1, Ordering::Relaxed);
        self.failed.fetch_add(u64::from(!succeeded), Ordering::Relaxed);
        self.busy_ms.fetch_add(u64::try_from(took.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> Metrics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Metrics {
            polls: read(&self.polls),
            poll_errors: read(&self.poll_errors),
            executed: read(&self.executed),
            failed: read(&self.failed),
            lost: read(&self.lost),
            busy_ms: read(&self.busy_ms),
        }
    }
}

impl Metrics {
    /// Prometheus text, labelled with the task type.
    pub fn prometheus(&self, task_type: &str) -> String {
        let counters = [
            ("task_poll_total", self.polls),
            ("task_poll_error_total", self.poll_errors),
            ("task_execution_started_total", self.executed),
            ("task_execute_error_total", self.failed),
            ("task_update_error_total", self.lost),
        ];
        let line = |(name, value): (&str, u64)| {
            format!("# TYPE {name} counter\n{name}{{taskType=\"{task_type}\"}} {value}\n")
        };
        counters.into_iter().map(line).collect()
    }
}
