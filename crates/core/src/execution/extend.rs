//! Plans that grow while they run: the branches of dynamic forks, and the tasks that DYNAMIC nodes turn into.
//!
//! What is added is a fragment: a definition of its own, stored by its hash. The same fragment at the same node is
//! spliced in once, however many iterations come by; different ones at one reference are told apart by their frames.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::fold::{Misfit, misfit};
use super::{Execution, Task};
use crate::definition::WorkflowTask;
use crate::event::{Event, Frame};
use crate::id::BlueprintHash;
use crate::plan::{Kind, NodeIndex, branch_inputs};
use crate::record::Record;
use crate::table::HashMap;

/// What was added to an execution's plan.
#[derive(Debug, Clone, Default)]
pub(super) struct Extensions {
    /// In order: where, in which frame, and what.
    pub(super) log: Vec<(Arc<str>, Frame, BlueprintHash)>,
    spliced: HashMap<(NodeIndex, BlueprintHash), NodeIndex>,
    forks: HashMap<(NodeIndex, Frame), Branches>,
    /// References that mean something else than in the plan at large, in this frame and inside it.
    scoped: HashMap<(Arc<str>, Frame), NodeIndex>,
}

/// The branches of a dynamic fork in one frame.
#[derive(Debug, Clone)]
struct Branches {
    fragment: BlueprintHash,
    firsts: Vec<Option<NodeIndex>>,
    on: Vec<NodeIndex>,
    inputs: HashMap<Arc<str>, Map<String, Value>>,
}

impl Execution {
    /// The fragments that a record splices in.
    pub fn fragments_of(record: &Record) -> impl Iterator<Item = BlueprintHash> {
        record.events.iter().filter_map(|event| match event {
            Event::PlanExtended { fragment, .. } => Some(*fragment),
            _ => None,
        })
    }

    /// True if some dynamic fork has begun.
    pub(crate) fn has_forked(&self) -> bool {
        !self.extensions.forks.is_empty()
    }

    /// Whether the branches of a dynamic fork are known in a frame.
    pub(crate) fn has_begun(&self, fork: NodeIndex, frame: &Frame) -> bool {
        self.extensions.forks.contains_key(&(fork, frame.clone()))
    }

    /// Whether another text of a dynamic fork gives the branches of an attempt the inputs that they have.
    pub(crate) fn feeds_alike(&self, fork: &Task, other: &WorkflowTask) -> bool {
        let Some(branches) = self.extensions.forks.get(&(fork.node, fork.frame.clone())) else { return true };
        let references: Vec<Arc<str>> =
            branches.on.iter().map(|first| self.plan.node(*first).reference.clone()).collect();
        branch_inputs(other, &fork.input, &references) == branches.inputs
    }

    /// The node that a reference means in a frame.
    pub fn find(&self, reference: &str, frame: &Frame) -> Option<NodeIndex> {
        if !self.extensions.scoped.is_empty() {
            let reference: Arc<str> = reference.into();
            for depth in (0..=frame.0.len()).rev() {
                let key = (reference.clone(), frame.outer(depth));
                if let Some(index) = self.extensions.scoped.get(&key) {
                    return Some(*index);
                }
            }
        }
        self.plan.find(reference)
    }

    /// The first nodes of a fork's branches; the first steps of a graph.
    pub(crate) fn branches(&self, fork: NodeIndex, frame: &Frame) -> &[Option<NodeIndex>] {
        match &self.plan.node(fork).kind {
            Kind::Fork { branches } => branches,
            Kind::Graph(graph) => &graph.roots,
            _ => self.extensions.forks.get(&(fork, frame.clone())).map_or(&[], |fork| &fork.firsts),
        }
    }

