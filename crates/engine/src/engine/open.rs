//! Opening and closing an engine.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::Mutex;
use segue_store::contract::Store;
use tokio::sync::{Notify, watch};

use super::{Clock, Engine, Inner};
use crate::catalog::Catalog;
use crate::duties;
use crate::error::Error;
use crate::handlers::Handlers;
use crate::node::{Node, StoreTraits};
use crate::options::Options;

impl Engine {
    /// Opens an engine on a store and starts its duties on the present tokio runtime.
    ///
    /// What was under way when the store was last closed goes on: due timers fire, messages are delivered,
    /// claimed attempts keep their lease for one more period.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn open(store: Arc<dyn Store>, options: Options) -> Result<Self, Error> {
        let now = store.now().await?;
        let catalog = Arc::new(Catalog::default());
        let (revision, entries) = store.catalog().await?;
        for entry in catalog.replace(revision, entries) {
            tracing::warn!(name = %entry.name, version = entry.version, "a registered definition cannot be read by this release");
        }
        let of_store = store.traits();
        let traits = StoreTraits {
            shared: of_store.shared,
            concurrent_appends: of_store.concurrent_appends,
            batch_max: of_store.batch_max,
        };
        let node = Node::new(options.clone(), traits, catalog.clone(), rand::random(), now);
        let inner = Arc::new(Inner {
            node: Mutex::new(node),
            store,
            catalog,
            handlers: Handlers::default(),
            options,
            work: Notify::new(),
            timers: Notify::new(),
            indexing: tokio::sync::Mutex::new(()),
            clock: Clock::new(now),
            stopping: watch::Sender::new(false),
            read_only: AtomicBool::new(false),
            read_only_cause: Mutex::new("".into()),
        });
        duties::start(&inner);
        Ok(Self { inner })
    }

    /// Stops the duties, brings everything that was accepted to disk and closes the store. Calls made from now on fail.
    ///
    /// # Errors
    /// If the store fails while closing.
    pub async fn shutdown(&self) -> Result<(), Error> {
        self.inner.handlers.stop();
        self.with_node(|node, _| node.let_all_go());
        self.with_node(|node, now| node.flush_claims(now));
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
        while self.inner.node.lock().backlog() > 0
            && tokio::time::Instant::now() < deadline
            && !self.is_read_only()
        {
            self.inner.work.notify_one();
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        if !self.is_read_only()
            && let Err(error) = self.leave_word().await
        {
            // Others find it out by time alone.
            tracing::warn!(%error, "other nodes are not told that this one stops");
        }
        self.inner.stopping.send_replace(true);
        self.inner.store.close().await?;
        Ok(())
    }

    /// Tells the store who polled here last, and gives back what is reserved for this node.
    async fn leave_word(&self) -> Result<(), Error> {
        let (polls, reserved) = self.with_node(|node, now| (node.take_polls(now), node.take_reserved()));
        if !polls.is_empty() {
            self.inner.store.put_polls(polls).await?;
        }
        if !reserved.is_empty() {
            self.inner.store.release(&self.inner.options.node, reserved).await?;
        }
        Ok(())
    }
}
