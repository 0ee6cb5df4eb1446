//! Executions from one store into another, as they are: the journal says it all, so the tables beside it follow.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use segue_core::event::{Event, ExecutionStarted};
use segue_core::id::{BlueprintHash, ExecutionId};
use segue_core::record::{MessageBody, Record};

use crate::contract::{Append, Appended, Blueprint, Error, Result, Store};

/// Records that go into one transaction.
const BATCH: usize = 500;

/// Copies every execution of a store, with the definitions that they pin and the logs of their attempts. What is in `to`
/// already stays as it is. Returns how many records were copied.
///
/// # Errors
/// Those of either store.
pub async fn copy_executions(from: &dyn Store, to: &dyn Store) -> Result<u64> {
    let (mut copied, mut known, mut roots) = (0, HashSet::new(), HashMap::new());
    for partition in 0..from.partitions() {
        let mut after = 0;
        loop {
            let records = from.tail(partition, after, BATCH).await?;
            let Some(last) = records.last() else { break };
            after = last.position;
            let mut batch = Vec::with_capacity(records.len());
            for stored in records {
                let blueprints = blueprints_of(from, &stored.record, &mut known).await?;
                batch.push(Append {
                    execution: stored.execution,
                    root: root_of(&mut roots, stored.execution, &stored.record),
                    expected_seq: stored.seq - 1,
                    logs: logs_of(from, stored.execution, &stored.record).await?,
                    record: Arc::new(stored.record),
                    blueprints,
                    admission: None,
                });
            }
            let outcomes = to.append(batch).await?;
            copied += outcomes.iter().filter(|one| matches!(one, Appended::Committed { .. })).count() as u64;
        }
    }
    to.flush().await?;
    Ok(copied)
}

/// The topmost ancestor, which the first record of an execution names.
fn root_of(
    roots: &mut HashMap<ExecutionId, ExecutionId>,
    execution: ExecutionId,
    record: &Record,
) -> ExecutionId {
    if let Some(Event::ExecutionStarted(started)) = record.events.first() {
        roots.insert(execution, started.root.unwrap_or(execution));
    }
    roots.get(&execution).copied().unwrap_or(execution)
}

/// The lines of the attempts that end in a record: those of open ones may still grow and stay behind.
async fn logs_of(
    from: &dyn Store,
    execution: ExecutionId,
    record: &Record,
) -> Result<Vec<crate::contract::LogLine>> {
    let mut lines = Vec::new();
    for event in &record.events {
        if let Event::TaskEnded(ended) = event {
            lines.extend(from.logs(execution.task(ended.task)).await?);
        }
    }
    Ok(lines)
}

/// The definitions that a record pins and that were not copied yet.
async fn blueprints_of(
    from: &dyn Store,
    record: &Record,
    known: &mut HashSet<BlueprintHash>,
) -> Result<Vec<Blueprint>> {
    let of_start = |started: &ExecutionStarted| started.blueprint;
    let in_events = record.events.iter().filter_map(|event| match event {
        Event::ExecutionStarted(started) | Event::Restarted(started) => Some(of_start(started)),
        Event::PlanReplaced(replaced) => Some(of_start(&replaced.started)),
        Event::PlanExtended { fragment, .. } => Some(*fragment),
        _ => None,
    });
    let in_messages = record.messages.iter().filter_map(|message| match &message.body {
        MessageBody::Start(started) => Some(of_start(started)),
        _ => None,
    });
    let mut found = Vec::new();
    for hash in in_events.chain(in_messages) {
        if known.insert(hash) {
            let body = from.blueprint(hash).await?;
            let body =
                body.ok_or_else(|| Error::Unavailable(format!("definition {hash} is missing").into()))?;
            found.push(Blueprint { hash, body });
        }
    }
    Ok(found)
}
