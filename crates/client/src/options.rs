//! How a worker works. What a worker says of itself wins over what its pool says.

use std::time::Duration;

/// Options of a worker, or of all workers of a pool. What is absent is taken from the pool, then from the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkerOptions {
    /// Pause between polls that found nothing; 100 ms by default.
    pub poll_interval: Option<Duration>,
    /// Tasks at a time; 1 by default.
    pub concurrency: Option<usize>,
    /// Domain to poll in; none by default.
    pub domain: Option<String>,
    /// The worker's name; the host's name by default.
    pub worker_id: Option<String>,
    /// How long a poll waits for something to do; 1 s by default, 5 s at most.
    pub poll_timeout: Option<Duration>,
}

/// Options with nothing left open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) poll_interval: Duration,
    pub(crate) concurrency: usize,
    pub(crate) domain: Option<String>,
    pub(crate) worker_id: String,
    pub(crate) poll_timeout: Duration,
}

impl WorkerOptions {
    /// These options over those of a pool.
    pub(crate) fn over(&self, pool: &Self) -> Settled {
        Settled {
            poll_interval: self.poll_interval.or(pool.poll_interval).unwrap_or(Duration::from_millis(100)),
            concurrency: self.concurrency.or(pool.concurrency).unwrap_or(1).max(1),
            domain: self.domain.clone().or_else(|| pool.domain.clone()),
            worker_id: self.worker_id.clone().or_else(|| pool.worker_id.clone()).unwrap_or_else(host_name),
            poll_timeout: self.poll_timeout.or(pool.poll_timeout).unwrap_or(Duration::from_secs(1)),
        }
    }

    /// Takes over what `newer` says.
    pub(crate) fn update(&mut self, newer: &Self) {
        let newer = newer.clone();
        self.poll_interval = newer.poll_interval.or(self.poll_interval);
        self.concurrency = newer.concurrency.or(self.concurrency);
        self.domain = newer.domain.or_else(|| self.domain.take());
        self.worker_id = newer.worker_id.or_else(|| self.worker_id.take());
        self.poll_timeout = newer.poll_timeout.or(self.poll_timeout);
    }
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "segue-worker".to_owned() } else { name.to_owned() }
}
