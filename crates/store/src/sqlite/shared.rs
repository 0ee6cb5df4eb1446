//! What the writer and the readers know of each other.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use parking_lot::Mutex;
use segue_core::time::Timestamp;

use crate::contract::{Activity, Error, Position, Result};

/// Shared by every thread of one open database.
pub(super) struct Shared {
    pub(super) path: Arc<str>,
    pub(super) file: PathBuf,
    committed: AtomicU64,
    folded: AtomicU64,
    is_closed: AtomicBool,
    unwritable: Mutex<Option<Arc<str>>>,
    now_ms: AtomicI64,
    commits: AtomicU64,
    records: AtomicU64,
    bytes: AtomicU64,
    #[cfg(test)]
    pub(super) fail_commit: Mutex<Option<rusqlite::ffi::Error>>,
}

impl Shared {
    pub(super) fn new(file: PathBuf, folded: Position) -> Self {
        Self {
            path: file.display().to_string().into(),
            file,
            committed: AtomicU64::new(folded),
            folded: AtomicU64::new(folded),
            is_closed: AtomicBool::new(false),
            unwritable: Mutex::new(None),
            now_ms: AtomicI64::new(0),
            commits: AtomicU64::new(0),
            records: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            #[cfg(test)]
            fail_commit: Mutex::new(None),
        }
    }

    /// Refuses what comes after `close`.
    pub(super) fn open(&self) -> Result<()> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(Error::Unavailable("the store is closed".into()));
        }
        Ok(())
    }

    /// True for the first to close.
    pub(super) fn set_closed(&self) -> bool {
        !self.is_closed.swap(true, Ordering::AcqRel)
    }

    /// Why nothing can be written, if so.
    pub(super) fn unwritable(&self) -> Option<Arc<str>> {
        self.unwritable.lock().clone()
    }

    pub(super) fn set_unwritable(&self, cause: Arc<str>) {
        self.unwritable.lock().get_or_insert(cause);
    }

    /// True if the tables lack an append that was answered.
    pub(super) fn is_behind(&self) -> bool {
        self.committed.load(Ordering::Acquire) > self.folded.load(Ordering::Acquire)
    }

    /// The last position that was given out, as far as it is answered.
    pub(super) fn committed(&self) -> Position {
        self.committed.load(Ordering::Acquire)
    }

    pub(super) fn set_committed(&self, position: Position) {
        self.committed.store(position, Ordering::Release);
    }

    pub(super) fn set_folded(&self, position: Position) {
        self.folded.store(position, Ordering::Release);
    }

    /// The system's clock, never running backwards.
    pub(super) fn now(&self) -> Timestamp {
        let now_ms = crate::clock::system().0;
        Timestamp(self.now_ms.fetch_max(now_ms, Ordering::AcqRel).max(now_ms))
    }

    pub(super) fn count_commit(&self) {
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_record(&self, bytes: u64) {
        self.records.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn activity(&self) -> Activity {
        let commits = self.commits.load(Ordering::Relaxed);
        Activity {
            commits,
            records: self.records.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            syncs: commits,
        }
    }

    /// Where a test lets a commit fail.
    pub(super) fn before_commit(&self) -> rusqlite::Result<()> {
        #[cfg(test)]
        if let Some(cause) = self.fail_commit.lock().take() {
            return Err(rusqlite::Error::SqliteFailure(cause, None));
        }
        Ok(())
    }
}
