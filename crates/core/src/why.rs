//! Why an execution is not moving: one line per open attempt, as far as the execution itself knows. The engine
//! adds who polled and who holds a limit.

use serde::Serialize;

use crate::event::QueueName;
use crate::execution::Execution;
use crate::id::{ExecutionId, TaskId};
use crate::status::{ExecutionStatus, TaskStatus};
use crate::time::Timestamp;

/// What one attempt, or the whole execution, waits for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "waiting", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Wait {
    /// Nothing new is scheduled until a resume.
    Paused,
    /// It is over.
    Ended { status: ExecutionStatus, reason: Option<String> },
    /// In a queue, ready.
    Worker { task: TaskId, reference: String, queue: QueueName, since: Timestamp },
    /// In a queue, ready later: a retry, a callback or a start delay.
    ReadyLater {
        task: TaskId,
        reference: String,
        queue: QueueName,
        at: Timestamp,
        attempt: u32,
        reason: Option<String>,
    },
    /// A worker holds it.
    Result { task: TaskId, reference: String, worker: Option<String>, lease_until: Option<Timestamp> },
    /// A JOIN, for these references.
    Join { task: TaskId, reference: String, on: Vec<String> },
    /// A WAIT, for its time.
    Timer { task: TaskId, reference: String, at: Timestamp },
    /// A WAIT or HUMAN, for a call from outside.
    Signal { task: TaskId, reference: String },
    /// An evaluator, for the value of a script.
    Evaluator { task: TaskId, reference: String },
    /// A child.
    Child { task: TaskId, reference: String, child: ExecutionId },
    /// A long record goes on in the next one.
    Continue,
}

/// What the execution waits for, in the order of its attempts. Loops and other scopes are left out: what is open in them is listed.
pub fn why(execution: &Execution, now: Timestamp) -> Vec<Wait> {
    let mut waits = Vec::new();
    match execution.status {
        ExecutionStatus::Running => {}
        ExecutionStatus::Paused => waits.push(Wait::Paused),
        status => {
            return vec![Wait::Ended { status, reason: execution.reason.as_deref().map(str::to_owned) }];
        }
    }
    if execution.status == ExecutionStatus::Running && !execution.deferred.is_empty() {
        waits.push(Wait::Continue);
    }
    for open in execution.tasks().iter().filter(|task| !task.is_terminal()) {
        let node = execution.plan.node(open.node);
        let task = execution.id.task(open.ordinal);
        let reference = open.frame.name(&node.reference);
        let wait = match (&open.queue, open.status, &node.kind) {
            (Some(queue), TaskStatus::Scheduled, _) if open.ready_at > now => Wait::ReadyLater {
                task,
                reference,
                queue: queue.clone(),
                at: open.ready_at,
                attempt: open.attempt,
                reason: earlier_reason(execution, open.retry_of),
            },
            (Some(queue), TaskStatus::Scheduled, _) => {
                Wait::Worker { task, reference, queue: queue.clone(), since: open.ready_at }
            }
            (Some(_), _, _) => Wait::Result {
                task,
                reference,
                worker: open.worker.as_deref().map(str::to_owned),
                lease_until: open.lease.map(|(_, until)| until),
            },
            (None, _, kind) if kind.joins_others() => {
                Wait::Join { task, reference, on: execution.awaited_by(open) }
            }
            (None, _, kind) if kind.is_scope() && open.asked_at.is_none() => continue,
            (None, _, _) if open.asked_at.is_some() => Wait::Evaluator { task, reference },
            (None, _, _) => match (open.child, open.due_at) {
                (Some(child), _) => Wait::Child { task, reference, child },
                (None, Some(at)) => Wait::Timer { task, reference, at },
                (None, None) => Wait::Signal { task, reference },
            },
        };
        waits.push(wait);
    }
    waits
}

fn earlier_reason(execution: &Execution, earlier: Option<u32>) -> Option<String> {
    execution.task(earlier?)?.reason.as_deref().map(str::to_owned)
}
