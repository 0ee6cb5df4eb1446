//! Previews: what a command would do, found by deciding it on a copy.

mod children;
mod course;
mod ways;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Serialize;

use super::{Command, Context, Refusal, decide};
use crate::event::{Event, Step};
use crate::execution::{Execution, Task};
use crate::id::{ExecutionId, TaskId};
use crate::plan::EffectClass;
use crate::record::{Message, MessageBody, MessageId};
use crate::status::TaskStatus;

use course::Course;

pub use children::{ChildAnew, Done, done};

/// What a command would do.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// To which execution.
    pub workflow_id: ExecutionId,
    /// The version that a restart or an upgrade goes on by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Names of the tasks that the flow would come to again, and of those that would be attempted once more.
    pub runs_again: Vec<String>,
    /// References of the other tasks of the version, if a restart is by another one: the flow may come to them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub may_run: Vec<String>,
    /// Names of the tasks that were attempted and that the other version does not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<String>,
    /// Names of what would go on in place: JOINs, scopes, and the task of a child that runs again.
    pub reopened: Vec<String>,
    /// Attempts that would be hidden; those that run again in place keep their id.
    pub hidden: Vec<Affected>,
    /// Open attempts that would be canceled or abandoned.
    pub canceled: Vec<Affected>,
    /// Names of the attempts that would be scheduled at once.
    pub scheduled: Vec<String>,
    /// The tasks whose effects may happen once more, by class. Those that no worker ever took are left out.
    pub effects: BTreeMap<EffectClass, Vec<String>>,
    /// The children that would be started anew in place of those that ran.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<ChildAnew>,
    /// How many more there are of them than are listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_children: usize,
    /// Names of the tasks that the other version has before the present place, so that the flow never comes to them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub never_runs: Vec<String>,
    /// The parent execution, which would be told to run again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_workflow_id: Option<ExecutionId>,
    /// The executions above it that run again with it, the nearest first. [`preview`] looks at one execution, so its
    /// caller fills them in, by [`heard`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<Preview>,
    /// What the parent would be told.
    #[serde(skip)]
    pub told: Option<Message>,
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

/// Children are listed up to so many.
const CHILDREN_LISTED_MAX: usize = 100;

/// What `command` would do to an execution, which stays as it is.
///
/// # Errors
/// As [`decide`].
pub fn preview(execution: &Execution, command: Command, context: &Context<'_>) -> Result<Preview, Refusal> {
    let mut copy = execution.clone();
    let decision = decide(&mut copy, command, context)?;
    let record = decision.record.as_ref();
    let events = record.map(|record| record.events.as_slice()).unwrap_or_default();
    let mut preview = Preview::nothing(execution.id);
    if let (Some(parent), Some(record)) = (execution.started.parent, record) {
        preview.told = record.messages.iter().find(|message| message.to == parent.execution()).cloned();
        preview.parent_workflow_id = preview.told.as_ref().map(|message| message.to);
    }
    let mut again = Again::default();
    for event in events {
        again.note(execution, event);
        match event {
            Event::Restarted(_) | Event::PlanReplaced(_) => preview.version = Some(copy.started.version),
            Event::TaskScheduled(scheduled) => {
                preview.scheduled.push(scheduled.frame.name(&scheduled.reference));
            }
            Event::TaskEnded(ended) => preview.ends(execution, ended.task, ended.status),
            _ => {}
        }
    }
    let course = Course::of(execution, &copy, events)?;
    preview.may_run = course.not_attempted();
    preview.repeats(execution, &again, &course, context);
    let reopened = again.reopened.difference(&again.dropped).filter_map(|ordinal| execution.task(*ordinal));
    preview.reopened = reopened.map(|task| name(execution, task)).collect();
    let hidden = again.dropped.union(&again.gone).filter_map(|ordinal| execution.task(*ordinal));
    preview.hidden = hidden.map(|task| affected(execution, task)).collect();
    if events.iter().any(|event| matches!(event, Event::PlanReplaced(_))) && !copy.status.is_terminal() {
        preview.never_runs = ways::closed(execution, &copy);
    }
    Ok(preview)
}

/// What the message of a child that runs again would do to its parent. `None` if it would change nothing.
///
/// # Errors
/// As [`decide`].
pub fn heard(
    parent: &Execution,
    child: ExecutionId,
    body: MessageBody,
    context: &Context<'_>,
) -> Result<Option<Preview>, Refusal> {
    let id = MessageId { sender: child, seq: u64::MAX, index: 0 };
    let preview = preview(parent, Command::Receive(id, Box::new(body)), context)?;
    let changes = !(preview.runs_again.is_empty() && preview.reopened.is_empty());
    Ok(changes.then_some(preview))
}

