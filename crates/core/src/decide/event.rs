//! EVENT: a fact for subscribers. The journal is the queue: what is recorded here is what they read.

use serde_json::{Value, json};

use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::event::{Event, Frame};
use crate::expression::Template;
use crate::json::Json;
use crate::plan::NodeIndex;
use crate::status::TaskStatus;

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
    let started = &turn.exec.started;
    let mut output = turn.exec.task(ordinal).map(|task| task.input.object()).unwrap_or_default();
    let facts = json!({
        "workflowInstanceId": turn.exec.id.to_string(),
        "workflowType": &*started.name,
        "workflowVersion": started.version,
        "correlationId": started.correlation_id.as_deref(),
        "taskToDomain": started.domains,
        "event_produced": queue,
        "sink": sink,
        "asyncComplete": is_async,
    });
    if let Value::Object(facts) = facts {
        output.extend(facts);
    }
    let output = Json::of(&Value::Object(output));
    match is_async {
        true => turn.emit(Event::TaskUpdated { task: ordinal, output }),
        false => end_task(turn, ordinal, Ending { output: Some(output), ..Ending::completed() }),
    }
}
