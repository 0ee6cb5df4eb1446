//! The fold: what each event does to the state. Nothing here decides anything.

use std::sync::Arc;

use super::{Execution, Task};
use crate::event::{AttemptDeferred, AttemptStarted, Event, ExecutionEnded, TaskEnded, TaskScheduled};
use crate::json::Json;
use crate::plan::Kind;
use crate::record::Record;
use crate::status::{ExecutionStatus, TaskStatus};
use crate::time::Timestamp;

/// An event that does not fit the state: the journal is damaged or belongs to another definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an event does not fit: {problem}")]
pub struct Misfit {
    /// What does not fit.
    pub problem: String,
}

impl Execution {
    /// Folds a stored record.
    ///
    /// # Errors
    /// If an event does not fit; the state is then unusable and the execution belongs in quarantine.
    pub fn fold_record(&mut self, record: &Record) -> Result<(), Misfit> {
        for event in &record.events {
            self.fold(event, record.at)?;
        }
        self.close_record(record);
        Ok(())
    }

    /// Closes a record whose events are folded already.
    pub(crate) fn close_record(&mut self, record: &Record) {
        self.applied.extend(record.applied.iter().copied());
        self.updated_at = record.at;
    }

    /// Folds one event that happened at `at`.
    pub(crate) fn fold(&mut self, event: &Event, at: Timestamp) -> Result<(), Misfit> {
        match event {
            Event::ExecutionStarted(_) => {}
            Event::TaskScheduled(scheduled) => self.task_scheduled(scheduled, at)?,
            Event::AttemptStarted(started) => self.attempt_started(started)?,
            Event::AttemptDeferred(deferred) => self.attempt_deferred(deferred, at)?,
            Event::TaskUpdated { task, output } => {
                let task = self.task_mut(*task)?;
                task.output = output.clone();
                task.updated_at = at;
            }
            Event::ChildStarted { task, child } => {
                let started = self.task_mut(*task)?;
                started.child = Some(*child);
                started.status = TaskStatus::InProgress;
                started.started_at.get_or_insert(at);
                started.updated_at = at;
                self.rearm(*task);
            }
            Event::TaskEnded(ended) => self.task_ended(ended, at)?,
            Event::TaskReopened { task } => self.task_reopened(*task, at)?,
            Event::IterationStarted { reference, frame, number } => {
                let node = self.find(reference, frame).ok_or_else(|| misfit("no such loop", reference))?;
                let ordinal = self.latest.get(&(node, frame.clone())).copied().unwrap_or(0);
                self.task_mut(ordinal)?.iteration = *number;
                self.answered(ordinal);
            }
            Event::IterationsDropped { task, below } => self.iterations_dropped(*task, *below)?,
            Event::SectionStarted { task, section, failed } => {
                self.task_mut(*task)?.trial.begin(*section, *failed);
            }
            Event::EvaluationAsked { task } => self.evaluation_asked(*task, at)?,
            Event::PlanExtended { reference, frame, fragment } => self.extend(reference, frame, *fragment)?,
            Event::AttemptParked { task, output } => self.attempt_parked(*task, output.as_ref(), at)?,
            Event::MessageQueued { message } => self.inbox.push_back(message.clone()),
            Event::MessagesTaken { count } => {
                let count = (*count as usize).min(self.inbox.len());
                self.inbox.drain(..count);
            }
            Event::VariablesSet(variables) => self.variables.extend(variables.clone()),
            Event::StepsDeferred(steps) => self.deferred.extend(steps.iter().cloned()),
            Event::StepsResumed => self.deferred.clear(),
            Event::TimeoutNoted { task: 0, .. } => self.timeout_noted = true,
            Event::TimeoutNoted { task, limit } => {
                let noted = self.task_mut(*task)?;
                noted.noted.push(*limit);
                self.rearm(*task);
            }
            Event::ResultDiscarded { .. } => {}
            Event::ExecutionPaused => self.status = ExecutionStatus::Paused,
            Event::ExecutionResumed => {
                self.status = ExecutionStatus::Running;
                self.last_retried_at = Some(at);
            }
            Event::ExecutionRetried => self.retried(at),
            Event::Restarted(started) => self.restarted(started, at)?,
            Event::Rewound(rewound) => self.rewound(rewound)?,
            Event::PlanReplaced(replaced) => self.plan_replaced(replaced)?,
            Event::ExecutionEnded(ended) => self.ended(ended, at),
        }
        Ok(())
    }

