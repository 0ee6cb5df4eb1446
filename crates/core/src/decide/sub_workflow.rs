//! SUB_WORKFLOW: another execution as a task of this one. The child's id is derived from the attempt, so a
//! start that is delivered twice starts nothing twice.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::start::with_template;
use super::turn::Turn;
use crate::definition::WorkflowDef;
use crate::event::{Event, ExecutionStarted, Frame};
use crate::execution::Task;
use crate::expression::Template;
use crate::id::ExecutionId;
use crate::json::Json;
use crate::plan::{Child, ChildDefinition, Kind, NodeIndex, Plan};
use crate::record::MessageBody;
use crate::status::{ExecutionStatus, TaskStatus};
use crate::time::Timestamp;

/// What a child's id is derived for.
const CHILD: &str = "child";

/// Schedules an attempt; the child of another attempt is not started before `ready_at`.
pub(super) fn visit(
    turn: &mut Turn<'_>,
    node: NodeIndex,
    frame: &Frame,
    child: &Child,
    ready_at: Option<Timestamp>,
) {
    let ordinal = turn.next_ordinal();
    let parameters = turn.input_of(node, frame, ordinal);
    let target = target(turn, node, frame, ordinal, child);
    let mut param = |template: &Option<Template>, field| {
        template.as_ref().map(|template| turn.render(template, node, frame, ordinal, field))
    };
    let input = json!({
        "subWorkflowName": target.name,
        "subWorkflowVersion": target.version,
        "subWorkflowTaskToDomain": param(&child.domains, "subWorkflowParam.taskToDomain"),
        "priority": param(&child.priority, "subWorkflowParam.priority"),
        "workflowInput": parameters.value(),
    });
    let start_at = ready_at.filter(|ready_at| *ready_at > turn.ctx.now);
    let starts_now = start_at.is_none() && refusal(turn, &target).is_none();
    let child_id = turn.child_of(ordinal);
    turn.schedule_with(node, frame, Json::of(&input), |scheduled| {
        scheduled.ready_at = start_at;
        scheduled.due_at = start_at;
        scheduled.child = starts_now.then_some(child_id);
    });
    if start_at.is_none() {
        start(turn, ordinal, target);
    }
}

/// The delay before a child's start is over.
pub(super) fn begin(turn: &mut Turn<'_>, ordinal: u32) {
    turn.flaw = None;
    let Some(task) = turn.exec.task(ordinal).cloned() else { return };
    let plan = turn.plan.clone();
    let Kind::SubWorkflow(child) = &plan.node(task.node).kind else { return };
    let target = target(turn, task.node, &task.frame, ordinal, child);
    if refusal(turn, &target).is_none() {
        let child = turn.child_of(ordinal);
        turn.emit(Event::ChildStarted { task: ordinal, child });
    }
    start(turn, ordinal, target);
}

/// Tells the child to begin, or fails the attempt.
fn start(turn: &mut Turn<'_>, ordinal: u32, target: Target) {
    if let Some((status, reason)) = refusal(turn, &target) {
        return turn.fail_task(ordinal, status, &reason);
    }
    let Ok(plan) = target.plan else { return };
    let input = turn.exec.task(ordinal).map(|task| task.input.object()).unwrap_or_default();
    let child_input = match plan.definition.expression_style.is_conductor() {
        true => upstream_input(&input, target.is_inline),
        false => input.get("workflowInput").map(Json::of).unwrap_or_default(),
    };
    let parent = &turn.exec.started;
    let task_id = turn.exec.id.task(ordinal);
    let started = ExecutionStarted {
        name: plan.name.clone(),
        version: u32::try_from(plan.definition.version).unwrap_or(0),
        blueprint: plan.hash,
        input: with_template(child_input, &plan.definition),
        correlation_id: parent.correlation_id.clone(),
        priority: priority_number(input.get("priority").unwrap_or(&Value::Null)),
        domains: match input.get("subWorkflowTaskToDomain") {
            Some(Value::Object(own)) => super::start::texts(own.clone()),
            _ => parent.domains.clone(),
        },
        parent: Some(task_id),
        root: Some(turn.exec.root()),
        depth: parent.depth + 1,
        start_key: None,
        created_by: parent.created_by.clone(),
        event: None,
    };
    turn.pinned.push(plan);
    turn.send(turn.child_of(ordinal), MessageBody::Start(Box::new(started)));
}

