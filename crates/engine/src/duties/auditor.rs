//! Looks for running executions that nothing would ever wake. There are none unless something is wrong.
//!
//! Executions that wait for a signal look like that to the store, and there may be millions, so each look takes the next
//! thousand.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use segue_core::id::ExecutionId;

use crate::engine::Inner;
use crate::error::Error;

const PAUSE: Duration = Duration::from_secs(10);
const CANDIDATES: usize = 1000;

pub(crate) async fn run(inner: Arc<Inner>) {
    let mut audit = Audit::default();
    loop {
        tokio::time::sleep(PAUSE).await;
        match audit.look(&inner).await {
            Ok(_) if audit.orphans.is_empty() => {}
            Ok(_) => tracing::error!(executions = ?audit.orphans, "running executions own no wake-up"),
            Err(error) => tracing::warn!(%error, "the audit could not be made"),
        }
    }
}

/// One audit of everything.
pub(crate) async fn audit(inner: &Inner) -> Result<u64, Error> {
    let mut audit = Audit::default();
    while !audit.look(inner).await? {}
    Ok(audit.orphans.len() as u64)
}

/// A walk through all executions, again and again.
#[derive(Default)]
struct Audit {
    /// Where the last look ended.
    after: Option<ExecutionId>,
    orphans: BTreeSet<ExecutionId>,
}

impl Audit {
    /// Looks at the next candidates; true at the end of a round.
    async fn look(&mut self, inner: &Inner) -> Result<bool, Error> {
        let found = inner.store.without_wake_up(self.after, CANDIDATES).await?;
        let mut orphans = Vec::new();
        for id in &found {
            if !waits_for_signal(inner, *id).await? {
                orphans.push(*id);
            }
        }
        if !orphans.is_empty() {
            // It may have gone on between the two questions.
            let still = inner.store.without_wake_up(self.after, CANDIDATES).await?;
            orphans.retain(|id| still.contains(id));
        }
        let last = found.iter().max().copied().filter(|_| found.len() >= CANDIDATES);
        let range = (
            self.after.map_or(Bound::Unbounded, Bound::Excluded),
            last.map_or(Bound::Unbounded, Bound::Included),
        );
        let seen: Vec<ExecutionId> = self.orphans.range(range).copied().collect();
        for id in seen {
            self.orphans.remove(&id);
        }
        self.orphans.extend(orphans);
        self.after = last;
        inner.node.lock().set_orphans(self.orphans.len() as u64);
        Ok(last.is_none())
    }
}

/// A signal that is waited for is a wake-up too, which only the state tells.
async fn waits_for_signal(inner: &Inner, id: ExecutionId) -> Result<bool, Error> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let reader = Box::new(WaitsForSignal { seen: false, sender });
    let ask = crate::node::Ask::Read(reader);
    let request = crate::node::Request {
        execution: id,
        ask,
        logs: Vec::new(),
        done: crate::node::Done::Nobody,
        tries: 0,
    };
    inner.with_node(|node, now| node.submit(request, now));
    match receiver.await {
        Ok(Ok(waits)) => Ok(waits),
        Ok(Err(Error::NoSuchExecution(_))) => Ok(true),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::ShuttingDown),
    }
}

struct WaitsForSignal {
    seen: bool,
    sender: tokio::sync::oneshot::Sender<Result<bool, Error>>,
}

impl crate::node::Reader for WaitsForSignal {
    fn look(&mut self, execution: &segue_core::execution::Execution) {
        use segue_core::why::Wait;
        let waits = segue_core::why::why(execution, segue_core::time::Timestamp(i64::MAX));
        self.seen =
            waits.iter().any(|wait| matches!(wait, Wait::Signal { .. } | Wait::Paused | Wait::Ended { .. }));
    }

    fn deliver(self: Box<Self>, result: Result<(), Error>) {
        // The audit may have been given up.
        let _ = self.sender.send(result.map(|()| self.seen));
    }
}
