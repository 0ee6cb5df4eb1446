//! What an engine does in the background, one file per duty.

mod auditor;
pub(crate) mod indexer;
pub(crate) mod librarian;
mod loader;
mod postman;
mod scheduler;
mod ticker;
mod writer;

use std::sync::Arc;

use crate::engine::Inner;

pub(crate) use auditor::audit;

/// Starts all duties; they end with the engine.
pub(crate) fn start(inner: &Arc<Inner>) {
    tokio::spawn(until_stopped(inner.clone(), writer::run(inner.clone())));
    tokio::spawn(until_stopped(inner.clone(), ticker::run(inner.clone())));
    tokio::spawn(until_stopped(inner.clone(), ticker::scan(inner.clone())));
    tokio::spawn(until_stopped(inner.clone(), postman::run(inner.clone())));
    tokio::spawn(until_stopped(inner.clone(), auditor::run(inner.clone())));
    tokio::spawn(until_stopped(inner.clone(), librarian::run(inner.clone())));
    tokio::spawn(until_stopped(inner.clone(), indexer::run(inner.clone())));
    tokio::spawn(until_stopped(inner.clone(), scheduler::run(inner.clone())));
}

async fn until_stopped(inner: Arc<Inner>, duty: impl Future<Output = ()> + Send) {
    let mut stopping = inner.stopping();
    tokio::select! {
        // First, so that no duty tells that the store is closed.
        biased;
        _ = stopping.wait_for(|stop| *stop) => {}
        () = duty => {}
    }
}
