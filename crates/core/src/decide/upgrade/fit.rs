//! Whether another version fits an execution, and what of it has no place there. All that stands against it is told at
//! once, each with the name of the task.

use std::mem::discriminant;
use std::sync::Arc;

use super::super::Refusal;
use crate::event::{Frame, Section, Step};
use crate::execution::{Execution, Task};
use crate::plan::{Kind, NodeIndex, Parent, Plan};
use crate::status::TaskStatus;

/// The attempts without counterpart, unless something stands against the upgrade.
pub(super) fn gone(now: &Execution, new: &Arc<Plan>) -> Result<Vec<Task>, Refusal> {
    let then = now.replanned(new).map_err(|misfit| Refusal::Misfit(misfit.problem))?;
    let fit = Fit { now, then: &then };
    let mut gone = Vec::new();
    let mut reasons = Vec::new();
    for task in now.current_tasks() {
        match fit.counterpart(task.node, &task.frame) {
            Ok(node) if task.is_terminal() => reasons.extend(fit.against_done(task, node)),
            Ok(node) => reasons.extend(fit.against_open(task, node)),
            Err(problem) => {
                if !task.is_terminal() && !fit.is_carried(task) {
                    reasons.push(format!("{} is open and {problem}", fit.name(task)));
                }
                gone.push(task.clone());
            }
        }
    }
    reasons.extend(now.deferred.iter().filter_map(|step| fit.against_step(step)));
    if reasons.is_empty() { Ok(gone) } else { Err(Refusal::CannotUpgrade(reasons)) }
}

struct Fit<'a> {
    now: &'a Execution,
    /// The other version with the branches that dynamic forks have here, and no attempts.
    then: &'a Execution,
}

