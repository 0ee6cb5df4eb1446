//! Upgrade: a running execution goes on by another version of its definition. A task that is in both (the same
//! reference, the same kind, in the same loops and other scopes) keeps its state. What was done and is gone is hidden; what is open and
//! gone is canceled where a JOIN or a scope carries the flow on, and else stands against the upgrade.

use std::mem::discriminant;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::end::{Ending, emit_end};
use super::skip::{Skip, step_over};
use super::turn::Turn;
use super::{Outcome, Refusal};
use crate::event::{Event, ExecutionStarted, Frame, PlanReplaced, Step};
use crate::execution::Task;
use crate::json::Json;
use crate::plan::{Kind, NodeIndex, Parent, Plan};
use crate::status::TaskStatus;

/// What an execution is to go on by.
#[derive(Debug, Clone)]
pub struct Upgrade {
    /// The other version.
    pub plan: Arc<Plan>,
    /// Laid over the input of the workflow.
    pub input: Map<String, Value>,
    /// Outputs of tasks, by reference, that are to count as done (SKIPPED).
    pub outputs: Map<String, Value>,
}

pub(super) fn decide(turn: &mut Turn<'_>, upgrade: Upgrade) -> Result<Outcome, Refusal> {
    if turn.is_over() {
        return Err(Refusal::NotRunning(turn.exec.status));
    }
    let new = upgrade.plan;
    let is_same = new.hash == turn.plan.hash && upgrade.input.is_empty() && upgrade.outputs.is_empty();
    if is_same {
        return Ok(Outcome::Ignored);
    }
    let gone = gone(turn, &new)?;
    for output in upgrade.outputs.keys() {
        if new.find(output).is_none() {
            return Err(Refusal::NoSuchReference(output.clone()));
        }
    }
    for task in gone.iter().filter(|task| !task.is_terminal()) {
        turn.stop_child(task, TaskStatus::Canceled);
        let reason = format!("not in version {}", new.definition.version);
        emit_end(turn, task.ordinal, Ending::new(TaskStatus::Canceled, Some(&reason)), false);
    }
    replace(turn, &new, upgrade.input, &gone);
    for (reference, output) in upgrade.outputs {
        let place = turn.place_named(&reference);
        if let Some((node, frame)) = place.filter(|(node, frame)| turn.exec.latest(*node, frame).is_none()) {
            step_over(turn, node, &frame, Skip { output: Some(Json::of(&output)), ..Skip::default() });
        }
    }
    go_on(turn);
    Ok(Outcome::Applied)
}

fn replace(turn: &mut Turn<'_>, new: &Arc<Plan>, over: Map<String, Value>, gone: &[Task]) {
    let former = &turn.exec.started;
    let input = match over.is_empty() {
        true => former.input.clone(),
        false => {
            let mut input = former.input.object();
            input.extend(over);
            Json::of(&Value::Object(input))
        }
    };
    let started = ExecutionStarted {
        version: u32::try_from(new.definition.version).unwrap_or(0),
        blueprint: new.hash,
        input,
        ..ExecutionStarted::clone(former)
    };
    turn.exec.know(new.clone());
    turn.pinned.push(new.clone());
    turn.plan = new.clone();
    let dropped = gone.iter().map(|task| task.ordinal).collect();
    turn.emit(Event::PlanReplaced(Box::new(PlanReplaced { started, dropped })));
}

/// The attempts without counterpart, unless something among them stands against the upgrade.
fn gone(turn: &Turn<'_>, new: &Plan) -> Result<Vec<Task>, Refusal> {
    let old = &turn.plan;
    let mut gone = Vec::new();
    let mut reasons = Vec::new();
    for task in turn.exec.current_tasks() {
        let name = task.frame.name(&old.node(task.node).reference);
        match counterpart(old, new, task.node) {
            Ok(node) if !task.is_terminal() && old.node(task.node).name != new.node(node).name => {
                let (is, would_be) = (&old.node(task.node).name, &new.node(node).name);
                if matches!(old.node(task.node).kind, Kind::Worker) {
                    reasons.push(format!("{name} is open as {is} and would be {would_be}"));
                }
            }
            Ok(_) => {}
            Err(problem) => {
                if !task.is_terminal() && !is_carried(turn, new, task) {
                    reasons.push(format!("{name} is open and {problem}"));
                }
                gone.push(task.clone());
            }
        }
    }
    for step in &turn.exec.deferred {
        let node = match step {
            Step::Visit { reference, .. }
            | Step::Advance { reference, .. }
            | Step::Branch { reference, .. }
            | Step::Follow { reference, .. } => old.find(reference),
            Step::Repeat { task, .. }
            | Step::Redo { task, .. }
            | Step::Fail { task, .. }
            | Step::Reopen { task } => turn.exec.task(*task).map(|task| task.node),
            Step::Settle { .. } => None,
        };
        if let Some(node) = node
            && let Err(problem) = counterpart(old, new, node)
        {
            reasons.push(format!("{} is about to be done and {problem}", old.node(node).reference));
        }
    }
    if reasons.is_empty() { Ok(gone) } else { Err(Refusal::CannotUpgrade(reasons)) }
}