/// The input of a child as Conductor makes it: without parameters of its own it is that of the attempt.
fn upstream_input(input: &Map<String, Value>, is_inline: bool) -> Json {
    let mut fields = match input.get("workflowInput") {
        Some(Value::Object(parameters)) if !parameters.is_empty() => parameters.clone(),
        _ => input.clone(),
    };
    if is_inline {
        fields.insert("_systemMetadata".to_owned(), json!({"dynamic": true}));
    }
    Json::of(&Value::Object(fields))
}

/// What an attempt starts.
struct Target {
    name: Value,
    version: Option<u32>,
    is_inline: bool,
    plan: Result<Arc<Plan>, String>,
}

fn target(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, ordinal: u32, child: &Child) -> Target {
    let inline = |plan: Result<Arc<Plan>, String>| {
        let name = plan.as_ref().map_or(Value::Null, |plan| Value::from(&*plan.name));
        Target { name, version: None, is_inline: true, plan }
    };
    match &child.definition {
        ChildDefinition::Inline(plan) => inline(Ok(plan.clone())),
        ChildDefinition::Computed(template) => {
            let field = "subWorkflowParam.workflowDefinition";
            let definition = turn.render(template, node, frame, ordinal, field);
            inline(computed(turn, &definition))
        }
        ChildDefinition::Named { name, version } => {
            let name = turn.render(name, node, frame, ordinal, "subWorkflowParam.name");
            let version = version.as_ref().map_or(Value::Null, |version| {
                turn.render(version, node, frame, ordinal, "subWorkflowParam.version")
            });
            let version = version_number(&version).ok_or_else(|| {
                format!("subWorkflowParam.version must be a positive integer, found {version}")
            });
            let text = name.as_str().unwrap_or_default();
            let plan = version.clone().and_then(|version| {
                let found = turn.ctx.definitions.find(text, version);
                found.ok_or_else(|| missing(turn, node, text, version))
            });
            Target { version: version.ok().flatten(), is_inline: false, plan, name }
        }
    }
}

/// Why a child cannot start.
fn refusal(turn: &Turn<'_>, target: &Target) -> Option<(TaskStatus, String)> {
    let depth_max = turn.ctx.limits.depth_max;
    if let Some(flaw) = &turn.flaw {
        return Some((TaskStatus::FailedWithTerminalError, flaw.clone()));
    }
    match &target.plan {
        Err(reason) => Some((TaskStatus::Failed, reason.clone())),
        Ok(_) if turn.exec.started.depth >= depth_max => Some((
            TaskStatus::FailedWithTerminalError,
            format!("sub-workflows nest deeper than {depth_max} levels"),
        )),
        Ok(_) => None,
    }
}

/// A definition that an expression yielded.
fn computed(turn: &Turn<'_>, value: &Value) -> Result<Arc<Plan>, String> {
    let definition: WorkflowDef = serde_json::from_value(value.clone()).map_err(|error| {
        format!("the expression of subWorkflowParam.workflowDefinition yields no definition: {error}")
    })?;
    if definition.tasks.is_empty() {
        return Err(format!(
            "the definition that subWorkflowParam.workflowDefinition yields cannot run: tasks: {}",
            "WorkflowTask list cannot be empty"
        ));
    }
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

/// Absent, 0 and "" mean the latest. `None` for what is no version.
pub(super) fn version_number(value: &Value) -> Option<Option<u32>> {
    let number = match value {
        Value::Null => 0,
        Value::String(text) if text.trim().is_empty() => 0,
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_u64().and_then(|number| u32::try_from(number).ok())?,
    };
    Some((number > 0).then_some(number))
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
    status: ExecutionStatus,
    output: &Json,
    reason: Option<&str>,
) {
    let status = match status {
        ExecutionStatus::Completed => TaskStatus::Completed,
        ExecutionStatus::TimedOut => TaskStatus::TimedOut,
        ExecutionStatus::Terminated => TaskStatus::Canceled,
        ExecutionStatus::Failed | ExecutionStatus::Running | ExecutionStatus::Paused => TaskStatus::Failed,
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

impl Turn<'_> {
    /// The id of the child that an attempt starts now. An ordinal that is scheduled again has another child.
    fn child_of(&self, ordinal: u32) -> ExecutionId {
        let task = self.exec.id.task(ordinal);
        match self.exec.generation {
            0 => ExecutionId::derived(task, CHILD),
            generation => ExecutionId::derived(task, &format!("{CHILD} {generation}")),
        }
    }

    /// Stops the child of an attempt that ends in some other way than by its child.
    pub(super) fn stop_child(&mut self, task: &Task, status: TaskStatus) {
        if let Some(child) = task.child {
            let reason = format!("Parent task has ended with status {status}");
            self.send(child, MessageBody::Terminate { reason: reason.into() });
        }
    }
}
