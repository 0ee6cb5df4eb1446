//! Children in a preview: a SUB_WORKFLOW task that runs again starts a new child, which does what the old one did.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;
use serde_json::Value;

use super::course::Place;
use super::was_done;
use crate::decide::Context;
use crate::decide::sub_workflow::version_number;
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

/// The child that an attempt's task starts when it runs again, at its place in the plan to come.
pub(super) fn anew(
    execution: &Execution,
    task: &Task,
    place: &Place<'_>,
    context: &Context<'_>,
) -> Option<ChildAnew> {
    let Kind::SubWorkflow(child) = &place.node.kind else { return None };
    let former = &execution.plan.node(task.node).task.sub_workflow_param;
    let input = match *former == place.node.task.sub_workflow_param {
        true => task.input.value(),
        false => Value::Null,
    };
    let (name, version) = definition(&child.definition, &input, context);
    Some(ChildAnew {
        reference_task_name: place.name(),
        name,
        version,
        former_workflow_id: task.child,
        did: Done::default(),
        unread: 0,
    })
}

/// Name and version of a child's definition, as far as they are written down or were found by the same words before. Without
/// a version it is the latest, which may be another one than before.
fn definition(
    child: &ChildDefinition,
    input: &Value,
    context: &Context<'_>,
) -> (Option<String>, Option<u32>) {
    let mut name = input["subWorkflowName"].as_str();
    let mut version = version_number(&input["subWorkflowVersion"]);
    match child {
        ChildDefinition::Inline(plan) => {
            return (Some(plan.name.to_string()), u32::try_from(plan.definition.version).ok());
        }
        ChildDefinition::Named { name: text, version: number } => {
            name = text.literal(&[]).and_then(Value::as_str).or(name);
            version = match number.as_ref().map(|number| number.literal(&[])) {
                None => Some(None),
                Some(Some(number)) => version_number(number),
                Some(None) if input.is_null() => None,
                Some(None) => version,
            };
        }
        ChildDefinition::Computed(_) => {}
    }
    let plan = version.and_then(|version| context.definitions.find(name?, version));
    let found = plan.and_then(|plan| u32::try_from(plan.definition.version).ok());
    (name.map(str::to_owned), found.or(version.flatten()))
}