impl Fit<'_> {
    fn version(&self) -> i32 {
        self.then.plan.definition.version
    }

    fn name(&self, task: &Task) -> String {
        task.frame.name(&self.now.plan.node(task.node).reference)
    }

    /// The node of the other version that is the same task.
    fn counterpart(&self, node: NodeIndex, frame: &Frame) -> Result<NodeIndex, String> {
        let (old, new, version) = (&self.now.plan, &self.then.plan, self.version());
        let was = old.node(node);
        let found =
            self.then.find(&was.reference, frame).ok_or_else(|| format!("not in version {version}"))?;
        let is = new.node(found);
        if discriminant(&was.kind) != discriminant(&is.kind) {
            return Err(format!("a task of type {} in version {version}", is.task_type()));
        }
        let around = was.enclosing_scope.map(|around| self.counterpart(around, &self.outer(around, frame)));
        match (around, is.enclosing_scope) {
            (None, None) => Ok(found),
            (Some(Ok(around)), Some(other)) if around == other => match was.section == is.section {
                true => Ok(found),
                false => Err(format!("in another part of its TRY_CATCH in version {version}")),
            },
            _ if was.enclosing_loop.is_none() != is.enclosing_loop.is_none() => {
                Err(format!("in another loop in version {version}"))
            }
            _ => Err(format!("in another loop, TRY_CATCH or GRAPH in version {version}")),
        }
    }

    /// The frame of what is around something in `frame`.
    fn outer(&self, around: NodeIndex, frame: &Frame) -> Frame {
        frame.outer(self.now.plan.node(around).depth)
    }

    /// What the end of an open attempt would lead to that it must not.
    fn against_open(&self, task: &Task, node: NodeIndex) -> Vec<String> {
        let (name, version) = (self.name(task), self.version());
        let (was, is) = (self.now.plan.node(task.node), self.then.plan.node(node));
        let mut reasons = Vec::new();
        if matches!(was.kind, Kind::Worker) && was.name != is.name {
            reasons.push(format!("{name} is open as {} and would be {}", was.name, is.name));
        }
        if !self.is_in_same_forks(task.node, node, &task.frame) {
            reasons.push(format!("{name} is open and in other forks in version {version}"));
        }
        if let Some(done) = self.done_behind(task, node) {
            reasons
                .push(format!("{name} is open and comes before {done}, which is done, in version {version}"));
        }
        match &is.kind {
            Kind::Join { fork: Some(fork), .. } if !self.then.has_begun(*fork, &task.frame) => {
                let fork = &self.then.plan.node(*fork).reference;
                reasons.push(format!("{name} is open and waits for {fork}, which has no branches yet"));
            }
            Kind::TryCatch(tried) => {
                if task.trial.section == Section::Catch && tried.catch.is_none() {
                    reasons.push(format!("{name} is at its catch and has none in version {version}"));
                }
                reasons.extend(self.against_failure(task));
            }
            _ => {}
        }
        reasons
    }

    /// A failure that is being dealt with must stay.
    fn against_failure(&self, holder: &Task) -> Option<String> {
        let trial = holder.trial;
        let mut failed = trial.pending.into_iter().chain(trial.error);
        failed.find_map(|failed| {
            let failed = self.now.task(failed)?;
            let problem = self.counterpart(failed.node, &failed.frame).err()?;
            let (failed, holder) = (self.name(failed), self.name(holder));
            Some(format!("{holder} is open with the failure of {failed}, which is {problem}"))
        })
    }

    /// A dynamic fork whose branches are under way feeds them from its input.
    fn against_done(&self, task: &Task, node: NodeIndex) -> Option<String> {
        let join = match self.now.plan.node(task.node).kind {
            Kind::DynamicFork { join } => self.now.latest(join, &task.frame)?,
            _ => return None,
        };
        let is_other = !join.is_terminal() && !self.now.feeds_alike(task, &self.then.plan.node(node).task);
        let name = self.name(task);
        is_other.then(|| {
            format!("{name} has open branches and gets their inputs otherwise in version {}", self.version())
        })
    }

    /// What is about to be done must be possible.
    fn against_step(&self, step: &Step) -> Option<String> {
        let (node, frame) = match step {
            Step::Visit { reference, frame }
            | Step::Advance { reference, frame }
            | Step::Branch { reference, frame, .. }
            | Step::Follow { reference, frame, .. } => (self.now.find(reference, frame)?, frame),
            Step::Repeat { task, .. }
            | Step::Redo { task, .. }
            | Step::Fail { task, .. }
            | Step::Reopen { task } => {
                let task = self.now.task(*task)?;
                (task.node, &task.frame)
            }
            Step::Settle { .. } => return None,
        };
        let problem = self.counterpart(node, frame).err()?;
        Some(format!("{} is about to be done and {problem}", self.now.plan.node(node).reference))
    }

    /// Whether the same JOINs wait at the ends of the branches around a task.
    fn is_in_same_forks(&self, was: NodeIndex, is: NodeIndex, frame: &Frame) -> bool {
        let (old, new) = (&self.now.plan, &self.then.plan);
        match (old.fork_around(was), new.fork_around(is)) {
            (None, None) => true,
            (Some(was), Some(is)) => {
                let join = old.join_of(was).and_then(|join| self.counterpart(join, frame).ok());
                join.is_some() && join == new.join_of(is) && self.is_in_same_forks(was, is, frame)
            }
            _ => false,
        }
    }

    /// A task that the flow would come to behind an open one and that was done before, out of that order: the flow would stop
    /// there.
    fn done_behind(&self, task: &Task, node: NodeIndex) -> Option<String> {
        let (old, new) = (&self.now.plan, &self.then.plan);
        let behind = std::iter::successors(new.successor(node), |at| new.successor(*at));
        let done = behind.filter_map(|at| {
            let was = self.now.find(&new.node(at).reference, &task.frame)?;
            let done = self.now.latest(was, &task.frame)?;
            let is_done = done.is_terminal() && done.status != TaskStatus::Skipped;
            (is_done && self.counterpart(was, &task.frame) == Ok(at)).then_some(done)
        });
        let was_behind = |other: &Task| {
            std::iter::successors(old.successor(task.node), |at| old.successor(*at))
                .any(|at| at == other.node)
        };
        done.into_iter().find(|done| !was_behind(done)).map(|done| self.name(done))
    }

    /// Whether the flow goes on when an open attempt is canceled, because a JOIN or a scope around it looks again.
    fn is_carried(&self, task: &Task) -> bool {
        let old = &self.now.plan;
        let stays_open = |node: NodeIndex| {
            let frame = self.outer(node, &task.frame);
            let open = self.now.latest(node, &frame).is_some_and(|task| !task.is_terminal());
            open && self.counterpart(node, &frame).is_ok()
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
}

impl Plan {
    /// The fork whose branch a node lies in, with no scope between them.
    fn fork_around(&self, node: NodeIndex) -> Option<NodeIndex> {
        match self.node(node).parent {
            Parent::Branch(fork) => Some(fork),
            Parent::Case(switch) => self.fork_around(switch),
            _ => None,
        }
    }
}
