//! Previews: what a command would do, found by deciding it on a copy.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Serialize;

use super::{Command, Context, Refusal, decide};
use crate::event::Event;
use crate::execution::{Execution, Task};
use crate::id::{ExecutionId, TaskId};
use crate::plan::EffectClass;
use crate::status::TaskStatus;

/// What a command would do.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// To which execution.
    pub workflow_id: ExecutionId,
    /// Names of the tasks that the flow would come to again.
    pub runs_again: Vec<String>,
    /// Attempts that would be hidden; those that run again in place keep their id.
    pub hidden: Vec<Affected>,
    /// Open attempts that would be canceled or abandoned.
    pub canceled: Vec<Affected>,
    /// Names of the attempts that would be scheduled at once.
    pub scheduled: Vec<String>,
    /// The tasks whose effects may happen once more, by class. Those that no worker ever took are left out.
    pub effects: BTreeMap<EffectClass, Vec<String>>,
    /// The parent execution, which would be told to run again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_workflow_id: Option<ExecutionId>,
}

/// An attempt that would be affected.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Affected {
    /// The attempt.
    pub task_id: TaskId,
    /// The reference with its frame.
    pub reference_task_name: String,
    /// Its type on the wire.
    pub task_type: String,
    /// Where it stands now.
    pub status: TaskStatus,
    /// What it means to do it again.
    pub effect: EffectClass,
}

/// What `command` would do to an execution, which stays as it is.
///
/// # Errors
/// As [`decide`].
pub fn preview(execution: &Execution, command: Command, context: &Context<'_>) -> Result<Preview, Refusal> {
    let mut copy = execution.clone();
    let decision = decide(&mut copy, command, context)?;
    let record = decision.record.as_ref();
    let events = record.map(|record| record.events.as_slice()).unwrap_or_default();
    let mut preview = Preview {
        workflow_id: execution.id,
        runs_again: Vec::new(),
        hidden: Vec::new(),
        canceled: Vec::new(),
        scheduled: Vec::new(),
        effects: BTreeMap::new(),
        parent_workflow_id: None,
    };
    if let (Some(parent), Some(record)) = (execution.started.parent, record) {
        let is_told = record.messages.iter().any(|message| message.to == parent.execution());
        preview.parent_workflow_id = is_told.then(|| parent.execution());
    }
    let mut dropped: BTreeSet<u32> = BTreeSet::new();
    let mut gone: BTreeSet<u32> = BTreeSet::new();
    for event in events {
        match event {
            Event::Restarted(_) => dropped.extend(execution.current_tasks().map(|task| task.ordinal)),
            Event::Rewound(rewound) => dropped.extend(&rewound.dropped),
            Event::PlanReplaced(replaced) => gone.extend(&replaced.dropped),
            Event::TaskScheduled(scheduled) => {
                preview.scheduled.push(scheduled.frame.name(&scheduled.reference));
            }
            Event::TaskEnded(ended) => preview.ends(execution, ended.task, ended.status),
            _ => {}
        }
    }
    let mut seen = HashSet::new();
    for task in dropped.iter().filter_map(|ordinal| execution.task(*ordinal)) {
        if seen.insert((task.node, &task.frame)) {
            preview.repeats(execution, task);
        }
    }
    let all = dropped.union(&gone).filter_map(|ordinal| execution.task(*ordinal));
    preview.hidden = all.map(|task| affected(execution, task)).collect();
    Ok(preview)
}

impl Preview {
    fn ends(&mut self, execution: &Execution, ordinal: u32, status: TaskStatus) {
        let open = execution.task(ordinal).filter(|task| !task.is_terminal());
        let is_given_up = matches!(status, TaskStatus::Canceled | TaskStatus::Skipped);
        if let Some(task) = open.filter(|_| is_given_up) {
            self.canceled.push(affected(execution, task));
        }
    }

    fn repeats(&mut self, execution: &Execution, task: &Task) {
        let node = execution.plan.node(task.node);
        let name = task.frame.name(&node.reference);
        let was_done = task.poll_count > 0
            || task.child.is_some()
            || task.ended_at.is_some() && task.status != TaskStatus::Canceled;
        if was_done {
            self.effects.entry(node.effect_class()).or_default().push(name.clone());
        }
        self.runs_again.push(name);
    }
}

fn affected(execution: &Execution, task: &Task) -> Affected {
    let node = execution.plan.node(task.node);
    Affected {
        task_id: execution.id.task(task.ordinal),
        reference_task_name: task.frame.name(&node.reference),
        task_type: node.task_type().to_owned(),
        status: task.status,
        effect: node.effect_class(),
    }
}
