//! Keeps the catalog in step with what other nodes register, writes down who polls, and finds out whether a store that could not
//! be written can be again.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Inner;

const PAUSE: Duration = Duration::from_secs(5);
const PAUSE_SHARED: Duration = Duration::from_millis(250);

pub(crate) async fn run(inner: Arc<Inner>) {
    let shared = inner.store.traits().shared;
    let pause = if shared { PAUSE_SHARED } else { PAUSE };
    let mut round = 0u32;
    loop {
        tokio::time::sleep(pause).await;
        round = round.wrapping_add(1);
        if shared && let Err(error) = catch_up(&inner).await {
            tracing::warn!(%error, "the catalog could not be read");
        }
        if inner.is_read_only() && inner.store.flush().await.is_ok() {
            // After a full disk there may be room again; after a failed sync the store goes on refusing.
            inner.set_read_only(None);
        }
        if !shared || round.is_multiple_of(20) {
            let polls = inner.with_node(|node, now| node.take_polls(now));
            if !polls.is_empty()
                && let Err(error) = inner.store.put_polls(polls).await
                && !inner.is_stopping()
            {
                tracing::warn!(%error, "polls could not be written down");
            }
        }
    }
}

/// Reads the catalog if another node changed it.
pub(crate) async fn catch_up(inner: &Inner) -> Result<(), segue_store::contract::Error> {
    if inner.store.catalog_revision().await? != inner.catalog.revision() {
        let (revision, entries) = inner.store.catalog().await?;
        inner.catalog.replace(revision, entries);
    }
    Ok(())
}
