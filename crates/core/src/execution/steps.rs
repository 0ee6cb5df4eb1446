//! GRAPH steps: which have ended, and how many of its dependencies each step waits for no longer. Both follow from
//! the attempts; a step costs as much as it has dependants.

use serde_json::Value;

use super::{Execution, Task};
use crate::event::Frame;
use crate::plan::{Kind, NodeIndex, Switch};
use crate::status::TaskStatus;
use crate::table::{HashMap, HashSet};

/// How far the graphs are.
#[derive(Debug, Clone, Default)]
pub(super) struct Steps {
    passed: HashSet<(NodeIndex, Frame)>,
    /// Dependencies that have ended.
    met: HashMap<(NodeIndex, Frame), u32>,
}

impl Steps {
    pub(super) fn clear(&mut self) {
        self.passed.clear();
        self.met.clear();
    }
}

impl Execution {
    /// Takes note of what a change of an attempt means for the step that it belongs to.
    pub(super) fn note_step(&mut self, node: NodeIndex, frame: &Frame) {
        let Some(step) = self.plan.step_around(node) else { return };
        let passed = self.is_passed(step, frame);
        let key = (step, frame.clone());
        if passed == self.steps.passed.contains(&key) {
            return;
        }
        let plan = self.plan.clone();
        for dependant in &plan.node(step).dependants {
            let key = (*dependant, frame.clone());
            let met = self.steps.met.entry(key.clone()).or_default();
            *met = if passed { *met + 1 } else { met.saturating_sub(1) };
            if *met == 0 {
                self.steps.met.remove(&key);
            }
        }
        match passed {
            true => drop(self.steps.passed.insert(key)),
            false => drop(self.steps.passed.remove(&key)),
        }
    }

    /// Whether the flow has gone through a step of a GRAPH.
    pub(crate) fn has_passed(&self, step: NodeIndex, frame: &Frame) -> bool {
        self.steps.passed.contains(&(step, frame.clone()))
    }

    /// How many dependencies a step still waits for.
    pub fn unmet(&self, step: NodeIndex, frame: &Frame) -> u32 {
        let all = u32::try_from(self.plan.node(step).dependencies.len()).unwrap_or(u32::MAX);
        all.saturating_sub(self.steps.met.get(&(step, frame.clone())).copied().unwrap_or(0))
    }

    /// A node counts as passed when it has ended well enough; a SWITCH when its chosen case has, too.
    fn is_passed(&self, node: NodeIndex, frame: &Frame) -> bool {
        let Some(task) = self.latest(node, frame).filter(|task| self.is_settled(task)) else { return false };
        match &self.plan.node(task.node).kind {
            Kind::Switch(switch) if task.status != TaskStatus::Skipped => {
                let first = chosen(task, switch).and_then(|case| switch.first_of(&case));
                self.plan.sequence(first).all(|node| self.is_passed(node, frame))
            }
            _ => true,
        }
    }
}

fn chosen(task: &Task, switch: &Switch) -> Option<String> {
    let output = task.output.object();
    let case = match switch.is_decision {
        true => output.get("caseOutput")?.get(0)?,
        false => output.get("selectedCase")?,
    };
    Value::as_str(case).map(str::to_owned)
}
