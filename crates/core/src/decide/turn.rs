//! One decision in the making: the events so far, folded as they come, and the control flow still to be done.
//!
//! A scope is settled only when no other step is left: what is about to be scheduled is not open yet.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Asked, Context, Decision, Outcome, Refusal};
use crate::event::{Event, Frame, Step};
use crate::execution::{Execution, Misfit, Task};
use crate::id::ExecutionId;
use crate::json::Json;
use crate::plan::{Node, NodeIndex, Plan};
use crate::record::{Message, MessageBody, MessageId, Record};
use crate::status::ExecutionStatus;

pub(super) struct Turn<'a> {
    pub(super) exec: &'a mut Execution,
    pub(super) ctx: &'a Context<'a>,
    pub(super) plan: Arc<Plan>,
    pub(super) pinned: Vec<Arc<Plan>>,
    pub(super) applied: Vec<MessageId>,
    flow: VecDeque<Step>,
    settles: VecDeque<Step>,
    events: Vec<Event>,
    messages: Vec<Message>,
    taken_up: usize,
    /// The dropped attempt whose place the next one takes, with the input that it gets.
    pub(super) place: Option<(u32, Option<Json>)>,
    /// What is wrong with the input that was resolved last.
    pub(super) flaw: Option<String>,
    draws: u64,
    misfit: Option<Misfit>,
    asked: Vec<u32>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(exec: &'a mut Execution, ctx: &'a Context<'a>) -> Self {
        let plan = exec.plan.clone();
        Self {
            exec,
            ctx,
            plan,
            pinned: Vec::new(),
            applied: Vec::new(),
            flow: VecDeque::new(),
            settles: VecDeque::new(),
            events: Vec::new(),
            messages: Vec::new(),
            taken_up: 0,
            place: None,
            flaw: None,
            draws: 0,
            misfit: None,
            asked: Vec::new(),
        }
    }

    /// Records an event and folds it at once.
    pub(super) fn emit(&mut self, event: Event) {
        if self.misfit.is_none()
            && let Err(misfit) = self.exec.fold(&event, self.ctx.now)
        {
            self.misfit = Some(misfit);
        }
        if let Event::PlanExtended { .. } = &event {
            self.plan = self.exec.plan.clone();
        }
        self.events.push(event);
    }

    /// Asks an evaluator for what an attempt depends on.
    pub(super) fn ask(&mut self, ordinal: u32) {
        self.emit(Event::EvaluationAsked { task: ordinal });
        self.asked.push(ordinal);
    }

    pub(super) fn send(&mut self, to: ExecutionId, body: MessageBody) {
        self.messages.push(Message { to, body });
    }

    /// A random number, different at each call, the same for the same entropy.
    pub(super) fn draw(&mut self) -> u64 {
        self.draws += 1;
        let mut mixed = self.ctx.entropy.wrapping_add(self.draws.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn node(&self, index: NodeIndex) -> &Node {
        self.plan.node(index)
    }

    pub(super) fn next_ordinal(&self) -> u32 {
        if let Some((ordinal, _)) = &self.place {
            return *ordinal;
        }
        u32::try_from(self.exec.tasks().len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The attempt with this ordinal, and its node.
    pub(super) fn task(&self, ordinal: u32) -> Result<&Task, Refusal> {
        self.exec.task(ordinal).ok_or(Refusal::NoSuchTask(ordinal))
    }

    pub(super) fn is_over(&self) -> bool {
        self.exec.status.is_terminal()
    }

    /// Does this step before all others.
    pub(super) fn next(&mut self, step: Step) {
        self.flow.push_front(step);
    }

    pub(super) fn visit_next(&mut self, node: NodeIndex, frame: &Frame) {
        let reference = self.node(node).reference.clone();
        self.next(Step::Visit { reference, frame: frame.clone() });
    }

    pub(super) fn advance_next(&mut self, node: NodeIndex, frame: &Frame) {
        let reference = self.node(node).reference.clone();
        self.next(Step::Advance { reference, frame: frame.clone() });
    }

    /// Looks again, when everything else is done, whether the scope around a node has nothing open.
    pub(super) fn settle_later(&mut self, node: NodeIndex, frame: &Frame) {
        let reference = self.node(node).enclosing_scope.map(|index| self.node(index).reference.clone());
        self.settle(Step::Settle { frame: frame.clone(), reference });
    }

    /// Adds a [`Step::Settle`].
    pub(super) fn settle(&mut self, step: Step) {
        if self.settles.back() != Some(&step) {
            self.settles.push_back(step);
        }
    }

    /// Takes up the work that an earlier record left, behind what is to be done already.
    pub(super) fn take_up(&mut self) {
        if self.exec.deferred.is_empty() {
            return;
        }
        let steps = std::mem::take(&mut self.exec.deferred);
        self.emit(Event::StepsResumed);
        self.taken_up += 1;
        for step in steps {
            match step {
                Step::Settle { .. } => self.settle(step),
                _ => self.flow.push_back(step),
            }
        }
    }

    /// Leaves out the steps that are about attempts, which a retry of the execution repeats anyway.
    pub(super) fn forget_attempts(&mut self) {
        let is_about_attempt =
            |step: &Step| matches!(step, Step::Repeat { .. } | Step::Fail { .. } | Step::Reopen { .. });
        self.flow.retain(|step| !is_about_attempt(step));
    }

    /// What is to be done.
    pub(super) fn flow(&self) -> impl Iterator<Item = &Step> {
        self.flow.iter()
    }

    /// Leaves out steps.
    pub(super) fn retain_flow(&mut self, keep: impl FnMut(&Step) -> bool) {
        self.flow.retain(keep);
    }

    /// Stops all flow: the execution is about to end. What has not been reached is kept for a retry or a rerun.
    pub(super) fn stop_flow(&mut self) {
        self.settles.clear();
        let rest: Vec<Step> = std::mem::take(&mut self.flow).into();
        if !rest.is_empty() {
            self.emit(Event::StepsDeferred(rest));
        }
    }

    fn may_go_on(&self) -> bool {
        // Taking up what was left is no progress yet.
        let transitions = u32::try_from(self.events.len() - self.taken_up).unwrap_or(u32::MAX);
        self.exec.status == ExecutionStatus::Running && transitions < self.ctx.limits.transitions_max
    }

    /// Does the steps, as far as one record may go, and closes the turn.
    pub(super) fn finish(mut self, outcome: Outcome) -> Result<Decision, Refusal> {
        let has_steps = !self.flow.is_empty() || !self.settles.is_empty();
        if has_steps && self.exec.status == ExecutionStatus::Running {
            self.take_up();
        }
        while self.may_go_on() {
            match self.flow.pop_front().or_else(|| self.settles.pop_front()) {
                Some(step) => self.step(step),
                None if has_steps && super::join::give_up(&mut self) => {}
                None => break,
            }
        }
        let rest: Vec<Step> = self.flow.drain(..).chain(self.settles.drain(..)).collect();
        if !rest.is_empty() && !self.is_over() {
            self.emit(Event::StepsDeferred(rest));
        }
        if let Some(misfit) = self.misfit {
            return Err(Refusal::Misfit(misfit.problem));
        }
        let asked = self.asked.iter().filter_map(|ordinal| {
            let round = self.exec.task(*ordinal).filter(|task| task.asked_at.is_some())?.iteration;
            Some(Asked { task: *ordinal, round, evaluation: self.exec.evaluation(*ordinal)? })
        });
        let asked = asked.collect();
        let nothing = self.events.is_empty() && self.messages.is_empty() && self.applied.is_empty();
        let record = (!nothing).then(|| Record {
            at: self.ctx.now,
            wake_at: self.exec.wake_at(self.ctx.now),
            events: self.events,
            messages: self.messages,
            applied: self.applied,
        });
        if let Some(record) = &record {
            self.exec.close_record(record);
        }
        Ok(Decision { record, outcome, pinned: self.pinned, asked })
    }
}