    pub(super) fn task_mut(&mut self, ordinal: u32) -> Result<&mut Task, Misfit> {
        let place = (ordinal as usize).checked_sub(1);
        place
            .and_then(|place| self.tasks.get_mut(place))
            .ok_or_else(|| misfit("no such attempt", &ordinal.to_string()))
    }

    fn task_scheduled(&mut self, scheduled: &TaskScheduled, at: Timestamp) -> Result<(), Misfit> {
        let takes_place = self.task(scheduled.task).is_some_and(|task| task.hidden);
        if !takes_place && scheduled.task as usize != self.tasks.len() + 1 {
            return Err(misfit("attempt out of order", &scheduled.task.to_string()));
        }
        let node = self
            .find(&scheduled.reference, &scheduled.frame)
            .ok_or_else(|| misfit("no such task", &scheduled.reference))?;
        let scope = self.scope_of(node, &scheduled.frame);
        let mut first_scheduled_at = at;
        let mut generation = self.generation;
        let mut reason = None;
        if let Some(earlier) = scheduled.retry_of {
            let was_settled = self.task(earlier).is_some_and(|task| self.is_settled(task));
            if was_settled {
                self.adjust_joins(node, &scheduled.frame, |waiting| waiting + 1);
            }
            let earlier = self.task_mut(earlier)?;
            // Repeated by its policy, not by a retry of the execution: the same story goes on.
            if earlier.retried && !takes_place {
                generation = earlier.generation;
                first_scheduled_at = earlier.first_scheduled_at;
                reason.clone_from(&earlier.reason);
            }
            earlier.retried = true;
        }
        let waiting = self.count_waiting(node, &scheduled.frame);
        let kind = &self.plan.node(node).kind;
        let is_put_off = matches!(kind, Kind::SubWorkflow(_)) && scheduled.due_at.is_some();
        let status = match scheduled.queue.is_some() || is_put_off {
            true => TaskStatus::Scheduled,
            false => TaskStatus::InProgress,
        };
        let task = Task {
            ordinal: scheduled.task,
            node,
            frame: scheduled.frame.clone(),
            scope,
            attempt: scheduled.attempt,
            retry_of: scheduled.retry_of,
            retried: false,
            hidden: false,
            generation,
            is_child_changed: false,
            status,
            input: scheduled.input.clone(),
            secrets: scheduled.secrets.clone(),
            output: Json::empty_object(),
            reason,
            queue: scheduled.queue.clone(),
            worker: None,
            poll_count: 0,
            scheduled_at: at,
            first_scheduled_at,
            ready_at: scheduled.ready_at.unwrap_or(at),
            started_at: (status == TaskStatus::InProgress).then_some(at),
            updated_at: at,
            ended_at: None,
            lease: None,
            due_at: scheduled.due_at,
            child: scheduled.child,
            noted: Vec::new(),
            iteration: 0,
            waiting,
            kept_from: 0,
            trial: super::Trial::default(),
            asked_at: None,
            armed: None,
            items: None,
        };
        match takes_place {
            true => self.tasks[scheduled.task as usize - 1] = task,
            false => self.tasks.push(task),
        }
        self.index_task(scheduled.task);
        self.entered(scheduled.task);
        self.note_step(node, &scheduled.frame);
        self.rearm(scheduled.task);
        Ok(())
    }

    fn attempt_started(&mut self, started: &AttemptStarted) -> Result<(), Misfit> {
        let task = self.task_mut(started.task)?;
        task.status = TaskStatus::InProgress;
        task.started_at.get_or_insert(started.at);
        task.updated_at = started.at;
        task.worker.clone_from(&started.worker);
        task.poll_count += 1;
        task.lease = started.lease_until.map(|until| (started.at, until));
        self.rearm(started.task);
        Ok(())
    }

    fn attempt_deferred(&mut self, deferred: &AttemptDeferred, at: Timestamp) -> Result<(), Misfit> {
        let task = self.task_mut(deferred.task)?;
        task.status = TaskStatus::Scheduled;
        task.queue = Some(deferred.queue.clone());
        task.ready_at = deferred.ready_at;
        task.updated_at = at;
        task.output = deferred.output.clone();
        task.reason.clone_from(&deferred.reason);
        task.lease = None;
        if deferred.worker.is_some() {
            task.worker.clone_from(&deferred.worker);
        }
        self.rearm(deferred.task);
        Ok(())
    }

