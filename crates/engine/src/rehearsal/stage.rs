//! The executions of one rehearsal, the clock, and what is to come: messages, questions, wake-ups, cues.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use segue_core::decide::{self, Asked, Command, Context, Decision, Definitions, Limits};
use segue_core::event::{ExecutionStarted, QueueName};
use segue_core::execution::Execution;
use segue_core::id::{BlueprintHash, ExecutionId};
use segue_core::plan::{Kind, Plan};
use segue_core::record::{Message, MessageBody, MessageId};
use segue_core::time::Timestamp;

use super::script::{Mock, Reader};
use super::{Rehearsal, RehearsalError, Rehearsed, TRANSITIONS_MAX};
use crate::evaluator::Evaluator;

/// An execution that is played.
struct Role {
    execution: Execution,
    reader: Reader,
    seq: u64,
    /// How many of its attempts were looked at.
    seen: usize,
    wake_at: Option<Timestamp>,
}

/// What the script lets happen to an attempt.
struct Cue {
    execution: ExecutionId,
    task: u32,
    act: Act,
}

enum Act {
    Claim(Mock),
    Complete(Mock),
}

pub(super) struct Stage<'a> {
    definitions: &'a dyn Definitions,
    evaluator: &'a dyn Evaluator,
    limits: &'a Limits,
    now: Timestamp,
    entropy: u64,
    transitions: usize,
    roles: BTreeMap<ExecutionId, Role>,
    plans: HashMap<BlueprintHash, Arc<Plan>>,
    messages: VecDeque<(MessageId, Message)>,
    asked: VecDeque<(ExecutionId, Asked)>,
    wakes: BTreeSet<(Timestamp, ExecutionId)>,
    /// Attempts that have a result in the script.
    scripted: HashSet<(ExecutionId, u32)>,
    cues: BTreeMap<(Timestamp, u64), Cue>,
    cued: u64,
}

impl<'a> Stage<'a> {
    pub(super) fn set(rehearsal: &'a Rehearsal<'_>) -> Self {
        Self {
            definitions: rehearsal.definitions,
            evaluator: rehearsal.evaluator,
            limits: &rehearsal.limits,
            now: rehearsal.now,
            entropy: rehearsal.entropy,
            transitions: 0,
            roles: BTreeMap::new(),
            plans: HashMap::new(),
            messages: VecDeque::new(),
            asked: VecDeque::new(),
            wakes: BTreeSet::new(),
            scripted: HashSet::new(),
            cues: BTreeMap::new(),
            cued: 0,
        }
    }

    pub(super) fn begin(&mut self, rehearsal: &Rehearsal<'_>) -> Result<ExecutionId, RehearsalError> {
        let id = ExecutionId::new(self.now.0, self.entropy);
        let event = rehearsal.start.clone().event(&rehearsal.plan);
        self.enter(id, rehearsal.plan.clone(), event, None, Reader::new(rehearsal.script.clone()))?;
        Ok(id)
    }

    /// Plays until the execution is over, or nothing is to come.
    pub(super) async fn run(&mut self, root: ExecutionId) -> Result<(), RehearsalError> {
        loop {
            if self.transitions > TRANSITIONS_MAX {
                return Err(RehearsalError::TooLong { at: self.newest() });
            }
            if let Some((id, message)) = self.messages.pop_front() {
                self.deliver(id, message)?;
                continue;
            }
            if let Some((id, asked)) = self.asked.pop_front() {
                self.evaluate(id, asked).await?;
                continue;
            }
            let is_over = self.roles.get(&root).is_none_or(|role| role.execution.status.is_terminal());
            if is_over || !self.happen()? {
                return Ok(());
            }
        }
    }

    /// The execution and its children, without the stage.
    pub(super) fn close(mut self, root: ExecutionId) -> Result<Rehearsed, RehearsalError> {
        let Some(role) = self.roles.remove(&root) else {
            return Err(RehearsalError::TooLong { at: self.newest() });
        };
        let children = self.roles.into_values().map(|role| role.execution).collect();
        Ok(Rehearsed { execution: role.execution, children })
    }

