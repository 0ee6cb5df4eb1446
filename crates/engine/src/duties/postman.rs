//! Delivers messages that nobody delivered: those of a node that is gone, or that could not be delivered at first.

use std::sync::Arc;
use std::time::Duration;

use crate::cadence::{POST_PAUSE_MS, POST_PAUSE_SHARED_MS};
use crate::engine::Inner;

const PAGE: usize = 1000;

pub(crate) async fn run(inner: Arc<Inner>) {
    let pause = if inner.store.traits().shared { POST_PAUSE_SHARED_MS } else { POST_PAUSE_MS };
    loop {
        if let Err(error) = round(&inner).await
            && !inner.is_stopping()
        {
            tracing::warn!(%error, "messages could not be read");
        }
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
}

async fn round(inner: &Inner) -> Result<(), segue_store::contract::Error> {
    let mut after = None;
    loop {
        let found = inner.store.messages(after, PAGE).await?;
        let is_last_page = found.len() < PAGE;
        after = found.last().map(|(id, _)| *id);
        for (id, message) in found {
            inner.with_node(|node, now| node.deliver(id, message, now));
        }
        if is_last_page {
            return Ok(());
        }
        // Deliveries in flight are skipped by the node, so a long list is walked in step with the commits.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