    /// The nodes that a JOIN waits for.
    pub fn joined<'a>(&'a self, join: NodeIndex, frame: &Frame) -> &'a [NodeIndex] {
        match &self.plan.node(join).kind {
            Kind::Join { fork: Some(fork), .. } => {
                self.extensions.forks.get(&(*fork, frame.clone())).map_or(&[], |fork| &fork.on)
            }
            Kind::Join { on, .. } | Kind::ExclusiveJoin { on } => on,
            _ => &[],
        }
    }

    /// What the input of a dynamic fork says of the input of the first node of a branch.
    pub(crate) fn fed_input(&self, node: NodeIndex, frame: &Frame) -> Option<&Map<String, Value>> {
        let node = self.plan.node(node);
        self.extensions.forks.get(&(node.fed_by?, frame.clone()))?.inputs.get(&node.reference)
    }

    /// The construct in a frame that fragments are spliced in at, and not what they put in its place.
    pub(super) fn dynamic_at(&self, reference: &str, frame: &Frame) -> Option<NodeIndex> {
        let found = self.find(reference, frame)?;
        Some(self.plan.node(found).stands_for.unwrap_or(found))
    }

    /// The tasks that a dynamic fork began in a frame, as they could have been written, one for each branch.
    pub(crate) fn forked(&self, fork: NodeIndex, frame: &Frame) -> Vec<WorkflowTask> {
        let branches = self.extensions.forks.get(&(fork, frame.clone()));
        let fragment = branches.and_then(|branches| self.plan_named(branches.fragment).ok());
        let written = fragment.as_ref().and_then(|fragment| fragment.definition.tasks.first());
        written.map(|fork| fork.fork_tasks.concat()).unwrap_or_default()
    }

    /// Splices a fragment in.
    pub(super) fn extend(
        &mut self,
        reference: &str,
        frame: &Frame,
        hash: BlueprintHash,
    ) -> Result<(), Misfit> {
        let at = self.dynamic_at(reference, frame).ok_or_else(|| misfit("no such task", reference))?;
        let fragment = self.plan_named(hash)?;
        let is_fork = matches!(self.plan.node(at).kind, Kind::DynamicFork { .. });
        let first_new = match self.extensions.spliced.get(&(at, hash)) {
            Some(index) => *index,
            None => {
                let base = NodeIndex(u32::try_from(self.plan.len()).unwrap_or(u32::MAX));
                let grown = match is_fork {
                    true => self.plan.with_branches(at, &fragment),
                    false => self.plan.with_stand_in(at, &fragment),
                };
                self.attempts.resize(grown.len(), Vec::new());
                self.plan = Arc::new(grown);
                self.extensions.spliced.insert((at, hash), base);
                base
            }
        };
        let added = fragment.len().saturating_sub(if is_fork { 2 } else { 0 });
        let indexes = (first_new.0..).take(added).map(NodeIndex);
        for index in indexes.clone() {
            let reference = self.plan.node(index).reference.clone();
            let key = (reference, frame.clone());
            if self.plan.find(&key.0) != Some(index) {
                self.extensions.scoped.insert(key, index);
            } else {
                self.extensions.scoped.remove(&key);
            }
        }
        if is_fork {
            let firsts: Vec<NodeIndex> =
                indexes.filter(|index| self.plan.node(*index).fed_by == Some(at)).collect();
            let branches = Branches {
                fragment: hash,
                firsts: firsts.iter().copied().map(Some).collect(),
                on: firsts,
                inputs: HashMap::default(),
            };
            self.extensions.forks.insert((at, frame.clone()), branches);
        }
        self.extensions.log.push((reference.into(), frame.clone(), hash));
        Ok(())
    }

    /// Takes note of the inputs of branches when their fork's attempt is known.
    pub(super) fn feed(&mut self, ordinal: u32) {
        let Some(fork) = self.task(ordinal) else { return };
        let node = self.plan.node(fork.node);
        if !matches!(node.kind, Kind::DynamicFork { .. }) {
            return;
        }
        let key = (fork.node, fork.frame.clone());
        let Some(branches) = self.extensions.forks.get(&key) else { return };
        let references: Vec<Arc<str>> =
            branches.on.iter().map(|first| self.plan.node(*first).reference.clone()).collect();
        let inputs = branch_inputs(&node.task, &fork.input, &references);
        if let Some(branches) = self.extensions.forks.get_mut(&key) {
            branches.inputs = inputs;
        }
    }
}
