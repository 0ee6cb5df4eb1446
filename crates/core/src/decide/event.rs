//! EVENT: a fact for whoever listens. Each handler of it is started by a message of the same record, so what is
//! published is published exactly once; an id derived from the attempt makes a second delivery none.

use serde_json::{Map, Value, json};

use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::event::{Event, ExecutionStarted, Frame};
use crate::expression::Template;
use crate::id::ExecutionId;
use crate::json::Json;
use crate::plan::NodeIndex;
use crate::record::MessageBody;
use crate::status::TaskStatus;
use crate::trigger::Happening;

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, sink: &Template) {
    let ordinal = turn.schedule(node, frame, |_| {});
    if turn.flaw.is_some() {
        return;
    }
    let sink = turn.render(sink, node, frame, ordinal, "sink");
    if turn.flaw.is_some() {
        return;
    }
    let sink = sink.as_str().unwrap_or_default().to_owned();
    let own = &turn.node(node).task;
    let queue = match sink.split_once(':') {
        None if sink == "conductor" => {
            format!("conductor:{}:{}", turn.plan.name, own.task_reference_name)
        }
        Some(("conductor", queue)) => format!("conductor:{}:{queue}", turn.plan.name),
        _ => {
            let reason = format!("Invalid / Unsupported sink specified: {sink}");
            return turn.fail_task(ordinal, TaskStatus::Failed, &reason);
        }
    };
    let is_async = own.async_complete;
    let payload = payload(turn, ordinal);
    if let Err(reason) = publish(turn, ordinal, &queue, &payload) {
        return turn.fail_task(ordinal, TaskStatus::FailedWithTerminalError, &reason);
    }
    let mut output = payload;
    output.insert("event_produced".to_owned(), queue.into());
    output.insert("sink".to_owned(), sink.into());
    output.insert("asyncComplete".to_owned(), is_async.into());
    let output = Json::of(&Value::Object(output));
    match is_async {
        true => turn.emit(Event::TaskUpdated { task: ordinal, output }),
        false => end_task(turn, ordinal, Ending { output: Some(output), ..Ending::completed() }),
    }
}

/// What the event says: the attempt's input, and whose it is.
fn payload(turn: &Turn<'_>, ordinal: u32) -> Map<String, Value> {
    let started = &turn.exec.started;
    let mut payload = turn.exec.task(ordinal).map(|task| task.input.object()).unwrap_or_default();
    let facts = json!({
        "workflowInstanceId": turn.exec.id.to_string(),
        "workflowType": &*started.name,
        "workflowVersion": started.version,
        "correlationId": started.correlation_id.as_deref(),
        "taskToDomain": started.domains,
    });
    if let Value::Object(facts) = facts {
        payload.extend(facts);
    }
    payload
}

/// Starts what listens to the event. Handlers that publish what starts them come to an end.
fn publish(
    turn: &mut Turn<'_>,
    ordinal: u32,
    event: &str,
    payload: &Map<String, Value>,
) -> Result<(), String> {
    let handlers = turn.ctx.definitions.subscribers(event);
    let (depth, depth_max) = (turn.exec.started.depth, turn.ctx.limits.depth_max);
    if !handlers.is_empty() && depth >= depth_max {
        return Err(format!("events that start what publishes events nest deeper than {depth_max} levels"));
    }
    let attempt = turn.exec.id.task(ordinal);
    let message_id = attempt.to_string();
    let happening = Happening { event, message_id: &message_id, payload };
    // An ordinal that is scheduled again publishes again.
    let generation = turn.exec.generation;
    for plan in handlers {
        let start = super::Start {
            input: happening.input(&plan),
            created_by: turn.exec.started.created_by.clone(),
            event: Some(event.into()),
            ..super::Start::default()
        };
        let started = ExecutionStarted { depth: depth + 1, ..start.event(&plan) };
        let id = ExecutionId::derived(attempt, &format!("{} {generation}", plan.name));
        turn.pinned.push(plan);
        turn.send(id, MessageBody::Start(Box::new(started)));
    }
    Ok(())
}
