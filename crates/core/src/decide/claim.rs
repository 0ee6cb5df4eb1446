//! A worker takes an attempt.

use std::sync::Arc;

use super::turn::Turn;
use super::{Outcome, Refusal};
use crate::event::{AttemptStarted, Event};
use crate::status::TaskStatus;

pub(super) fn decide(
    turn: &mut Turn<'_>,
    ordinal: u32,
    worker: Option<Arc<str>>,
    lease_ms: Option<i64>,
) -> Result<Outcome, Refusal> {
    if turn.is_over() {
        return Err(Refusal::Ended(turn.exec.status));
    }
    let task = turn.task(ordinal)?;
    if task.status != TaskStatus::Scheduled || task.queue.is_none() {
        return Err(Refusal::NotReady(task.status));
    }
    let now = turn.ctx.now;
    if task.ready_at > now {
        return Err(Refusal::NotYet(task.ready_at));
    }
    let def = turn.node(task.node).task_def.clone();
    let of_type = def.as_ref().map_or(0, |def| def.response_timeout_seconds.saturating_mul(1000));
    let ms = lease_ms.unwrap_or(if of_type > 0 { of_type } else { turn.ctx.limits.lease_ms_default });
    let limited = def.as_ref().is_some_and(|def| def.concurrent_exec_limit.is_some_and(|max| max > 0));
    let slot = def.filter(|_| limited).map(|def| Arc::from(def.name.as_str()));
    turn.emit(Event::AttemptStarted(AttemptStarted {
        task: ordinal,
        at: now,
        worker,
        lease_until: Some(now.plus_ms(ms)),
        slot,
    }));
    Ok(Outcome::Applied)
}