    /// Lets the next thing happen, at its instant. False if there is none. A result goes before a deadline at the same instant.
    fn happen(&mut self) -> Result<bool, RehearsalError> {
        let wake = self.wakes.first().copied();
        let cue = self.cues.first_key_value().map(|(key, _)| *key);
        match (wake, cue) {
            (Some((at, id)), cue) if cue.is_none_or(|(cued_at, _)| at < cued_at) => {
                self.now = self.now.max(at);
                self.command(id, Command::Wake)?;
            }
            (_, Some(key)) => {
                self.now = self.now.max(key.0);
                if let Some(cue) = self.cues.remove(&key) {
                    self.act(cue)?;
                }
            }
            (_, None) => return Ok(false),
        }
        Ok(true)
    }

    /// Answers for an evaluator, unless the script has the result of the attempt.
    async fn evaluate(&mut self, id: ExecutionId, asked: Asked) -> Result<(), RehearsalError> {
        let Asked { task, round, evaluation } = asked;
        let Some(role) = self.roles.get(&id).filter(|_| !self.scripted.contains(&(id, task))) else {
            return Ok(());
        };
        let share = role.execution.started.name.clone();
        let answer = self.evaluator.evaluate(evaluation, share).await;
        self.command(id, Command::Evaluated { task, round, answer })
    }

    fn act(&mut self, cue: Cue) -> Result<(), RehearsalError> {
        let Cue { execution: id, task, act } = cue;
        let is_open = |role: &&Role| {
            let is_over = role.execution.status.is_terminal();
            !is_over && role.execution.task(task).is_some_and(|task| !task.is_terminal())
        };
        if self.roles.get(&id).filter(is_open).is_none() {
            return Ok(());
        }
        match act {
            Act::Claim(mock) => {
                self.command(id, Command::Claim { task, worker: None, lease_ms: None })?;
                self.cue(mock.execution_ms, Cue { execution: id, task, act: Act::Complete(mock) });
            }
            Act::Complete(mock) => {
                let is_final = mock.status.is_terminal();
                self.command(id, Command::Complete(Box::new(mock.result(task))))?;
                if !is_final {
                    self.prompt(id, task);
                }
            }
        }
        Ok(())
    }

    fn cue(&mut self, after_ms: i64, cue: Cue) {
        self.cued += 1;
        self.cues.insert((self.now.plus_ms(after_ms.max(0)), self.cued), cue);
    }

    /// Looks up what the script says of an attempt.
    fn prompt(&mut self, id: ExecutionId, ordinal: u32) {
        let Some(role) = self.roles.get_mut(&id) else { return };
        let Some(task) = role.execution.task(ordinal).filter(|task| !task.is_terminal()) else { return };
        let node = role.execution.plan.node(task.node);
        let is_child = matches!(node.kind, Kind::SubWorkflow(_));
        let is_played = is_child && !role.reader.replaces_child(&node.reference, &task.frame);
        if node.kind.is_structural() || is_played {
            return;
        }
        let until_ready_ms = if task.queue.is_some() { (task.ready_at - self.now).max(0) } else { 0 };
        let is_queued = task.queue.is_some();
        let Some(mock) = role.reader.next(&node.reference, &task.frame) else { return };
        self.scripted.insert((id, ordinal));
        let waits_ms = until_ready_ms.saturating_add(mock.queue_wait_ms.max(0));
        if is_queued {
            self.cue(waits_ms, Cue { execution: id, task: ordinal, act: Act::Claim(mock) });
        } else {
            let takes_ms = waits_ms.saturating_add(mock.execution_ms.max(0));
            self.cue(takes_ms, Cue { execution: id, task: ordinal, act: Act::Complete(mock) });
        }
    }

