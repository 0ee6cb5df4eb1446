//! The engine: a node with its duties running, as a handle that is cheap to clone.

mod admin;
mod check;
mod control;
mod events;
mod executions;
mod open;
mod preview;
mod queues;
mod rehearse;
mod schedules;
mod search;
mod tags;
mod tasks;
mod why;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use parking_lot::Mutex;
use segue_core::time::Timestamp;
use segue_store::contract::Store;
use tokio::sync::{Notify, watch};

use crate::catalog::Catalog;
use crate::duties::librarian;
use crate::error::Error;
use crate::handlers::Handlers;
use crate::node::Node;
use crate::options::Options;

pub use check::{event_handler_violations, script_violations};
pub use control::{By, Control, Rerun, RetryFrom};
pub use events::{Published, Reaction};
pub use executions::{ById, StartBy};
pub use search::Searched;
pub use tasks::{Poll, Report};
pub use why::{Explanation, LimitHolder};

/// A running engine.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) node: Mutex<Node>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) handlers: Handlers,
    pub(crate) options: Options,
    /// The node has something to commit or wants something.
    pub(crate) work: Notify,
    /// The next instant that matters may have moved forward.
    pub(crate) timers: Notify,
    /// Held by whoever carries the search index forward.
    pub(crate) indexing: tokio::sync::Mutex<()>,
    clock: Clock,
    stopping: watch::Sender<bool>,
    read_only: AtomicBool,
    read_only_cause: Mutex<Arc<str>>,
}

/// The store's present without asking it each time: the process's monotonic clock plus the distance that the
/// store was last seen at. Never runs backwards.
struct Clock {
    origin: std::time::Instant,
    offset_ms: AtomicI64,
    last_ms: AtomicI64,
}

impl Clock {
    fn new(now: Timestamp) -> Self {
        Self {
            origin: std::time::Instant::now(),
            offset_ms: AtomicI64::new(now.0),
            last_ms: AtomicI64::new(now.0),
        }
    }

    fn elapsed_ms(&self) -> i64 {
        i64::try_from(self.origin.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    fn now(&self) -> Timestamp {
        let ms = self.elapsed_ms().saturating_add(self.offset_ms.load(Ordering::Relaxed));
        Timestamp(self.last_ms.fetch_max(ms, Ordering::Relaxed).max(ms))
    }

    fn set(&self, now: Timestamp) {
        self.offset_ms.store(now.0 - self.elapsed_ms(), Ordering::Relaxed);
    }
}

impl Engine {
    /// The store's present.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Registered definitions.
    pub fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    /// Registered definitions, those included that other nodes registered a moment ago.
    ///
    /// # Errors
    /// The store's.
    pub async fn fresh_catalog(&self) -> Result<&Catalog, Error> {
        if self.inner.store.traits().shared {
            librarian::catch_up(&self.inner).await?;
        }
        Ok(&self.inner.catalog)
    }

    /// The store underneath.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    /// True once the store failed to write: nothing new is accepted, reads go on.
    pub fn is_read_only(&self) -> bool {
        self.inner.is_read_only()
    }

    /// Why nothing new is accepted, if the store failed to write.
    pub fn read_only_cause(&self) -> Option<Arc<str>> {
        self.is_read_only().then(|| self.inner.read_only_cause.lock().clone())
    }

    /// Works on the node, and sees to it that what comes out of that is done.
    pub(crate) fn with_node<T>(&self, work: impl FnOnce(&mut Node, Timestamp) -> T) -> T {
        self.inner.with_node(work)
    }
}

impl Inner {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn set_clock(&self, now: Timestamp) {
        self.clock.set(now);
    }

    /// The store failed to write, for this reason; or it works (again).
    pub(crate) fn set_read_only(&self, cause: Option<Arc<str>>) {
        let is_read_only = cause.is_some();
        if let Some(cause) = cause {
            *self.read_only_cause.lock() = cause;
        }
        self.read_only.store(is_read_only, Ordering::Relaxed);
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only.load(Ordering::Relaxed)
    }

    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// What fails from now on, fails because the store is closed.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    pub(crate) fn with_node<T>(&self, work: impl FnOnce(&mut Node, Timestamp) -> T) -> T {
        let mut node = self.node.lock();
        let now = self.now();
        let result = work(&mut node, now);
        let sooner = node.take_rouse();
        let has_work = node.has_work();
        drop(node);
        if has_work {
            self.work.notify_one();
        }
        if sooner {
            self.timers.notify_one();
        }
        result
    }
}
