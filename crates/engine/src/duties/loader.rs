//! Fulfils what the node wants from the store.

use std::sync::Arc;

use segue_core::id::{BlueprintHash, ExecutionId};
use segue_core::plan::Plan;
use segue_store::contract::WindowRequest;

use crate::cadence::RESERVATION_MS;
use crate::engine::Inner;
use crate::error::Error;
use crate::node::{Found, Loadable, Want, pinned_plan};

pub(crate) async fn fulfil(inner: Arc<Inner>, want: Want) {
    match want {
        Want::Load { execution, after_seq } => {
            let result = load(&inner, execution, after_seq).await;
            inner.with_node(|node, now| node.loaded(execution, result, now));
        }
        Want::Window { queue, from, ready_before, count_max } => {
            let now = inner.now();
            let request = WindowRequest {
                queue: queue.clone(),
                node: inner.options.node.clone(),
                from,
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
                    if !inner.is_stopping() {
                        tracing::warn!(%queue, %error, "a queue could not be read");
                    }
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
        Want::Evaluate { task, round, token, evaluation, share } => {
            let answer = inner.options.evaluator.evaluate(evaluation, share).await;
            inner.with_node(|node, now| node.evaluated(task, round, token, answer, now));
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
    let loaded = inner.store.load(id, after_seq).await?;
    match Found::read(id, after_seq, loaded)? {
        Found::Loadable(loadable) => Ok(loadable),
        Found::Stored(stored) => {
            let mut plans = Vec::new();
            for pinned in stored.blueprints() {
                plans.push(plan(inner, id, pinned).await?);
            }
            stored.fold(plans)
        }
    }
}

async fn plan(inner: &Inner, id: ExecutionId, hash: BlueprintHash) -> Result<Arc<Plan>, Error> {
    if let Some(plan) = inner.catalog.plan(hash) {
        return Ok(plan);
    }
    let body = inner.store.blueprint(hash).await?;
    Ok(inner.catalog.keep(Arc::new(pinned_plan(id, hash, body)?)))
}