    fn enter(
        &mut self,
        id: ExecutionId,
        plan: Arc<Plan>,
        event: ExecutionStarted,
        message: Option<MessageId>,
        reader: Reader,
    ) -> Result<(), RehearsalError> {
        let nobody = |_: &QueueName| false;
        let context = Context {
            now: self.now,
            entropy: self.entropy,
            definitions: self.definitions,
            is_polled: &nobody,
            limits: self.limits,
        };
        let (execution, decision) = decide::start(id, plan, event, message, &context)?;
        self.roles.insert(id, Role { execution, reader, seq: 0, seen: 0, wake_at: None });
        self.settle(id, decision);
        Ok(())
    }

    fn command(&mut self, id: ExecutionId, command: Command) -> Result<(), RehearsalError> {
        let nobody = |_: &QueueName| false;
        let context = Context {
            now: self.now,
            entropy: self.entropy.wrapping_add(self.transitions as u64),
            definitions: self.definitions,
            is_polled: &nobody,
            limits: self.limits,
        };
        let Some(role) = self.roles.get_mut(&id) else { return Ok(()) };
        let decision = decide::decide(&mut role.execution, command, &context)?;
        self.settle(id, decision);
        Ok(())
    }

    /// Takes up what a decision sends, arms and schedules.
    fn settle(&mut self, id: ExecutionId, decision: Decision) {
        self.plans.extend(decision.pinned.into_iter().map(|plan| (plan.hash, plan)));
        self.asked.extend(decision.asked.into_iter().map(|asked| (id, asked)));
        let Some(role) = self.roles.get_mut(&id) else { return };
        self.transitions += 1;
        if let Some(record) = decision.record {
            role.seq += 1;
            self.transitions += record.events.len();
            let sent = (0..).zip(record.messages);
            let seq = role.seq;
            let named = sent.map(|(index, message)| (MessageId { sender: id, seq, index }, message));
            self.messages.extend(named);
        }
        if let Some(earlier) = role.wake_at.take() {
            self.wakes.remove(&(earlier, id));
        }
        role.wake_at = role.execution.wake_at(self.now);
        self.wakes.extend(role.wake_at.map(|at| (at, id)));
        let scheduled = role.seen..role.execution.tasks().len();
        role.seen = scheduled.end;
        for place in scheduled {
            self.prompt(id, u32::try_from(place + 1).unwrap_or(u32::MAX));
        }
    }

    fn deliver(&mut self, id: MessageId, message: Message) -> Result<(), RehearsalError> {
        let Message { to, body } = message;
        match body {
            MessageBody::Start(event) => self.start(id, to, *event),
            // Its receiver may never have begun.
            body => self.command(to, Command::Receive(id, Box::new(body))),
        }
    }

    /// Begins a sub-workflow, unless the script has a result in its place. Failure workflows are not played.
    fn start(
        &mut self,
        id: MessageId,
        to: ExecutionId,
        event: ExecutionStarted,
    ) -> Result<(), RehearsalError> {
        let Some(parent) = event.parent else { return Ok(()) };
        let Some(role) = self.roles.get(&parent.execution()) else { return Ok(()) };
        let Some(task) = role.execution.task(parent.ordinal()) else { return Ok(()) };
        let reference = &role.execution.plan.node(task.node).reference;
        let plan = self.plans.get(&event.blueprint).cloned();
        match plan.filter(|_| !role.reader.replaces_child(reference, &task.frame)) {
            Some(plan) => {
                let reader = Reader::new(role.reader.child(reference));
                self.enter(to, plan, event, Some(id), reader)
            }
            None => Ok(()),
        }
    }

    /// Reference of the attempt that was scheduled last.
    fn newest(&self) -> String {
        let attempts = self.roles.values().filter_map(|role| {
            let task = role.execution.tasks().last()?;
            Some((task.scheduled_at, task.frame.name(&role.execution.plan.node(task.node).reference)))
        });
        attempts.max().map_or_else(String::new, |(_, name)| name)
    }
}
