//! The one duty for time: sleeps until the next instant that matters, and reads the wake-ups of the minute to
//! come from the store.

use std::sync::Arc;
use std::time::Duration;

use crate::cadence::{SCAN_PAUSE_MS, SCAN_PAUSE_SHARED_MS, TICK_MS_MAX, TIMERS_AHEAD_MS, TIMERS_GRACE_MS};
use crate::engine::Inner;

const PAGE: usize = 5000;

pub(crate) async fn run(inner: Arc<Inner>) {
    loop {
        let due = inner.with_node(|node, now| {
            node.tick(now);
            node.evict(now);
            node.sleep_until(now.plus_ms(TICK_MS_MAX))
        });
        let wait_ms = (due - inner.now()).clamp(0, TICK_MS_MAX);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(wait_ms.unsigned_abs().max(1))) => {}
            () = inner.timers.notified() => {}
        }
    }
}

pub(crate) async fn scan(inner: Arc<Inner>) {
    let shared = inner.store.traits().shared;
    let (ahead_ms, pause) =
        if shared { (-TIMERS_GRACE_MS, SCAN_PAUSE_SHARED_MS) } else { (TIMERS_AHEAD_MS, SCAN_PAUSE_MS) };
    loop {
        if let Err(error) = scan_once(&inner, ahead_ms).await
            && !inner.is_stopping()
        {
            tracing::warn!(%error, "due wake-ups could not be read");
        }
        if shared && let Ok(now) = inner.store.now().await {
            inner.set_clock(now);
        }
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
}

async fn scan_once(inner: &Inner, ahead_ms: i64) -> Result<(), segue_store::contract::Error> {
    let before = inner.now().plus_ms(ahead_ms);
    let mut after = None;
    loop {
        let found = inner.store.due(before, after, PAGE).await?;
        let Some(last) = found.last().copied() else { return Ok(()) };
        let is_last_page = found.len() < PAGE;
        inner.with_node(|node, _| node.due(found));
        inner.timers.notify_one();
        if is_last_page {
            return Ok(());
        }
        after = Some(last);
    }
}
