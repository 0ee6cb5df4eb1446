//! Going back: what no longer counts is hidden, never removed. An ordinal stays where it is, so every id keeps its
//! meaning and the journal explains it; payloads of hidden attempts are let go.

use std::sync::Arc;

use super::fold::misfit;
use super::{Execution, Misfit, Task};
use crate::event::{ExecutionStarted, Frame, PlanReplaced, Rewound};
use crate::id::BlueprintHash;
use crate::json::Json;
use crate::plan::{Kind, NodeIndex, Plan};
use crate::time::Timestamp;

impl Execution {
    /// Makes a plan known that a later event may name.
    pub fn know(&mut self, plan: Arc<Plan>) {
        self.plans.insert(plan.hash, plan);
    }

    /// The plans that later events may name.
    pub fn known_plans(&self) -> impl Iterator<Item = &Arc<Plan>> {
        self.plans.values()
    }

    /// The attempts that count, in the order in which they were scheduled.
    pub fn current_tasks(&self) -> impl DoubleEndedIterator<Item = &Task> {
        self.tasks.iter().filter(|task| !task.hidden)
    }

    /// The first task that did not succeed and that ended by itself, not because of what it holds together.
    pub fn first_failure(&self) -> Option<&Task> {
        let is_latest = |task: &Task| {
            self.latest(task.node, &task.frame).is_some_and(|latest| latest.ordinal == task.ordinal)
        };
        self.current_tasks().find(|task| {
            let is_own = !self.plan.node(task.node).kind.is_structural();
            let failed = task.is_terminal() && !task.status.is_successful();
            failed && is_own && is_latest(task) && !self.is_excused(task)
        })
    }

    pub(super) fn restarted(&mut self, started: &ExecutionStarted, at: Timestamp) -> Result<(), Misfit> {
        self.tasks.iter_mut().for_each(Task::hide);
        self.extensions.log.clear();
        self.replan(started)?;
        self.retried(at);
        self.created_at = at;
        self.last_retried_at = None;
        self.deferred.clear();
        self.recount();
        Ok(())
    }

    pub(super) fn rewound(&mut self, rewound: &Rewound) -> Result<(), Misfit> {
        for ordinal in &rewound.dropped {
            self.task_mut(*ordinal)?.hide();
        }
        for back in &rewound.loops {
            self.task_mut(back.task)?.iteration = back.iteration;
        }
        self.generation += 1;
        self.recount();
        Ok(())
    }

    pub(super) fn plan_replaced(&mut self, replaced: &PlanReplaced) -> Result<(), Misfit> {
        for ordinal in &replaced.dropped {
            self.task_mut(*ordinal)?.hide();
        }
        self.replan(&replaced.started)?;
        self.recount();
        Ok(())
    }

    /// Takes over what a start says, and finds the attempts again in its plan.
    fn replan(&mut self, started: &ExecutionStarted) -> Result<(), Misfit> {
        let plan = match started.blueprint == self.pinned.hash {
            true => self.pinned.clone(),
            false => self.plan_named(started.blueprint)?,
        };
        let former = std::mem::replace(&mut self.plan, plan.clone());
        let pinned = std::mem::replace(&mut self.pinned, plan);
        self.know(pinned);
        let log = std::mem::take(&mut self.extensions).log;
        self.grow_again(log)?;
        for place in 0..self.tasks.len() {
            let task = &self.tasks[place];
            let reference = &former.node(task.node).reference;
            let node = match self.find(reference, &task.frame) {
                Some(node) => node,
                None if task.hidden => NodeIndex(0),
                None => return Err(misfit("an attempt without counterpart", reference)),
            };
            self.tasks[place].node = node;
        }
        self.started = Arc::new(started.clone());
        Ok(())
    }

    /// Another plan with all that was added to this one, as far as it has the places for it; without any attempts.
    pub(crate) fn replanned(&self, plan: &Arc<Plan>) -> Result<Self, Misfit> {
        let mut then = Self::new(self.id, plan.clone(), self.started.clone(), self.created_at);
        then.plans.clone_from(&self.plans);
        then.grow_again(self.extensions.log.clone())?;
        Ok(then)
    }

    /// Adds to the plan what was added to the former one, where both have the same dynamic construct.
    fn grow_again(&mut self, log: Vec<(Arc<str>, Frame, BlueprintHash)>) -> Result<(), Misfit> {
        for (reference, frame, hash) in log {
            let fragment = self.plan_named(hash)?;
            let was_fork =
                fragment.nodes().next().is_some_and(|(_, node)| matches!(node.kind, Kind::Fork { .. }));
            let fits = self.dynamic_at(&reference, &frame).is_some_and(|at| match self.plan.node(at).kind {
                Kind::DynamicFork { .. } => was_fork,
                Kind::Dynamic => !was_fork,
                _ => false,
            });
            if fits {
                self.extend(&reference, &frame, hash)?;
            }
        }
        Ok(())
    }

    pub(super) fn plan_named(&self, hash: BlueprintHash) -> Result<Arc<Plan>, Misfit> {
        let plan = self.plans.get(&hash).filter(|plan| !plan.is_empty()).cloned();
        plan.ok_or_else(|| misfit("no such definition", &hash.to_string()))
    }
}

impl Task {
    pub(super) fn hide(&mut self) {
        self.hidden = true;
        self.input = Json::empty_object();
        self.secrets.clear();
        self.output = Json::empty_object();
        self.reason = None;
        self.lease = None;
        self.due_at = None;
        self.child = None;
        self.noted.clear();
        self.waiting = 0;
        self.iteration = 0;
        self.kept_from = 0;
        self.trial = super::Trial::default();
        self.is_child_changed = false;
    }
}
