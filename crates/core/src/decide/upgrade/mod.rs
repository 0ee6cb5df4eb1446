//! Upgrade: a running execution goes on by another version of its definition. A task that is in both (the same
//! reference, the same kind, in the same loops and other scopes) keeps its state. What was done and is gone is hidden; what is open and
//! gone is canceled where a JOIN or a scope carries the flow on, and else stands against the upgrade ([`fit`]). Branches of dynamic forks and
//! what DYNAMIC tasks turned into belong to the execution and go on as they are, if what made them is in both.

mod fit;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::end::{Ending, emit_end};
use super::skip::{Skip, step_over};
use super::turn::Turn;
use super::{Outcome, Refusal};
use crate::event::{Event, ExecutionStarted, Frame, PlanReplaced, Step};
use crate::execution::Task;
use crate::json::Json;
use crate::plan::{Kind, NodeIndex, Plan};
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
    let gone = fit::gone(turn.exec, &new)?;
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
    let dropped = gone.iter().map(|task| task.ordinal).collect();
    turn.emit(Event::PlanReplaced(Box::new(PlanReplaced { started, dropped })));
    // With the branches that its dynamic forks have here.
    turn.plan = turn.exec.plan.clone();
}

/// Starts the branches that are new in a fork that is running, and lets everything look again that waits for others.
fn go_on(turn: &mut Turn<'_>) {
    let plan = turn.plan.clone();
    let open: Vec<Task> = turn.exec.tasks().iter().filter(|task| !task.is_terminal()).cloned().collect();
    for task in &open {
        match &plan.node(task.node).kind {
            Kind::Join { .. } | Kind::ExclusiveJoin { .. } => {
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
