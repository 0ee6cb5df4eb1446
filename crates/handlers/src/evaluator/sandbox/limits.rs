//! Resource limits of the child, and how much memory it has taken.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use crate::evaluator::deadline::processor_time;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For what an interpreter needs beside a script's own values: frames, texts of results, allocator slack.
const OVERHEAD_BYTES: u64 = 48 << 20;

/// No files written, none opened, no core dumps.
pub(super) fn before_threads() -> io::Result<()> {
    for resource in [Resource::Fsize, Resource::Core, Resource::Nofile] {
        limit(resource, 0)?;
    }
    Ok(())
}

/// No further processes or threads, and no memory beyond what there is and what scripts may take.
pub(super) fn for_scripts(present_bytes: u64, memory_bytes: u64) -> io::Result<()> {
    limit(Resource::Nproc, 0)?;
    limit(Resource::Data, present_bytes + memory_bytes + OVERHEAD_BYTES)
}

/// What an interpreter in C takes before its first script: its library, mapped and read.
const PYTHON_BYTES: u64 = 64 << 20;
/// Modules that a script imports are opened one after the other.
const PYTHON_FILES: u64 = 16;

/// As for scripts, for a process that is about to become Python.
pub(super) fn for_python(memory_bytes: u64, time: Duration) -> io::Result<()> {
    limit(Resource::Fsize, 0)?;
    limit(Resource::Core, 0)?;
    limit(Resource::Nproc, 0)?;
    limit(Resource::Nofile, PYTHON_FILES)?;
    limit(Resource::Cpu, time.as_secs() + 2)?;
    limit(Resource::As, memory_bytes + PYTHON_BYTES)
}

/// The system ends a process that has used more processor time than at present and so much on top.
pub(super) fn allow_processor_time(time: Duration) {
    let allowed = processor_time().as_secs() + 1 + time.as_secs();
    let maximum = getrlimit(Resource::Cpu).maximum;
    // The hard limit stays: it could not be raised again.
    let _ = setrlimit(Resource::Cpu, Rlimit { current: Some(allowed), maximum });
}

fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let most = getrlimit(resource).maximum.map_or(most, |maximum| maximum.min(most));
    Ok(setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?)
}

/// The memory of this process that counts against its limit, read through a file that stays open.
pub(super) struct Growth {
    statm: Option<File>,
    pub(super) at_start: u64,
}

impl Growth {
    pub(super) fn of_this_process() -> Self {
        let mut growth = Self { statm: File::open("/proc/self/statm").ok(), at_start: 0 };
        growth.at_start = growth.data_bytes();
        growth
    }

    /// Writable memory at present; nothing where the system does not tell.
    pub(super) fn data_bytes(&self) -> u64 {
        let mut text = [0; 256];
        let Some(length) = self.statm.as_ref().and_then(|file| file.read_at(&mut text, 0).ok()) else {
            return 0;
        };
        let pages =
            std::str::from_utf8(&text[..length]).ok().and_then(|text| text.split(' ').nth(5)?.parse().ok());
        pages.unwrap_or(0_u64) * rustix::param::page_size() as u64
    }
}