impl Preview {
    fn nothing(workflow_id: ExecutionId) -> Self {
        Self {
            workflow_id,
            version: None,
            runs_again: Vec::new(),
            may_run: Vec::new(),
            gone: Vec::new(),
            reopened: Vec::new(),
            hidden: Vec::new(),
            canceled: Vec::new(),
            scheduled: Vec::new(),
            effects: BTreeMap::new(),
            children: Vec::new(),
            more_children: 0,
            never_runs: Vec::new(),
            parent_workflow_id: None,
            parents: Vec::new(),
            told: None,
        }
    }

    /// Tells what runs again from what is gone.
    fn repeats(&mut self, execution: &Execution, again: &Again, course: &Course<'_>, context: &Context<'_>) {
        let (mut seen, mut done) = (HashSet::new(), HashSet::new());
        let mut gone: Vec<&Task> = again.gone.iter().filter_map(|ordinal| execution.task(*ordinal)).collect();
        for task in again.tasks(execution) {
            let Some(place) = course.place(task) else {
                gone.push(task);
                continue;
            };
            if seen.insert(place.key()) {
                self.runs_again.push(place.name());
                self.starts(children::anew(execution, task, &place, context));
            }
            if was_done(task) && done.insert(place.key()) {
                self.effects.entry(place.node.effect_class()).or_default().push(place.name());
            }
        }
        let mut seen = HashSet::new();
        gone.retain(|task| seen.insert((task.node, &task.frame)));
        self.gone = gone.into_iter().map(|task| name(execution, task)).collect();
    }

    fn starts(&mut self, child: Option<ChildAnew>) {
        match child {
            Some(child) if self.children.len() < CHILDREN_LISTED_MAX => self.children.push(child),
            Some(_) => self.more_children += 1,
            None => {}
        }
    }

    fn ends(&mut self, execution: &Execution, ordinal: u32, status: TaskStatus) {
        let open = execution.task(ordinal).filter(|task| !task.is_terminal());
        let is_given_up = matches!(status, TaskStatus::Canceled | TaskStatus::Skipped);
        if let Some(task) = open.filter(|_| is_given_up) {
            self.canceled.push(affected(execution, task));
        }
    }
}

/// The attempts that a decision takes up once more, by ordinal.
#[derive(Default)]
struct Again {
    /// They no longer count, and the flow comes to them again.
    dropped: BTreeSet<u32>,
    /// They no longer count, and the other version does not know them.
    gone: BTreeSet<u32>,
    /// They are followed by another attempt.
    repeated: BTreeSet<u32>,
    /// They go on in place.
    reopened: BTreeSet<u32>,
}

impl Again {
    fn note(&mut self, execution: &Execution, event: &Event) {
        match event {
            Event::Restarted(_) => self.dropped.extend(execution.current_tasks().map(|task| task.ordinal)),
            Event::Rewound(rewound) => self.dropped.extend(&rewound.dropped),
            Event::PlanReplaced(replaced) => self.gone.extend(&replaced.dropped),
            Event::TaskScheduled(scheduled) => self.repeated.extend(scheduled.retry_of),
            Event::TaskReopened { task } => _ = self.reopened.insert(*task),
            Event::StepsDeferred(steps) => steps.iter().for_each(|step| match step {
                Step::Repeat { task, .. } => _ = self.repeated.insert(*task),
                Step::Reopen { task } => _ = self.reopened.insert(*task),
                _ => {}
            }),
            _ => {}
        }
    }

    fn tasks<'a>(&'a self, execution: &'a Execution) -> impl Iterator<Item = &'a Task> {
        self.dropped.union(&self.repeated).filter_map(|ordinal| execution.task(*ordinal))
    }
}

/// Whether its effect may have happened.
fn was_done(task: &Task) -> bool {
    task.poll_count > 0
        || task.child.is_some()
        || task.ended_at.is_some() && task.status != TaskStatus::Canceled
}

fn name(execution: &Execution, task: &Task) -> String {
    task.frame.name(&execution.plan.node(task.node).reference)
}

fn affected(execution: &Execution, task: &Task) -> Affected {
    let node = execution.plan.node(task.node);
    Affected {
        task_id: execution.id.task(task.ordinal),
        reference_task_name: name(execution, task),
        task_type: node.task_type().to_owned(),
        status: task.status,
        effect: node.effect_class(),
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &usize) -> bool {
    *number == 0
}
