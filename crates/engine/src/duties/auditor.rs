//! Looks for running executions that nothing would ever wake. There are none unless something is wrong.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use segue_core::id::ExecutionId;

use crate::engine::Inner;
use crate::error::Error;

const PAUSE: Duration = Duration::from_secs(60);
const CANDIDATES: usize = 1000;

pub(crate) async fn run(inner: Arc<Inner>) {
    loop {
        tokio::time::sleep(PAUSE).await;
        match audit(&inner).await {
            Ok(0) => {}
            Ok(count) => tracing::error!(count, "running executions own no wake-up"),
            Err(error) => tracing::warn!(%error, "the audit could not be made"),
        }
    }
}

/// One audit of everything.
pub(crate) async fn audit(inner: &Inner) -> Result<u64, Error> {
    let mut orphans = HashSet::new();
    let mut after: Option<ExecutionId> = None;
    loop {
        let found = inner.store.without_wake_up(after, CANDIDATES).await?;
        let Some(last) = found.iter().max().copied().filter(|last| after.is_none_or(|after| *last > after))
        else {
            break;
        };
        orphans.extend(found);
        after = Some(last);
    }
    // A signal that is waited for is a wake-up too, which only the state tells.
    let mut count = 0;
    for id in orphans {
        let waits = is_waiting(inner, id).await?;
        count += u64::from(!waits);
    }
    inner.node.lock().set_orphans(count);
    Ok(count)
}

async fn is_waiting(inner: &Inner, id: ExecutionId) -> Result<bool, Error> {
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
        self.seen = waits
            .iter()
            .any(|wait| !matches!(wait, Wait::Join { .. } | Wait::Worker { .. } | Wait::Result { .. }));
    }

    fn deliver(self: Box<Self>, result: Result<(), Error>) {
        // The audit may have been given up.
        let _ = self.sender.send(result.map(|()| self.seen));
    }
}
