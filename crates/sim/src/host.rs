//! A node with the shell around it, as far as the shell has a state: what it took out and did not bring back.

use std::sync::Arc;

use segue_core::decide::Answer;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::projection::Ready;
use segue_core::record::{Message, MessageId};
use segue_core::time::Timestamp;
use segue_engine::node::{Batch, Loadable, Node, Want};
use segue_engine::{Catalog, Error, Options};
use segue_store::contract::{Appended, Catalog as _};

use crate::setup::Setup;
use crate::store::{SimStore, ready};

pub(crate) struct Host {
    pub(crate) node: Node,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) name: Arc<str>,
    /// Which life of the host this is.
    pub(crate) life: u64,
    /// Batches that were taken and whose outcome the node does not know.
    pub(crate) flights: Vec<Flight>,
    pub(crate) errands: Vec<Errand>,
    /// Nothing of it runs before this instant.
    pub(crate) frozen_until: Timestamp,
    pub(crate) next_scan: Timestamp,
    pub(crate) next_post: Timestamp,
    pub(crate) next_tick: Timestamp,
    /// Its clock is so much behind the store's.
    lag_ms: i64,
}

pub(crate) struct Flight {
    pub(crate) batch: Batch,
    /// What became of it, once the store has it.
    pub(crate) outcomes: Option<Vec<Appended>>,
}

/// Work outside the node: first a read of the store, then what it found on its way back.
pub(crate) enum Errand {
    Want(Want),
    Loaded(ExecutionId, Result<Loadable, Error>),
    Window { queue: segue_core::event::QueueName, found: Vec<Ready>, exhausted: bool },
    Planned(MessageId, Box<Message>),
    Evaluated(TaskId, u32, u64, Answer),
    Scan,
    Due(Vec<(Timestamp, ExecutionId)>),
    Post,
    Mail(Vec<(MessageId, Message)>),
}

impl Host {
    /// Opens a node on the store, as an engine does.
    pub(crate) fn open(
        index: usize,
        life: u64,
        setup: &Setup,
        store: &SimStore,
        node_seed: u64,
        lag_ms: i64,
        now: Timestamp,
    ) -> Self {
        let catalog = Arc::new(Catalog::default());
        let (revision, entries) = ready(store.memory.catalog());
        let unreadable = catalog.replace(revision, entries);
        assert!(unreadable.is_empty(), "the menu is readable");
        let name: Arc<str> = format!("node-{index}").into();
        let options = Options { node: name.clone(), ..setup.options.clone() };
        let born = now.plus_ms(-lag_ms);
        let node = Node::new(options, setup.traits, catalog.clone(), node_seed, born);
        Self {
            node,
            catalog,
            name,
            life,
            flights: Vec::new(),
            errands: vec![Errand::Scan, Errand::Post],
            frozen_until: now,
            next_scan: now,
            next_post: now,
            next_tick: now,
            lag_ms,
        }
    }

    /// The present as this host sees it.
    pub(crate) fn now(&self, now: Timestamp) -> Timestamp {
        now.plus_ms(-self.lag_ms)
    }

    pub(crate) fn lag_ms(&self) -> i64 {
        self.lag_ms
    }

    pub(crate) fn is_frozen(&self, now: Timestamp) -> bool {
        self.frozen_until > now
    }
}
