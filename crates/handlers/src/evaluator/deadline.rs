//! When a script must stop: by processor time, so that a busy machine takes nothing from it.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The end of a script's time.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    /// Not before this: the clock is cheaper to read than processor time, and never behind it.
    earliest: Instant,
    used: Duration,
}

impl Deadline {
    /// So much processor time from now on.
    pub(super) fn after(time: Duration) -> Self {
        Self { earliest: Instant::now() + time, used: processor_time() + time }
    }

    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.earliest && processor_time() >= self.used
    }
}

/// What this process has used.
pub(super) fn processor_time() -> Duration {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(used.tv_sec).unwrap_or(0), u32::try_from(used.tv_nsec).unwrap_or(0))
}
