//! Tasks that workers do: scheduled on the queue of their type and domain.

use super::turn::Turn;
use crate::event::{Frame, QueueName};
use crate::plan::NodeIndex;
use crate::time::Timestamp;

/// Schedules an attempt. `ready_at` is that of another attempt; the first one has the start delay.
pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, ready_at: Option<Timestamp>) {
    let now = turn.ctx.now;
    let start_delay = i64::from(turn.node(node).task.start_delay);
    let ready_at = ready_at.unwrap_or_else(|| now.plus_seconds(start_delay));
    let queue = queue_of(turn, node);
    turn.schedule(node, frame, |scheduled| {
        scheduled.queue = Some(queue);
        scheduled.ready_at = (ready_at > now).then_some(ready_at);
    });
}

/// Schedules an attempt for a handler of the engine, which polls the queue of the type's name.
pub(super) fn visit_builtin(
    turn: &mut Turn<'_>,
    node: NodeIndex,
    frame: &Frame,
    queue: &str,
    ready_at: Option<Timestamp>,
) {
    let now = turn.ctx.now;
    let start_delay = i64::from(turn.node(node).task.start_delay);
    let ready_at = ready_at.unwrap_or_else(|| now.plus_seconds(start_delay));
    turn.schedule(node, frame, |scheduled| {
        scheduled.queue = Some(QueueName::new(queue, None));
        scheduled.ready_at = (ready_at > now).then_some(ready_at);
    });
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
