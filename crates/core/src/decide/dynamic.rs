//! FORK_JOIN_DYNAMIC and DYNAMIC: what their input says is compiled to a fragment of plan and spliced into the
//! execution's own; from then on everything goes as if it had been written there.

use serde_json::{Value, json};

use super::turn::Turn;
use crate::definition::{WorkflowDef, WorkflowTask};
use crate::event::{Event, Frame};
use crate::json::Json;
use crate::plan::{Kind, NodeIndex, branch_tasks, chosen_task};

pub(super) fn visit_fork(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let ordinal = turn.next_ordinal();
    let mut input = turn.input_of(node, frame, ordinal).object();
    if let Some(flaw) = turn.flaw.take() {
        return turn.fail_execution(flaw);
    }
    let fork = turn.node(node).task.clone();
    let prefix = match turn.exec.has_forked() {
        true => format!("{}_", fork.task_reference_name),
        false => String::new(),
    };
    let planned = branch_tasks(&fork, &input, &prefix).and_then(|tasks| {
        free_references(turn, node, frame, &tasks)?;
        Ok((tasks.iter().map(|task| task.task_reference_name.clone()).collect(), as_fork(turn, node, tasks)))
    });
    let (references, fragment): (Vec<String>, WorkflowDef) = match planned {
        Ok(planned) => planned,
        Err(reason) => return turn.fail_execution(reason),
    };
    let invalid = |problem| format!("Tasks could not be dynamically forked due to invalid input: {problem}");
    if let Err(problem) = extend(turn, node, frame, fragment) {
        return turn.fail_execution(invalid(problem));
    }
    input.insert("forkedTasks".to_owned(), json!(references));
    super::fork::begin(turn, node, frame, Json::of(&Value::Object(input)));
}

pub(super) fn visit_task(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame) {
    let ordinal = turn.next_ordinal();
    let input = turn.input_of(node, frame, ordinal).object();
    if let Some(flaw) = turn.flaw.take() {
        return turn.fail_execution(flaw);
    }
    let dynamic = turn.node(node).task.clone();
    let definition = match chosen_task(&dynamic, &input) {
        Ok(task) => fragment_of(turn, vec![task]),
        Err(reason) => return turn.fail_execution(reason),
    };
    if let Err(problem) = extend(turn, node, frame, definition) {
        return turn.fail_execution(format!("Cannot map a dynamic task: {problem}"));
    }
    if let Some(stand_in) = turn.exec.find(&dynamic.task_reference_name, frame).filter(|found| *found != node)
    {
        turn.perform(stand_in, frame, None);
    }
}

/// Compiles a fragment and splices it in.
fn extend(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, fragment: WorkflowDef) -> Result<(), String> {
    let plan = turn.ctx.definitions.compile(fragment).map_err(|violations| {
        let first = violations.first();
        first.map_or_else(String::new, |violation| format!("{}: {}", violation.path, violation.message))
    })?;
    let (reference, hash) = (turn.node(node).reference.clone(), plan.hash);
    turn.exec.know(plan.clone());
    turn.pinned.push(plan);
    turn.emit(Event::PlanExtended { reference, frame: frame.clone(), fragment: hash });
    Ok(())
}

fn fragment_of(turn: &Turn<'_>, tasks: Vec<WorkflowTask>) -> WorkflowDef {
    WorkflowDef {
        name: turn.plan.name.to_string(),
        tasks,
        expression_style: turn.plan.definition.expression_style,
        ..WorkflowDef::default()
    }
}

/// The fork as it could have been written.
fn as_fork(turn: &Turn<'_>, node: NodeIndex, tasks: Vec<WorkflowTask>) -> WorkflowDef {
    let Kind::DynamicFork { join } = turn.node(node).kind else { return WorkflowDef::default() };
    let (fork, join) = (turn.node(node), turn.node(join));
    let mut written = WorkflowTask::new("FORK_JOIN", &*fork.name, &*fork.reference);
    let mut joined = WorkflowTask::new("JOIN", &*join.name, &*join.reference);
    joined.join_on = tasks.iter().map(|task| task.task_reference_name.clone()).collect();
    written.fork_tasks = tasks.into_iter().map(|task| vec![task]).collect();
    fragment_of(turn, vec![written, joined])
}

/// A branch must not take a reference that means another task here.
fn free_references(
    turn: &Turn<'_>,
    fork: NodeIndex,
    frame: &Frame,
    tasks: &[WorkflowTask],
) -> Result<(), String> {
    for task in tasks {
        let reference = task.task_reference_name.as_str();
        let taken = turn.exec.find(reference, frame).filter(|found| {
            let is_written = turn.node(*found).fed_by.is_none();
            let is_others = turn.node(*found).fed_by != Some(fork);
            is_written || (is_others && turn.exec.latest(*found, frame).is_some())
        });
        if taken.is_some() {
            return Err(format!(
                "No dynamic tasks could be created for the Workflow: {}, attempted to create a duplicate task reference name: {reference}",
                turn.exec.id
            ));
        }
    }
    Ok(())
}
