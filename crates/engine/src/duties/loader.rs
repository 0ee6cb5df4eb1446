//! Fulfils what the node wants from the store.

use std::sync::Arc;

use segue_core::execution::{Execution, snapshot};
use segue_core::id::{BlueprintHash, ExecutionId};
use segue_core::plan::{Plan, compile};
use segue_store::contract::{Loaded, WindowRequest};

use crate::engine::Inner;
use crate::error::Error;
use crate::node::{Loadable, Want};

/// A shared store keeps what it handed to this node from the others for so long.
const RESERVATION_MS: i64 = 10_000;

pub(crate) async fn fulfil(inner: Arc<Inner>, want: Want) {
    match want {
        Want::Load { execution, after_seq } => {
            let result = load(&inner, execution, after_seq).await;
            inner.with_node(|node, now| node.loaded(execution, result, now));
        }
        Want::Window { queue, after_rank, ready_before, count_max } => {
            let now = inner.now();
            let request = WindowRequest {
                queue: queue.clone(),
                node: inner.options.node.clone(),
                after_rank,
                ready_before,
                count_max,
                reserved_until: now.plus_ms(RESERVATION_MS),
                now,
            };
            match inner.store.window(request).await {
                Ok(found) => {
                    let exhausted = found.len() < count_max;
                    inner.with_node(|node, now| node.window(&queue, found, exhausted, now));
                }
                Err(error) => {
                    tracing::warn!(%queue, %error, "a queue could not be read");
                    inner.with_node(|node, _| node.window_failed(&queue));
                }
            }
        }
        Want::PutSnapshot(execution, snapshot) => {
            if let Err(error) = inner.store.put_snapshot(execution, snapshot).await {
                tracing::warn!(%execution, %error, "a snapshot could not be stored; the next one will do");
            }
        }
        Want::ExtendLease(task, until) => {
            if let Err(error) = inner.store.extend_lease(task, until).await {
                tracing::warn!(%task, %error, "the extension of a lease could not be stored");
            }
        }
        Want::Plan(id, message) => match message_plan(&inner, &message).await {
            Ok(()) => inner.with_node(|node, now| node.deliver(id, *message, now)),
            // The postman comes by again.
            Err(error) => tracing::error!(receiver = %message.to, %error, "a start cannot be delivered yet"),
        },
    }
}

async fn message_plan(inner: &Inner, message: &segue_core::record::Message) -> Result<(), Error> {
    match &message.body {
        segue_core::record::MessageBody::Start(started) => {
            plan(inner, message.to, started.blueprint).await.map(drop)
        }
        _ => Ok(()),
    }
}

async fn load(inner: &Inner, id: ExecutionId, after_seq: u64) -> Result<Loadable, Error> {
    let Some(loaded) = inner.store.load(id, after_seq).await? else { return Ok(Loadable::Missing) };
    if after_seq > 0 && loaded.snapshot.is_none() {
        return Ok(Loadable::Tail { records: loaded.tail, extended: loaded.extended });
    }
    whole(inner, id, loaded).await
}

/// Folds an execution from its snapshot and the records behind it.
async fn whole(inner: &Inner, id: ExecutionId, loaded: Loaded) -> Result<Loadable, Error> {
    let quarantined = |reason: String| Error::Quarantined { execution: id, reason };
    let mut tail = loaded.tail.into_iter();
    let (mut execution, mut seq) = match loaded.snapshot {
        Some(stored) => {
            let saved: snapshot::Snapshot =
                serde_json::from_str(stored.body.text()).map_err(|error| quarantined(error.to_string()))?;
            let plan = plan(inner, id, saved.started.blueprint).await?;
            (saved.restore(id, plan).map_err(|misfit| quarantined(misfit.to_string()))?, stored.seq)
        }
        None => {
            let (seq, first) = tail.next().ok_or_else(|| quarantined("it has no records".to_owned()))?;
            let started = Execution::start_of(&first)
                .ok_or_else(|| quarantined("its first record is no start".to_owned()))?;
            let plan = plan(inner, id, started.blueprint).await?;
            let mut execution = Execution::new(id, plan, Arc::new(started.clone()), first.at);
            execution.fold_record(&first).map_err(|misfit| quarantined(misfit.to_string()))?;
            (execution, seq)
        }
    };
    let mut count = 0;
    for (next, record) in tail {
        execution.fold_record(&record).map_err(|misfit| quarantined(misfit.to_string()))?;
        seq = next;
        count += 1;
    }
    Ok(Loadable::Whole { execution: Box::new(execution), seq, tail: count, extended: loaded.extended })
}

async fn plan(inner: &Inner, id: ExecutionId, hash: BlueprintHash) -> Result<Arc<Plan>, Error> {
    if let Some(plan) = inner.catalog.plan(hash) {
        return Ok(plan);
    }
    let quarantined = |reason: String| Error::Quarantined { execution: id, reason };
    let body = inner
        .store
        .blueprint(hash)
        .await?
        .ok_or_else(|| quarantined(format!("its blueprint {hash} is missing")))?;
    let definition = serde_json::from_str(body.text()).map_err(|error| quarantined(error.to_string()))?;
    let mut plan = compile(definition)
        .map_err(|violations| quarantined(Error::InvalidDefinition(violations).to_string()))?;
    // A later release may write the same definition with more fields; it stays what it was pinned as.
    plan.hash = hash;
    plan.body = body;
    Ok(inner.catalog.keep(Arc::new(plan)))
}
