//! What every handler is given.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use segue_engine::Engine;
use tokio::sync::watch;

use crate::conductor::followups::Followups;
use crate::metrics::Metrics;
use crate::openapi;
use crate::options::ServerOptions;
use crate::route::Route;

/// The server's state, cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<State>);

pub(crate) struct State {
    pub(crate) engine: Engine,
    pub(crate) options: ServerOptions,
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// True once the server stops: whoever waits for something answers now.
    pub(crate) stopping: watch::Receiver<bool>,
    pub(crate) followups: Followups,
    pub(crate) metrics: Metrics,
    /// The OpenAPI document.
    pub(crate) description: String,
}

impl App {
    pub(crate) fn new(
        engine: Engine,
        options: ServerOptions,
        address: SocketAddr,
        stopping: watch::Receiver<bool>,
        table: &[Route],
    ) -> Self {
        let metrics = Metrics::new(engine.clone(), table);
        let description = openapi::describe(table).to_string();
        let followups = Followups::default();
        Self(Arc::new(State { engine, options, address, stopping, followups, metrics, description }))
    }

    /// Waits until the server stops.
    pub(crate) async fn stopped(&self) {
        let mut stopping = self.stopping.clone();
        // The sender lives as long as the server; without it there is nothing to wait for either.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }
}

impl Deref for App {
    type Target = State;
    fn deref(&self) -> &State {
        &self.0
    }
}
