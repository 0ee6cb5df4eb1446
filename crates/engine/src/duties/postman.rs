//! Delivers messages that nobody delivered: those of a node that is gone, or that could not be delivered at first.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Inner;

const PAUSE: Duration = Duration::from_secs(5);
/// On a shared store messages of nodes that are gone wait no longer than this.
const PAUSE_SHARED: Duration = Duration::from_secs(1);
const PAGE: usize = 1000;

pub(crate) async fn run(inner: Arc<Inner>) {
    let pause = if inner.store.traits().shared { PAUSE_SHARED } else { PAUSE };
    loop {
        if let Err(error) = round(&inner).await {
            tracing::warn!(%error, "messages could not be read");
        }
        tokio::time::sleep(pause).await;
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
