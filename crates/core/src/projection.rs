//! What a record implies for the tables beside the journal: queues, leases, timers, messages, search.
//!
//! A pure function of the record, so that every table can be rebuilt from the journal alone.

use std::sync::Arc;

use crate::event::{Event, ExecutionStarted, QueueName};
use crate::id::{ExecutionId, TaskId};
use crate::record::{Message, MessageId, Record};
use crate::status::ExecutionStatus;
use crate::time::Timestamp;

/// How much earlier one step of priority puts an attempt in its queue. Ready time wins in the end, so
/// nothing starves.
pub const AGEING_STEP_MS: i64 = 10_000;

/// An attempt that waits for a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The attempt.
    pub task: TaskId,
    /// Where.
    pub queue: QueueName,
    /// Its place: lower is earlier, fixed when queued.
    pub rank: i64,
    /// Not before this instant.
    pub ready_at: Timestamp,
}

impl Ready {
    /// An attempt that was queued with this priority to be ready at this instant.
    pub fn new(task: TaskId, queue: &QueueName, priority: u8, ready_at: Timestamp) -> Self {
        let rank = ready_at.0 - i64::from(priority) * AGEING_STEP_MS;
        Self { task, queue: queue.clone(), rank, ready_at }
    }
}

/// An attempt that a worker holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The attempt.
    pub task: TaskId,
    /// Who holds it.
    pub worker: Option<Arc<str>>,
    /// Until when, as far as the journal says; absent: no limit.
    pub until: Option<Timestamp>,
    /// The limit that it occupies a place of.
    pub slot: Option<Arc<str>>,
}

/// One change of one table.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A new execution.
    Started(Box<ExecutionStarted>),
    /// A new status, with its reason.
    Status(ExecutionStatus, Option<Arc<str>>),
    /// The execution is described anew. It started again at this instant, if there is one.
    Redefined(Box<ExecutionStarted>, Option<Timestamp>),
    /// An attempt waits in a queue.
    Ready(Ready),
    /// An attempt is held by a worker, and waits no longer.
    Leased(Lease),
    /// An attempt neither waits nor is held any more.
    Settled(TaskId),
    /// The execution is over: none of its attempts waits or is held.
    AllSettled,
    /// A message is on its way.
    Sent(MessageId, Box<Message>),
    /// A message has been dealt with.
    Applied(MessageId),
    /// When to look at the execution next.
    WakeAt(Option<Timestamp>),
}

/// All changes that the record with this seq makes, in order. The last is always a [`Change::WakeAt`].
pub fn changes(execution: ExecutionId, seq: u64, record: &Record) -> Vec<Change> {
    let mut changes =
        Vec::with_capacity(record.events.len() + record.messages.len() + record.applied.len() + 1);
    for event in &record.events {
        push_event(&mut changes, execution, record.at, event);
    }
    for (index, message) in (0u32..).zip(&record.messages) {
        changes.push(Change::Sent(MessageId { sender: execution, seq, index }, Box::new(message.clone())));
    }
    changes.extend(record.applied.iter().copied().map(Change::Applied));
    changes.push(Change::WakeAt(record.wake_at));
    changes
}

fn push_event(changes: &mut Vec<Change>, execution: ExecutionId, at: Timestamp, event: &Event) {
    match event {
        Event::ExecutionStarted(started) => changes.push(Change::Started(started.clone())),
        Event::TaskScheduled(scheduled) => {
            if let Some(queue) = &scheduled.queue {
                let task = execution.task(scheduled.task);
                changes.push(Change::Ready(Ready::new(
                    task,
                    queue,
                    scheduled.priority,
                    scheduled.ready_at.unwrap_or(at),
                )));
            }
        }
        Event::AttemptStarted(started) => changes.push(Change::Leased(Lease {
            task: execution.task(started.task),
            worker: started.worker.clone(),
            until: started.lease_until,
            slot: started.slot.clone(),
        })),
        Event::AttemptDeferred(deferred) => {
            let task = execution.task(deferred.task);
            changes.push(Change::Settled(task));
            changes.push(Change::Ready(Ready::new(
                task,
                &deferred.queue,
                deferred.priority,
                deferred.ready_at,
            )));
        }
        Event::AttemptParked { task, .. } => changes.push(Change::Settled(execution.task(*task))),
        Event::TaskEnded(ended) => changes.push(Change::Settled(execution.task(ended.task))),
        Event::ExecutionPaused => changes.push(Change::Status(ExecutionStatus::Paused, None)),
        Event::ExecutionResumed | Event::ExecutionRetried => {
            changes.push(Change::Status(ExecutionStatus::Running, None));
        }
        Event::Restarted(started) => {
            changes.push(Change::Status(ExecutionStatus::Running, None));
            changes.push(Change::Redefined(started.clone(), Some(at)));
        }
        Event::PlanReplaced(replaced) => {
            changes.push(Change::Redefined(Box::new(replaced.started.clone()), None));
        }
        Event::ExecutionEnded(ended) => {
            changes.push(Change::Status(ended.status, ended.reason.clone()));
            changes.push(Change::AllSettled);
        }
        Event::TaskUpdated { .. }
        | Event::TaskReopened { .. }
        | Event::ChildStarted { .. }
        | Event::Rewound(_)
        | Event::IterationStarted { .. }
        | Event::IterationsDropped { .. }
        | Event::SectionStarted { .. }
        | Event::EvaluationAsked { .. }
        | Event::MessageQueued { .. }
        | Event::MessagesTaken { .. }
        | Event::PlanExtended { .. }
        | Event::VariablesSet(_)
        | Event::StepsDeferred(_)
        | Event::StepsResumed
        | Event::TimeoutNoted { .. }
        | Event::ResultDiscarded { .. } => {}
    }
}
