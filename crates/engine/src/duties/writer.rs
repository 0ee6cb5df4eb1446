//! Brings the outbox to the store, batch by batch: all that comes while one is being committed shares the next.

use std::sync::Arc;

use segue_store::contract::Error as StoreError;

use super::loader;
use crate::engine::Inner;
use crate::node::Batch;

pub(crate) async fn run(inner: Arc<Inner>) {
    loop {
        let (batch, wants) = {
            let mut node = inner.node.lock();
            (node.take_batch(), node.take_wants())
        };
        let idle = batch.is_none() && wants.is_empty();
        for want in wants {
            tokio::spawn(loader::fulfil(inner.clone(), want));
        }
        match batch {
            Some(batch) if inner.store.traits().concurrent_appends > 1 => {
                tokio::spawn(commit(inner.clone(), batch));
            }
            Some(batch) => commit(inner.clone(), batch).await,
            None => {}
        }
        if idle {
            inner.work.notified().await;
        }
    }
}

async fn commit(inner: Arc<Inner>, batch: Batch) {
    let id = batch.id;
    match inner.store.append(batch.appends).await {
        Ok(outcomes) => {
            inner.set_read_only(None);
            inner.with_node(|node, now| node.committed(id, outcomes, now));
        }
        Err(error) => {
            if let StoreError::Unwritable(cause) = &error {
                inner.set_read_only(Some(cause.clone()));
            }
            tracing::error!(%error, "records could not be committed; their callers are told");
            inner.with_node(|node, now| node.commit_failed(id, &error, now));
        }
    }
    inner.work.notify_one();
}
