//! One process for each file: an operating system lock on `<file>.lock`, which dies with its process. The lock's
//! text says who holds it, for the message that the second one gets.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::contract::{Error, Result};

/// Ownership of a database file, until dropped.
pub(super) struct Lock {
    file: Mutex<File>,
}

/// A database file's companion with this ending.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

impl Lock {
    /// Takes the lock, or says who has it.
    pub(super) fn take(path: &Path) -> Result<Self> {
        let failed = |cause: std::io::Error| {
            Error::Unavailable(format!("cannot lock {}: {cause}", path.display()).into())
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(beside(path, ".lock")).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(owner(path, &mut file)),
            Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        }
        let lock = Self { file: Mutex::new(file) };
        lock.write(None).map_err(failed)?;
        Ok(lock)
    }

    /// Tells others where the owner serves.
    pub(super) fn announce(&self, url: &str) -> std::io::Result<()> {
        self.write(Some(url))
    }

    fn write(&self, url: Option<&str>) -> std::io::Result<()> {
        let mut file = self.file.lock();
        let url = url.unwrap_or_default();
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(format!("{}\n{url}\n", std::process::id()).as_bytes())
    }
}

fn owner(path: &Path, file: &mut File) -> Error {
    let mut text = String::new();
    // An owner that is just writing has no name yet; the refusal stands without it.
    let _ = file.read_to_string(&mut text);
    let mut lines = text.lines();
    let pid = lines.next().and_then(|line| line.parse().ok()).unwrap_or(0);
    let url = lines.next().filter(|line| !line.is_empty()).map(Arc::from);
    Error::Locked { path: path.display().to_string().into(), pid, url }
}
