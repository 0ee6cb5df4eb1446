//! One file, one process, no setup.
//!
//! The journal is written by one thread, many appends to a commit; the tables beside it are folded from it lazily
//! (`overlay`) and brought up to date before anyone reads them. `sql/` and `migrations/` hold the larger statements.

mod append;
mod catalog;
mod check;
mod codec;
mod condition;
mod error;
mod flush;
mod heads;
mod index;
mod journal;
mod limits;
mod lock;
mod overlay;
mod pragmas;
mod queue;
mod readers;
mod retention;
mod schema;
mod search;
mod shared;
mod timers;
mod writer;

pub(crate) use pragmas::bare as bare_connection;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use crate::contract::{Error, Result, Store, Traits};
use append::Known;
use error::of_read;
use limits::Limits;
use lock::Lock;
use readers::Readers;
use schema::Found;
use shared::Shared;
use writer::{Command, Writer};

/// Records that wait for their commit at most; further appends wait before they are queued.
const WAITING_RECORDS_MAX: usize = 50_000;

/// A store in an SQLite file.
pub struct SqliteStore {
    // The order of these fields is the order in which a drop lets go: the writer first, the lock last.
    inbox: Mutex<Option<Sender<Command>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    readers: Readers,
    shared: Arc<Shared>,
    waiting: Arc<Semaphore>,
    lock: Mutex<Option<Lock>>,
}

impl SqliteStore {
    /// Opens the database, or makes it if there is none. Takes as long as the tables are behind the journal, at most
    /// some 10,000 records, whatever the size of the database.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process has it, [`Error::Newer`] and [`Error::Corrupt`] if the file is not ours
    /// to write (it is left as it is), [`Error::Unavailable`] if it cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        let found = schema::inspect(path)?;
        let lock = Lock::take(path)?;
        let shown: Arc<str> = path.display().to_string().into();
        let failed = |cause: rusqlite::Error| of_read(&shown, &cause);
        let mut connection = pragmas::writer(path, found == Found::Nothing).map_err(failed)?;
        schema::migrate(&mut connection, &shown)?;
        pragmas::start_log(&connection).map_err(failed)?;
        let folded = catch_up(&connection).map_err(failed)?;
        let limits = Limits::load(&connection).map_err(failed)?;

        let shared = Arc::new(Shared::new(path.to_owned(), folded));
        let mut writer = Writer::new(connection, shared.clone(), Known::new(limits));
        let (inbox, commands) = channel();
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(move || {
            if let Err(error) = retention::finish_removals(&mut writer) {
                tracing::warn!(%error, "an interrupted removal could not be finished");
            }
            writer.serve(&commands);
        });
        let thread =
            thread.map_err(|cause| Error::Unavailable(format!("cannot start the writer: {cause}").into()))?;
        Ok(Self {
            inbox: Mutex::new(Some(inbox)),
            thread: Mutex::new(Some(thread)),
            readers: Readers::new(shared.clone()),
            shared,
            waiting: Arc::new(Semaphore::new(WAITING_RECORDS_MAX)),
            lock: Mutex::new(Some(lock)),
        })
    }

    fn send(&self, command: Command) -> Result<()> {
        let gone = || Error::Unavailable("the store is closed".into());
        self.inbox.lock().as_ref().ok_or_else(gone)?.send(command).map_err(|_| gone())
    }

    /// Runs `task` on the writing thread.
    async fn run<T, W>(&self, task: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Writer) -> Result<T> + Send + 'static,
    {
        self.shared.open()?;
        self.run_anyway(task).await
    }

    async fn run_anyway<T, W>(&self, task: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Writer) -> Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.send(Command::Run(Box::new(move |writer| {
            // A caller that went away needs no answer.
            let _ = answer.send(task(writer));
        })))?;
        answered.await.unwrap_or_else(|_| Err(Error::Unavailable("the writer ended".into())))
    }

    /// Reads what is written with its record and so needs no folding.
    async fn read<T, W>(&self, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.readers.read(work).await
    }

    /// Reads the folded tables, which see every append that was answered by now. When the disk takes no more writes,
    /// they are as they were last folded, so that reading goes on.
    async fn read_tables<T, W>(&self, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.shared.open()?;
        if self.shared.is_behind() {
            match self.run(Writer::fold).await {
                Ok(()) | Err(Error::Unwritable(_)) => {}
                Err(error) => return Err(error),
            }
        }
        self.readers.read(work).await
    }
}

/// Folds what a crash left unfolded; returns the position of the last record ever.
fn catch_up(connection: &Connection) -> rusqlite::Result<u64> {
    let folded = connection.query_row("SELECT folded FROM progress", [], |row| codec::unsigned(row, 0))?;
    let sql = "SELECT coalesce(max(position), 0) FROM journal";
    let last = connection.query_row(sql, [], |row| codec::unsigned(row, 0))?.max(folded);
    if last > folded {
        let transaction = connection.unchecked_transaction()?;
        let stretch = flush::Stretch { schema: "main", after: folded, last, with_start_keys: false };
        let mut warn = |finding: String| tracing::warn!(finding, "a record is not in the tables");
        flush::fold(&transaction, &stretch, &mut warn)?;
        transaction.commit()?;
    }
    Ok(last)
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        drop(self.inbox.lock().take());
        if let Some(thread) = self.thread.lock().take() {
            // A writer that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}

impl Store for SqliteStore {
    fn traits(&self) -> Traits {
        Traits { shared: false, concurrent_appends: 1, batch_max: 1_000 }
    }

    /// Leaves word in the lock file.
    fn announce(&self, url: &str) -> Result<()> {
        self.shared.open()?;
        let lock = self.lock.lock();
        let written = lock.as_ref().map_or(Ok(()), |lock| lock.announce(url));
        written.map_err(|cause| Error::Unavailable(format!("cannot write the lock file: {cause}").into()))
    }
}
