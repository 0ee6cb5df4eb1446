//! Scopes that run again in place after the execution was over: what is open in them is repeated, and a TRY_CATCH is
//! back in the first part in which something failed that it did not catch.

use std::collections::{BTreeSet, HashMap};

use super::turn::Turn;
use crate::event::{Event, Section};
use crate::execution::Task;
use crate::plan::{Kind, NodeIndex, Plan};

/// TRY_CATCHes that go back to an earlier part.
pub(super) struct Back {
    /// Ordinal of each attempt, and the part.
    to: Vec<(u32, Section)>,
    /// The attempts in the parts behind.
    pub(super) dropped: BTreeSet<u32>,
}

impl Back {
    /// Where the failures, which are to be repeated, take the TRY_CATCHes among them; those of the parts behind are
    /// left out.
    pub(super) fn of(turn: &Turn<'_>, failures: &mut Vec<Task>) -> Self {
        let stopped: BTreeSet<u32> = failures.iter().map(|task| task.ordinal).collect();
        let mut parts: HashMap<u32, Section> = HashMap::new();
        for failed in failures.iter() {
            for (holder, section) in tries_around(turn, failed) {
                let part = parts.entry(holder.ordinal).or_insert(section);
                *part = section.min(*part);
            }
        }
        let is_later = |(ordinal, section): &(u32, Section)| {
            let task = turn.exec.task(*ordinal);
            stopped.contains(ordinal) && task.is_some_and(|task| task.trial.section > *section)
        };
        let mut to: Vec<(u32, Section)> = parts.into_iter().filter(is_later).collect();
        to.sort_unstable();
        let mut dropped = BTreeSet::new();
        if !to.is_empty() {
            let parts: HashMap<u32, Section> = to.iter().copied().collect();
            let behind = turn.exec.current_tasks().filter(|task| {
                let mut tries = tries_around(turn, task);
                tries.any(|(holder, part)| parts.get(&holder.ordinal).is_some_and(|to| part > *to))
            });
            dropped.extend(behind.map(|task| task.ordinal));
        }
        to.retain(|(ordinal, _)| !dropped.contains(ordinal));
        failures.retain(|task| !dropped.contains(&task.ordinal));
        Self { to, dropped }
    }

    /// Leaves out the steps about the parts behind.
    pub(super) fn prune(&self, turn: &mut Turn<'_>) {
        let plan = turn.plan.clone();
        let holders =
            self.to.iter().filter_map(|(ordinal, section)| Some((turn.exec.task(*ordinal)?, *section)));
        let holders: Vec<(Task, Section)> = holders.map(|(task, section)| (task.clone(), section)).collect();
        turn.prune(|node, frame| {
            holders.iter().any(|(holder, section)| {
                let depth = plan.node(holder.node).depth;
                let part = plan.place_in(node, holder.node).flatten();
                frame.outer(depth) == holder.frame && part > Some(*section)
            })
        });
    }

    /// Puts the TRY_CATCHes back.
    pub(super) fn go(&self, turn: &mut Turn<'_>) {
        self.to.iter().for_each(|(ordinal, section)| go_back(turn, *ordinal, *section));
    }
}

/// Puts a TRY_CATCH back to a part.
pub(super) fn go_back(turn: &mut Turn<'_>, ordinal: u32, section: Section) {
    let Some(trial) = turn.exec.task(ordinal).map(|task| task.trial) else { return };
    let failed = if section == Section::Catch { trial.error } else { None };
    turn.emit(Event::SectionStarted { task: ordinal, section, failed });
}

/// The TRY_CATCHes around an attempt, with the part that it lies in.
fn tries_around<'a>(turn: &'a Turn<'_>, task: &Task) -> impl Iterator<Item = (&'a Task, Section)> {
    let (exec, frame) = (&*turn.exec, task.frame.clone());
    parts_around(&turn.plan, task.node).into_iter().filter_map(move |(around, section)| {
        Some((exec.latest(around, &frame.outer(exec.plan.node(around).depth))?, section))
    })
}

/// Whether a TRY_CATCH around an attempt that is still open has gone on to another part.
pub(super) fn is_left(turn: &Turn<'_>, task: &Task) -> bool {
    tries_around(turn, task).any(|(holder, part)| !holder.is_terminal() && holder.trial.section != part)
}

/// The TRY_CATCH nodes around a node, with the part that it lies in.
pub(super) fn parts_around(plan: &Plan, node: NodeIndex) -> Vec<(NodeIndex, Section)> {
    let mut at = node;
    let mut found = Vec::new();
    for around in plan.scopes_around(node) {
        if let (Kind::TryCatch(_), Some(section)) = (&plan.node(around).kind, plan.node(at).section) {
            found.push((around, section));
        }
        at = around;
    }
    found
}

/// Reopens attempts that hold others in place, the outermost first: they take in what is attempted inside them.
pub(super) fn reopen_all(turn: &mut Turn<'_>, mut ordinals: Vec<u32>) {
    let nesting =
        |ordinal: &u32| turn.exec.task(*ordinal).map_or(0, |task| turn.plan.scopes_around(task.node).count());
    ordinals.sort_by_cached_key(nesting);
    for ordinal in ordinals {
        let Some(task) = turn.exec.task(ordinal).filter(|task| task.is_terminal()).cloned() else { continue };
        turn.emit(Event::TaskReopened { task: ordinal });
        if turn.node(task.node).kind.is_scope() {
            turn.settle_scope(&task, None);
        }
    }
}
