//! What the child gives up before it reads a script.
//!
//! In this order, since each step takes away what the one before needed: inherited descriptors, files and the network
//! (Landlock), resources (limits), and last, in the thread that runs scripts, system calls. Interpreters have no host
//! objects in the first place; this is for the day on which one of them has a hole.

mod descriptors;
#[cfg(target_os = "linux")]
mod files;
mod limits;
#[cfg(target_os = "linux")]
mod system_calls;

use std::path::Path;
use std::time::Duration;

use super::frames::Start;
use limits::Growth;

/// A process that has given up what it can before the thread for scripts is there.
pub(super) struct Sandbox {
    growth: Growth,
    memory_bytes: u64,
}

/// A process that is ready to run scripts.
pub(super) struct Closed {
    growth: Growth,
    memory_bytes: u64,
}

/// Gives up files, the network and inherited descriptors. Where the system has no Landlock, interpreters that can do
/// nothing by themselves go on without it.
pub(super) fn enter(start: &Start) -> Result<Sandbox, String> {
    descriptors::close_inherited();
    let growth = Growth::of_this_process();
    #[cfg(target_os = "linux")]
    files::refuse_all()?;
    limits::before_threads().map_err(|error| format!("cannot set limits: {error}"))?;
    Ok(Sandbox { growth, memory_bytes: start.memory_bytes })
}

/// Leaves Python its own library to read, memory and processor time, and nothing else. Only where the system does it.
#[cfg(target_os = "linux")]
pub(super) fn enter_for_python(python: &Path, start: &Start) -> Result<(), String> {
    descriptors::close_inherited();
    if !files::refuse_all_but_python(python)? {
        return Err("Python scripts need Landlock, which this system does not have".to_owned());
    }
    limits::for_python(start.memory_bytes, Duration::from_millis(start.time_ms))
        .map_err(|error| format!("cannot set limits: {error}"))?;
    system_calls::refuse_what_leaves_the_process()
}

/// Nothing confines Python here.
#[cfg(not(target_os = "linux"))]
pub(super) fn enter_for_python(_: &Path, _: &Start) -> Result<(), String> {
    Err("Python scripts need Landlock, which this system does not have".to_owned())
}

impl Sandbox {
    /// Gives up memory beyond the limit, new processes, and system calls that only an escape would need.
    pub(super) fn close(self) -> Result<Closed, String> {
        let Self { growth, memory_bytes } = self;
        limits::for_scripts(growth.data_bytes(), memory_bytes)
            .map_err(|error| format!("cannot set limits: {error}"))?;
        #[cfg(target_os = "linux")]
        system_calls::allow_what_interpreters_need()?;
        Ok(Closed { growth, memory_bytes })
    }
}

impl Closed {
    /// Lets the process use so much more processor time, after which the system ends it.
    pub(super) fn allow_processor_time(&self, time: Duration) {
        limits::allow_processor_time(time);
    }

    /// Whether the process holds on to so much memory that a script would have less than its share.
    pub(super) fn is_worn(&self) -> bool {
        self.growth.data_bytes() > self.growth.at_start + self.memory_bytes / 4
    }
}