/// The node of the other version that is the same task.
fn counterpart(old: &Plan, new: &Plan, node: NodeIndex) -> Result<NodeIndex, String> {
    let was = old.node(node);
    let version = new.definition.version;
    let found = new.find(&was.reference).ok_or_else(|| format!("not in version {version}"))?;
    let is = new.node(found);
    if discriminant(&was.kind) != discriminant(&is.kind) {
        return Err(format!("a task of type {} in version {version}", is.task_type()));
    }
    match (was.enclosing_scope, is.enclosing_scope) {
        (None, None) => Ok(found),
        (Some(around), Some(other)) if counterpart(old, new, around) == Ok(other) => {
            match was.section == is.section {
                true => Ok(found),
                false => Err(format!("in another part of its TRY_CATCH in version {version}")),
            }
        }
        _ if was.enclosing_loop.is_none() != is.enclosing_loop.is_none() => {
            Err(format!("in another loop in version {version}"))
        }
        _ => Err(format!("in another loop, TRY_CATCH or GRAPH in version {version}")),
    }
}

/// Whether the flow goes on when an open attempt is canceled, because a JOIN or a scope around it looks again.
fn is_carried(turn: &Turn<'_>, new: &Plan, task: &Task) -> bool {
    let old = &turn.plan;
    let stays_open = |node: NodeIndex| {
        let frame = task.frame.outer(old.node(node).depth);
        let open = turn.exec.latest(node, &frame).is_some_and(|task| !task.is_terminal());
        open && counterpart(old, new, node).is_ok()
    };
    let mut at = task.node;
    loop {
        at = match old.node(at).parent {
            Parent::Root => return false,
            Parent::Case(switch) => switch,
            Parent::Branch(fork) if old.join_of(fork).is_some_and(stays_open) => return true,
            Parent::Branch(fork) => fork,
            Parent::Body(around) if stays_open(around) => return true,
            Parent::Body(around) => around,
            Parent::Section(around, _) | Parent::Step(around) if stays_open(around) => return true,
            Parent::Section(around, _) | Parent::Step(around) => around,
        };
    }
}

/// Starts the branches that are new in a fork that is running, and lets everything look again that waits for others.
fn go_on(turn: &mut Turn<'_>) {
    let plan = turn.plan.clone();
    let open: Vec<Task> = turn.exec.tasks().iter().filter(|task| !task.is_terminal()).cloned().collect();
    for task in &open {
        match &plan.node(task.node).kind {
            Kind::Join { .. } => {
                for first in fresh_branches(turn, &plan, task) {
                    turn.visit_next(first, &task.frame);
                }
                super::join::look(turn, task.node, &task.frame);
            }
            Kind::Graph(graph) => {
                turn.settle_scope(task, None);
                super::graph::begin_ready(turn, task, graph);
            }
            kind if kind.is_scope() => turn.settle_scope(task, None),
            _ => {}
        }
        if turn.is_over() {
            return;
        }
    }
    turn.settle(Step::Settle { frame: Frame::default(), reference: None });
}

/// The first nodes of the branches before a JOIN of which nothing was reached.
fn fresh_branches(turn: &Turn<'_>, plan: &Plan, join: &Task) -> Vec<NodeIndex> {
    let fork = plan.nodes().find(|(_, node)| node.next == Some(join.node)).map(|(_, node)| &node.kind);
    let Some(Kind::Fork { branches }) = fork else { return Vec::new() };
    let is_fresh = |first: &NodeIndex| {
        let mut sequence = std::iter::successors(Some(*first), |at| plan.node(*at).next);
        sequence.all(|node| turn.exec.latest(node, &join.frame).is_none())
    };
    branches.iter().flatten().copied().filter(is_fresh).collect()
}
