//! Reads run on a few read-only connections, off the runtime's threads: a slow search holds up neither the writer nor
//! other callers.

use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::error::of_read;
use super::pragmas;
use super::shared::Shared;
use crate::contract::{Error, Result};

/// Reads at a time; the others wait their turn.
const CONNECTIONS_MAX: u32 = 4;

/// The connections, made when first needed.
pub(super) struct Readers {
    shared: Arc<Shared>,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, idle: Arc::default(), permits: Arc::new(Semaphore::new(CONNECTIONS_MAX as usize)) }
    }

    /// Runs `work` in one read transaction, so that all it reads is of one moment.
    pub(super) async fn read<T, W>(&self, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.shared.open()?;
        let closed = |_| Error::Unavailable("the store is closed".into());
        let permit = self.permits.clone().acquire_owned().await.map_err(closed)?;
        let (idle, shared) = (self.idle.clone(), self.shared.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let pooled = idle.lock().pop();
            let read = || -> rusqlite::Result<T> {
                let connection = pooled.map_or_else(|| pragmas::reader(&shared.file), Ok)?;
                let transaction = connection.unchecked_transaction()?;
                let found = work(&transaction)?;
                transaction.finish()?;
                idle.lock().push(connection);
                Ok(found)
            };
            let found = read().map_err(|cause| of_read(&shared.path, &cause));
            drop(permit);
            found
        });
        reading.await.unwrap_or_else(|cause| Err(Error::Unavailable(cause.to_string().into())))
    }

    /// Waits for the reads under way, then lets the connections go.
    pub(super) async fn close(&self) {
        // Fails only if closed already.
        if let Ok(all) = self.permits.acquire_many(CONNECTIONS_MAX).await {
            self.permits.close();
            self.idle.lock().clear();
            drop(all);
        }
    }
}
