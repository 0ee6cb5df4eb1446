//! Children in a preview: a SUB_WORKFLOW task that runs again starts a new child, which does what the old one did.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;
use serde_json::Value;

use super::was_done;
use crate::decide::Context;
use crate::execution::{Execution, Task};
use crate::id::ExecutionId;
use crate::plan::{ChildDefinition, EffectClass, Kind};

/// A child that would be started anew.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChildAnew {
    /// Name of the task that starts it.
    pub reference_task_name: String,
    /// Name of its definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version, as far as it is known before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The child that the task started before. It stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_workflow_id: Option<ExecutionId>,
    /// What that child did, and what its own children did.
    #[serde(flatten)]
    pub did: Done,
    /// How many of these executions were not looked at: they are gone, or too many.
    #[serde(skip_serializing_if = "super::is_zero")]
    pub unread: usize,
}

/// What an execution has done.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// In how many executions; the others are its descendants.
    pub executions: usize,
    /// How many tasks, by effect class. What a child did is counted there, not at the task that started it.
    pub effects: BTreeMap<EffectClass, usize>,
    /// The children that it started.
    #[serde(skip)]
    pub children: Vec<ExecutionId>,
}

impl Done {
    /// Adds what a descendant has done. Its children are handed back, to be looked at too.
    pub fn add(&mut self, other: Self) -> Vec<ExecutionId> {
        self.executions += other.executions;
        for (class, count) in other.effects {
            *self.effects.entry(class).or_default() += count;
        }
        other.children
    }
}

/// What an execution has done since it last began.
pub fn done(execution: &Execution) -> Done {
    let mut done = Done { executions: 1, ..Done::default() };
    let mut seen = HashSet::new();
    for task in execution.current_tasks() {
        done.children.extend(task.child);
        if task.child.is_none() && was_done(task) && seen.insert((task.node, &task.frame)) {
            *done.effects.entry(execution.plan.node(task.node).effect_class()).or_default() += 1;
        }
    }
    done
}

/// The child that a task starts when it runs again.
pub(super) fn anew(execution: &Execution, task: &Task, context: &Context<'_>) -> Option<ChildAnew> {
    let Kind::SubWorkflow(child) = &execution.plan.node(task.node).kind else { return None };
    let (name, version) = match &child.definition {
        ChildDefinition::Inline(plan) => {
            (Some(plan.name.to_string()), u32::try_from(plan.definition.version).ok())
        }
        _ => registered(&task.input.value(), context),
    };
    Some(ChildAnew {
        reference_task_name: super::name(execution, task),
        name,
        version,
        former_workflow_id: task.child,
        did: Done::default(),
        unread: 0,
    })
}

/// The definition that an attempt's input names; without a version that is the latest, which may be another one than
/// before.
fn registered(input: &Value, context: &Context<'_>) -> (Option<String>, Option<u32>) {
    let name = input["subWorkflowName"].as_str().map(str::to_owned);
    let version = input["subWorkflowVersion"].as_u64().and_then(|version| u32::try_from(version).ok());
    let plan = name.as_deref().and_then(|name| context.definitions.find(name, version));
    let found = plan.and_then(|plan| u32::try_from(plan.definition.version).ok());
    (name, found.or(version))
}
