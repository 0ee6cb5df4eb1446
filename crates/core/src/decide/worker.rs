//! Tasks that workers do: scheduled on the queue of their type and domain.

use super::turn::Turn;
use crate::event::{Frame, QueueName, TaskScheduled};
use crate::execution::Task;
use crate::plan::{Kind, NodeIndex};
use crate::time::Timestamp;

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let delay = i64::from(turn.node(node).task.start_delay);
    let ready_at = (delay > 0).then(|| turn.ctx.now.plus_seconds(delay));
    let queue = queue_of(turn, node);
    turn.schedule(node, frame, |scheduled| {
        scheduled.queue = Some(queue);
        scheduled.ready_at = ready_at;
    });
}

/// Schedules another attempt at what `task` was an attempt at.
pub(super) fn repeat(turn: &mut Turn<'_>, task: &Task, ready_at: Timestamp) {
    let plan = turn.plan.clone();
    let again = |scheduled: &mut TaskScheduled| {
        scheduled.attempt = task.attempt + 1;
        scheduled.retry_of = Some(task.ordinal);
    };
    match &plan.node(task.node).kind {
        Kind::SubWorkflow(child) => {
            super::sub_workflow::visit(turn, task.node, &task.frame, child, Some(task))
        }
        Kind::Worker => {
            let queue = queue_of(turn, task.node);
            let now = turn.ctx.now;
            turn.schedule(task.node, &task.frame, |scheduled| {
                again(scheduled);
                scheduled.queue = Some(queue);
                scheduled.ready_at = (ready_at > now).then_some(ready_at);
            });
        }
        Kind::Wait => super::wait::repeat(turn, task),
        Kind::Human => {
            turn.schedule(task.node, &task.frame, again);
        }
        _ => turn.visit(task.node, &task.frame),
    }
}

/// The queue of a worker's task: the first of its domains that a worker polls, else the last of them.
fn queue_of(turn: &Turn<'_>, node: NodeIndex) -> QueueName {
    let name = &turn.node(node).name;
    let domains = &turn.exec.started.domains;
    let listed = domains
        .get(&**name)
        .or_else(|| domains.get("*"))
        .and_then(|value| value.as_str())
        .unwrap_or_default();
    let mut last = QueueName::new(name, None);
    for domain in listed.split(',').map(str::trim).filter(|domain| !domain.is_empty()) {
        last = QueueName::new(name, (domain != "NO_DOMAIN").then_some(domain));
        if (turn.ctx.is_polled)(&last) {
            break;
        }
    }
    last
}