    fn attempt_parked(&mut self, ordinal: u32, output: Option<&Json>, at: Timestamp) -> Result<(), Misfit> {
        let task = self.task_mut(ordinal)?;
        task.status = TaskStatus::InProgress;
        task.queue = None;
        task.lease = None;
        task.updated_at = at;
        if let Some(output) = output {
            task.output = output.clone();
        }
        self.rearm(ordinal);
        Ok(())
    }

    fn task_ended(&mut self, ended: &TaskEnded, at: Timestamp) -> Result<(), Misfit> {
        let task = self.task_mut(ended.task)?;
        let was_open = !task.is_terminal();
        task.status = ended.status;
        task.retried = ended.retried;
        task.reason.clone_from(&ended.reason);
        task.ended_at = Some(at);
        task.updated_at = at;
        task.lease = None;
        task.is_child_changed = false;
        if let Some(output) = &ended.output {
            task.output = output.clone();
        }
        if ended.worker.is_some() {
            task.worker.clone_from(&ended.worker);
        }
        let (node, frame) = (task.node, task.frame.clone());
        if was_open {
            self.left(ended.task);
        }
        self.answered(ended.task);
        self.pulling.remove(&ended.task);
        if matches!(self.plan.node(node).kind, Kind::Join { .. }) {
            self.task_mut(ended.task)?.waiting = 0;
        }
        self.note_case(ended.task);
        if self.task(ended.task).is_some_and(|task| self.is_settled(task)) {
            self.adjust_joins(node, &frame, |waiting| waiting.saturating_sub(1));
        }
        self.note_step(node, &frame);
        self.rearm(ended.task);
        Ok(())
    }

    fn task_reopened(&mut self, ordinal: u32, at: Timestamp) -> Result<(), Misfit> {
        let task = self.task_mut(ordinal)?;
        let (node, frame) = (task.node, task.frame.clone());
        if self.task(ordinal).is_some_and(|task| self.is_settled(task)) {
            self.adjust_joins(node, &frame, |waiting| waiting + 1);
        }
        let scope = self.scope_of(node, &frame);
        let waiting = self.count_waiting(node, &frame);
        let kind = &self.plan.node(node).kind;
        let is_structural = kind.is_structural();
        let is_child = matches!(kind, Kind::SubWorkflow(_));
        let task = self.task_mut(ordinal)?;
        task.attempt += u32::from(is_structural && task.status != TaskStatus::Canceled);
        task.status = TaskStatus::InProgress;
        task.output = Json::empty_object();
        task.scope = scope;
        task.waiting = waiting;
        task.ended_at = None;
        task.updated_at = at;
        task.reason = None;
        task.is_child_changed = is_child;
        self.entered(ordinal);
        self.note_step(node, &frame);
        self.rearm(ordinal);
        Ok(())
    }

    pub(super) fn retried(&mut self, at: Timestamp) {
        self.status = ExecutionStatus::Running;
        self.last_retried_at = Some(at);
        self.timeout_noted = false;
        self.ended_at = None;
        self.reason = None;
        self.output = Json::empty_object();
        self.failed.clear();
        self.generation += 1;
    }

    fn ended(&mut self, ended: &ExecutionEnded, at: Timestamp) {
        self.status = ended.status;
        self.reason.clone_from(&ended.reason);
        self.output = ended.output.clone();
        self.failed.clone_from(&ended.failed);
        self.ended_at = Some(at);
        let canceled_by: Arc<str> = "canceled with its execution".into();
        let mut stopped = Vec::new();
        for task in &mut self.tasks {
            task.waiting = 0;
            if task.is_terminal() {
                continue;
            }
            stopped.push((task.node, task.frame.clone()));
            task.status = TaskStatus::Canceled;
            task.reason.get_or_insert_with(|| canceled_by.clone());
            task.ended_at = Some(at);
            task.updated_at = at;
            task.lease = None;
            task.asked_at = None;
            task.armed = None;
        }
        self.timers.clear();
        self.asked.clear();
        self.pulling.clear();
        self.open = 0;
        self.open_leaves = 0;
        self.members.clear();
        self.running.clear();
        for (node, frame) in stopped {
            self.note_step(node, &frame);
        }
    }
}

pub(super) fn misfit(problem: &str, what: &str) -> Misfit {
    Misfit { problem: format!("{problem}: {what}") }
}
