//! SUB_WORKFLOW: another execution as a task of this one. The child's id is derived from the attempt, so a
//! start that is delivered twice starts nothing twice.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::start::with_template;
use super::turn::Turn;
use crate::definition::WorkflowDef;
use crate::event::{ExecutionStarted, Frame};
use crate::execution::{Scope, Task};
use crate::id::ExecutionId;
use crate::json::Json;
use crate::plan::{Child, ChildDefinition, NodeIndex, Plan};
use crate::record::MessageBody;
use crate::status::TaskStatus;

pub(super) fn visit(
    turn: &mut Turn<'_>,
    node: NodeIndex,
    frame: &Frame,
    child: &Child,
    repeats: Option<&Task>,
) {
    let ordinal = turn.next_ordinal();
    let task_id = turn.exec.id.task(ordinal);
    let parameters = turn.input_of(node, frame, ordinal);
    let render = |template: &crate::expression::Template| {
        template.render(&Scope { execution: turn.exec, frame, task: Some(task_id) })
    };
    let (name, version, inline) = match &child.definition {
        ChildDefinition::Named { name, version } => (render(name), version.as_ref().map(render), None),
        ChildDefinition::Inline(plan) => (Value::from(&*plan.name), None, Some(Ok(plan.clone()))),
        ChildDefinition::Computed(template) => (Value::Null, None, Some(computed(turn, &render(template)))),
    };
    let domains = child.domains.as_ref().map(render);
    let priority = child.priority.as_ref().map(render).unwrap_or(Value::Null);
    let name_text = name.as_str().map_or_else(String::new, str::to_owned);
    let version = version.as_ref().and_then(version_number);
    let is_inline = inline.is_some();
    let found = inline.unwrap_or_else(|| {
        turn.ctx.definitions.find(&name_text, version).ok_or_else(|| missing(turn, node, &name_text, version))
    });
    let input = json!({
        "subWorkflowName": found.as_ref().map_or(name, |plan| Value::from(&*plan.name)),
        "subWorkflowVersion": version,
        "subWorkflowTaskToDomain": domains,
        "priority": priority,
        "workflowInput": parameters.value(),
    });
    let id = ExecutionId::derived(task_id, "child");
    turn.schedule(node, frame, |scheduled| {
        scheduled.input = Json::of(&input);
        scheduled.child = found.is_ok().then_some(id);
        scheduled.attempt = repeats.map_or(0, |task| task.attempt + 1);
        scheduled.retry_of = repeats.map(|task| task.ordinal);
    });
    let depth = turn.exec.started.depth + 1;
    let plan = match found {
        Ok(plan) => plan,
        Err(reason) => return turn.fail_task(ordinal, TaskStatus::Failed, &reason),
    };
    if depth > turn.ctx.limits.depth_max {
        let reason = format!("sub-workflows nest deeper than {} levels", turn.ctx.limits.depth_max);
        return turn.fail_task(ordinal, TaskStatus::FailedWithTerminalError, &reason);
    }
    let mut child_input =
        if parameters.is_empty_object() { Json::of(&input).object() } else { parameters.object() };
    if is_inline {
        child_input.insert("_systemMetadata".to_owned(), json!({"dynamic": true}));
    }
    let started = ExecutionStarted {
        name: plan.name.clone(),
        version: u32::try_from(plan.definition.version).unwrap_or(0),
        blueprint: plan.hash,
        input: with_template(Json::of(&Value::Object(child_input)), &plan.definition.input_template),
        correlation_id: turn.exec.started.correlation_id.clone(),
        priority: priority_number(&priority),
        domains: match domains {
            Some(Value::Object(own)) => own,
            _ => turn.exec.started.domains.clone(),
        },
        parent: Some(task_id),
        root: Some(turn.exec.root()),
        depth,
        start_key: None,
        created_by: turn.exec.started.created_by.clone(),
        event: None,
    };
    turn.pinned.push(plan);
    turn.send(id, MessageBody::Start(Box::new(started)));
}

/// A definition that an expression yielded.
fn computed(turn: &Turn<'_>, value: &Value) -> Result<Arc<Plan>, String> {
    let definition: WorkflowDef = serde_json::from_value(value.clone()).map_err(|error| {
        format!("the expression of subWorkflowParam.workflowDefinition yields no definition: {error}")
    })?;
    turn.ctx.definitions.compile(definition).map_err(|violations| {
        let first = violations
            .first()
            .map_or_else(String::new, |violation| format!("{}: {}", violation.path, violation.message));
        format!("the definition that subWorkflowParam.workflowDefinition yields cannot run: {first}")
    })
}

fn missing(turn: &Turn<'_>, node: NodeIndex, name: &str, version: Option<u32>) -> String {
    match version {
        Some(version) => format!("No such workflow defined. name={name}, version={version}"),
        None => format!(
            "The Task {} defined as a sub-workflow has no workflow definition available ",
            turn.node(node).reference
        ),
    }
}

/// Absent, 0 and "" mean the latest.
fn version_number(value: &Value) -> Option<u32> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64().and_then(|number| u32::try_from(number).ok()),
    };
    number.filter(|number| *number > 0)
}

fn priority_number(value: &Value) -> u8 {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64(),
    };
    u8::try_from(number.unwrap_or(0).min(99)).unwrap_or(0)
}

/// A child has ended: so does the attempt that started it (Conductor's status map).
pub(super) fn ended(
    turn: &mut Turn<'_>,
    task: &Task,
    status: crate::status::ExecutionStatus,
    output: &Json,
    reason: Option<&str>,
) {
    use crate::status::ExecutionStatus as Child;
    let status = match status {
        Child::Completed => TaskStatus::Completed,
        Child::TimedOut => TaskStatus::TimedOut,
        Child::Terminated => TaskStatus::Canceled,
        Child::Failed | Child::Running | Child::Paused => TaskStatus::Failed,
    };
    let id = task.child.map(|child| child.to_string()).unwrap_or_default();
    let mut merged: Map<String, Value> = output.object();
    merged.insert("subWorkflowId".to_owned(), id.as_str().into());
    let reason = (!status.is_successful())
        .then(|| format!("Sub workflow {id} failure reason: {}", reason.unwrap_or_default()));
    let ending = super::end::Ending {
        output: Some(Json::of(&Value::Object(merged))),
        ..super::end::Ending::new(status, reason.as_deref())
    };
    super::end::end_task(turn, task.ordinal, ending);
}
