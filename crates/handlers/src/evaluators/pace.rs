//! Long scripts give way to quick ones.
//!
//! A system gives a process that computes a slice of some milliseconds before another one's turn comes: many times what
//! a quick script takes. So as soon as a script has used [`QUICK`] of processor time its child gets a low priority,
//! and quick scripts interrupt it. The child keeps that priority, since raising it again takes a privilege, and goes on
//! with scripts of definitions that are known to be long. What counts is processor time: on a busy machine everything
//! takes long by the clock.

use std::time::{Duration, Instant};

use super::EvaluatorOptions;

/// Scripts that take more processor time are long.
pub(super) const QUICK: Duration = Duration::from_millis(5);
/// A long script gets about a thirtieth of a processor that somebody else wants for himself.
const NICENESS: i32 = 15;
/// An interpreter stops its script itself where it can; the parent waits so much longer for it to say so.
const GRACE: Duration = Duration::from_millis(100);

/// How much a script is expected to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    Quick,
    Long,
}

impl Pace {
    /// Of scripts that have taken so much on average.
    pub(super) fn of(work: Duration) -> Self {
        if work > QUICK { Self::Long } else { Self::Quick }
    }
}

/// What is to be done about a script that has not answered yet.
pub(super) enum Verdict {
    /// Wait so long, then look again.
    Wait(Duration),
    /// Have it give way, and look again.
    GiveWay,
    /// Its time is over.
    Stop,
}

/// Watches one script.
pub(super) struct Watch {
    process: Option<u32>,
    began: Instant,
    used_before: Option<Duration>,
    limit: Duration,
    by_the_clock: Duration,
}

impl Watch {
    pub(super) fn begin(process: Option<u32>, options: &EvaluatorOptions) -> Self {
        let limit = options.time_limit;
        let by_the_clock = limit * options.limits_by_the_clock + GRACE;
        Self { process, began: Instant::now(), used_before: processor_time(process), limit, by_the_clock }
    }

    /// The processor time that the script has used; where the system does not tell, how long it took.
    pub(super) fn work(&self) -> Duration {
        let used = processor_time(self.process).zip(self.used_before);
        used.map_or_else(|| self.began.elapsed(), |(now, before)| now.saturating_sub(before))
    }

    /// How long a child of this pace is waited for before the first look at it.
    pub(super) fn first_wait(&self, pace: Pace) -> Duration {
        match pace {
            Pace::Quick => QUICK,
            Pace::Long => self.limit + GRACE,
        }
    }

    pub(super) fn look(&self, pace: Pace) -> Verdict {
        let (work, elapsed) = (self.work(), self.began.elapsed());
        if work >= self.limit + GRACE / 2 || elapsed >= self.by_the_clock {
            return Verdict::Stop;
        }
        match pace {
            Pace::Quick if work >= QUICK => Verdict::GiveWay,
            // One that gets no processor is looked at less and less often.
            Pace::Quick => Verdict::Wait(QUICK.max(elapsed / 4)),
            Pace::Long => Verdict::Wait((self.limit + GRACE).saturating_sub(work)),
        }
    }
}

#[cfg(target_os = "linux")]
fn processor_time(process: Option<u32>) -> Option<Duration> {
    let process = nix::unistd::Pid::from_raw(i32::try_from(process?).ok()?);
    let clock = nix::time::clock_getcpuclockid(process).ok()?;
    clock.now().ok().map(Duration::from)
}

#[cfg(not(target_os = "linux"))]
fn processor_time(_: Option<u32>) -> Option<Duration> {
    None
}

/// Lowers the priority of a process that leads a group of its own. By the group, because that reaches all threads of the
/// process, and scripts do not run in the first.
pub(super) fn give_way(process: Option<u32>) {
    let leader = process.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(leader) = leader {
        // A process that has just ended needs nothing any more.
        let _ = rustix::process::setpriority_pgrp(Some(leader), NICENESS);
    }
}
