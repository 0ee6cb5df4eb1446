//! Brings the outbox to the store, batch by batch: all that comes while one is being committed shares the next.

use std::sync::Arc;

use segue_store::contract::Error as StoreError;

use super::loader;
use crate::engine::Inner;
use crate::node::Batch;

/// How often a batch is held back for calls that are about to join it.
const ROUNDS_MAX: usize = 8;

pub(crate) async fn run(inner: Arc<Inner>) {
    let mut last = 0;
    loop {
        if last > 1 {
            gather(&inner).await;
        }
        let (batch, wants) = {
            let mut node = inner.node.lock();
            (node.take_batch(), node.take_wants())
        };
        if let Some(batch) = &batch {
            last = batch.appends.len();
        }
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

/// Under load the callers of the last batch call again as soon as they are answered: the runtime gets a few turns to take
/// in what they sent, so that it shares one commit. Ends as soon as a turn brings nothing; waits for no clock.
async fn gather(inner: &Inner) {
    let mut waiting = inner.node.lock().outbox_len();
    for _ in 0..ROUNDS_MAX {
        tokio::task::yield_now().await;
        let now_waiting = inner.node.lock().outbox_len();
        if now_waiting == waiting {
            break;
        }
        waiting = now_waiting;
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
