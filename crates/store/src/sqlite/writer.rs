//! The one thread that writes. Appends that arrive during a commit share the next one; the tables beside the journal
//! follow lazily.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::append::{Known, Prepared};
use super::error::{self, WriteFailure};
use super::flush;
use super::overlay::{Folded, Overlay};
use super::shared::Shared;
use crate::contract::{Appended, Error, Result};

/// How long the tables may be behind the journal.
const BEHIND_MAX: Duration = Duration::from_secs(1);
/// Records that share a commit at most: a bound on how long the first of them waits.
const GROUP_RECORDS_MAX: usize = 10_000;

/// One `append`.
pub(super) struct Call {
    pub(super) batch: Vec<Prepared>,
    pub(super) answer: oneshot::Sender<Result<Vec<Appended>>>,
    /// What bounds the records under way; given back with the answer.
    pub(super) permit: Option<OwnedSemaphorePermit>,
}

/// Something that is done between commits.
pub(super) type Task = Box<dyn FnOnce(&mut Writer) + Send>;

/// What the thread is asked.
pub(super) enum Command {
    Append(Call),
    Run(Task),
}

/// The state of the writing thread.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) shared: Arc<Shared>,
    pub(super) known: Known,
    overlay: Overlay,
    oldest: Option<Instant>,
    pub(super) is_stopping: bool,
}

impl Writer {
    pub(super) fn new(connection: Connection, shared: Arc<Shared>, known: Known) -> Self {
        Self { connection, shared, known, overlay: Overlay::default(), oldest: None, is_stopping: false }
    }

    /// Serves until the inbox is closed or a task stops it.
    pub(super) fn serve(mut self, inbox: &Receiver<Command>) {
        while !self.is_stopping {
            let first = match self.oldest {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(oldest) => inbox.recv_timeout(BEHIND_MAX.saturating_sub(oldest.elapsed())),
            };
            match first {
                Ok(first) => self.serve_waiting(first, inbox),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let is_late = self.oldest.is_some_and(|oldest| oldest.elapsed() >= BEHIND_MAX);
            if self.overlay.records >= flush::RECORDS_MAX || is_late {
                self.fold_quietly();
            }
        }
        self.fold_quietly();
    }

    /// All that waits: the appends in one commit, then the rest one by one.
    fn serve_waiting(&mut self, first: Command, inbox: &Receiver<Command>) {
        let (mut calls, mut tasks, mut records) = (Vec::new(), Vec::new(), 0);
        let mut next = Some(first);
        while let Some(command) = next {
            match command {
                Command::Append(call) => {
                    records += call.batch.len();
                    calls.push(call);
                }
                Command::Run(task) => tasks.push(task),
            }
            next = if records < GROUP_RECORDS_MAX { inbox.try_recv().ok() } else { None };
        }
        if !calls.is_empty() {
            self.commit(calls);
        }
        for task in tasks {
            task(self);
        }
    }

    fn commit(&mut self, calls: Vec<Call>) {
        let outcomes = self.write(|connection, known| {
            calls
                .iter()
                .map(|call| known.append_all(connection, &call.batch))
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        match outcomes {
            Ok(outcomes) => {
                self.shared.count_commit();
                for (call, outcomes) in calls.into_iter().zip(outcomes) {
                    self.follow(call.batch, &outcomes);
                    // A caller that went away needs no answer.
                    let _ = call.answer.send(Ok(outcomes));
                    drop(call.permit);
                }
            }
            Err(error) => {
                for call in calls {
                    let _ = call.answer.send(Err(error.clone()));
                }
            }
        }
    }

    /// Takes note of what was committed, before it is answered.
    fn follow(&mut self, batch: Vec<Prepared>, outcomes: &[Appended]) {
        for (append, outcome) in batch.into_iter().zip(outcomes) {
            let Appended::Committed { position } = *outcome else { continue };
            self.shared.count_record(append.bytes);
            let Prepared { execution, seq, at, changes, .. } = append;
            self.overlay.apply(Folded { position, execution, seq, at, changes });
            self.oldest.get_or_insert_with(Instant::now);
            self.shared.set_committed(position);
        }
    }

    /// Runs `work` in one durable transaction, all or nothing.
    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&Connection, &mut Known) -> rusqlite::Result<T>,
    ) -> Result<T> {
        if let Some(cause) = self.shared.unwritable() {
            return Err(Error::Unwritable(cause));
        }
        let done = self.connection.unchecked_transaction().and_then(|transaction| {
            let done = work(&transaction, &mut self.known)?;
            self.shared.before_commit()?;
            transaction.commit()?;
            Ok(done)
        });
        match done {
            Ok(done) => {
                self.known.keep();
                Ok(done)
            }
            Err(cause) => {
                self.known.take_back();
                Err(self.failed(&cause))
            }
        }
    }

    pub(super) fn failed(&self, cause: &rusqlite::Error) -> Error {
        let reason: Arc<str> = cause.to_string().into();
        match error::of_write(cause) {
            WriteFailure::Full => Error::Unwritable(reason),
            WriteFailure::Refused => Error::Unavailable(reason),
            WriteFailure::Fatal => {
                tracing::error!(path = %self.shared.path, cause = %reason, "the database cannot be written any more");
                self.shared.set_unwritable(reason.clone());
                Error::Unwritable(reason)
            }
        }
    }

    /// Runs `work` in one transaction, all or nothing, that a crash may take back: for what follows from the journal. The
    /// sync of the next append covers these pages of the log as well.
    pub(super) fn write_unsynced<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        if let Some(cause) = self.shared.unwritable() {
            return Err(Error::Unwritable(cause));
        }
        let done = self.connection.execute_batch("PRAGMA synchronous = NORMAL").and_then(|()| {
            let transaction = self.connection.unchecked_transaction()?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        });
        // Must hold again before the next append, whatever became of the work.
        let restored = self.connection.execute_batch("PRAGMA synchronous = FULL");
        done.and_then(|done| restored.map(|()| done)).map_err(|cause| self.failed(&cause))
    }

    /// Brings the tables up to the journal. What a crash loses of it is folded again from the journal.
    pub(super) fn fold(&mut self) -> Result<()> {
        if let Some(cause) = self.shared.unwritable() {
            return Err(Error::Unwritable(cause));
        }
        if self.overlay.is_empty() {
            return Ok(());
        }
        self.write_unsynced(|connection| flush::write(connection, &self.overlay))?;
        self.shared.set_folded(self.overlay.position);
        self.overlay.reset();
        self.oldest = None;
        Ok(())
    }

    fn fold_quietly(&mut self) {
        if let Err(error) = self.fold() {
            tracing::warn!(path = %self.shared.path, %error, "the tables stay behind the journal");
            // Not again at once: the next append or reader will try.
            self.oldest = None;
        }
    }
}
