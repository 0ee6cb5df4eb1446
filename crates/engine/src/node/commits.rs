//! The way to the disk and back: batches go out, outcomes come in, effects follow.

use std::sync::Arc;

use segue_core::event::Event;
use segue_core::execution::snapshot;
use segue_core::id::ExecutionId;
use segue_core::json::Json;
use segue_core::plan::Plan;
use segue_core::projection::{Change, changes};
use segue_core::record::{MessageId, Record};
use segue_core::status::ExecutionStatus;
use segue_core::time::Timestamp;
use segue_store::contract::{Admission, Append, Appended, Blueprint, Error as StoreError, LogLine, Snapshot};

use super::requests::{Freshness, Request, Settled, Started};
use super::slot::{Answer, Backlog, Live, Slot};
use super::{Node, Want};
use crate::error::Error;

/// So long after a commit that failed its executions are looked at again.
const LOOK_AGAIN_MS: i64 = 1000;

/// Records on their way to the store.
#[derive(Debug)]
pub struct Batch {
    /// Names the batch when its outcome is told.
    pub id: u64,
    /// The records, in order.
    pub appends: Vec<Append>,
}

/// A decided record.
pub(super) struct Pending {
    pub(super) execution: ExecutionId,
    pub(super) root: ExecutionId,
    pub(super) seq: u64,
    pub(super) record: Arc<Record>,
    pub(super) logs: Vec<LogLine>,
    pub(super) pinned: Vec<Arc<Plan>>,
    pub(super) admission: Option<Admission>,
    pub(super) purpose: Purpose,
}

/// Why a record was made, and so who hears of its outcome.
pub(super) enum Purpose {
    Start(Box<dyn FnOnce(Result<Started, Error>) + Send>),
    /// A start that a message asked for.
    StartOf(MessageId, Box<segue_core::record::Message>),
    Settle(Request, Settled),
    /// Without anything to decide.
    Request(Request),
    Nothing,
}

impl Node {
    /// Records that wait for a batch.
    pub fn outbox_len(&self) -> usize {
        self.outbox.len()
    }

    /// The next batch to commit, if there is something and the store takes another batch. Tell its outcome by
    /// [`Node::committed`] or [`Node::commit_failed`].
    pub fn take_batch(&mut self) -> Option<Batch> {
        if self.under_way.len() >= self.traits.concurrent_appends.max(1) {
            return None;
        }
        let mut taken = Vec::new();
        let mut kept = std::collections::VecDeque::new();
        while let Some(pending) = self.outbox.pop_front() {
            if taken.len() >= self.traits.batch_max.max(1) {
                kept.push_back(pending);
                break;
            }
            // Records of one execution stay in order: none overtakes a batch that is under way.
            if self.under_way_executions.contains(&pending.execution) {
                kept.push_back(pending);
            } else {
                taken.push(pending);
            }
        }
        kept.append(&mut self.outbox);
        self.outbox = kept;
        if taken.is_empty() {
            return None;
        }
        self.under_way_executions.extend(taken.iter().map(|pending| pending.execution));
        let id = self.next_batch;
        self.next_batch += 1;
        let appends = taken.iter().map(Pending::append).collect();
        self.under_way.insert(id, taken);
        Some(Batch { id, appends })
    }

    /// The outcome of a batch, one for each append in order.
    pub fn committed(&mut self, batch: u64, outcomes: Vec<Appended>, now: Timestamp) {
        let Some(pendings) = self.under_way.remove(&batch) else { return };
        for pending in &pendings {
            self.under_way_executions.remove(&pending.execution);
        }
        for (pending, outcome) in pendings.into_iter().zip(outcomes) {
            match outcome {
                Appended::Committed { .. } => self.took_effect(pending, now),
                Appended::Conflict => {
                    self.counters.conflicts += 1;
                    self.lost(pending, now);
                }
                Appended::DuplicateKey { existing } => {
                    self.undo(&pending, now);
                    if let Purpose::Start(done) = pending.purpose {
                        done(Ok(Started { execution: existing, existed: true }));
                    }
                }
                Appended::NotAdmitted { retry_at } => {
                    self.undo(&pending, now);
                    if let Purpose::Settle(request, _) = pending.purpose {
                        self.not_admitted(request, retry_at, now);
                    }
                }
            }
        }
    }

    /// The batch is not durable, or nobody knows.
    pub fn commit_failed(&mut self, batch: u64, error: &StoreError, now: Timestamp) {
        let Some(pendings) = self.under_way.remove(&batch) else { return };
        for pending in &pendings {
            self.under_way_executions.remove(&pending.execution);
        }
        let mut lost = pendings;
        for id in lost.iter().map(|pending| pending.execution).collect::<Vec<_>>() {
            lost.extend(self.take_outbox_of(id));
            self.drop_slot(id, &Error::Store(error.clone()), now);
            self.look_again_at(id, now);
        }
        for pending in lost {
            self.fail_purpose(pending.purpose, Error::Store(error.clone()), now);
        }
    }

    pub(super) fn fail_purpose(&mut self, purpose: Purpose, error: Error, now: Timestamp) {
        match purpose {
            Purpose::Start(done) => done(Err(error)),
            Purpose::StartOf(id, _) => {
                self.delivering.remove(&id);
            }
            Purpose::Settle(request, _) | Purpose::Request(request) => self.fail(request, error, now),
            Purpose::Nothing => {}
        }
    }

    /// Everything that follows from a durable record.
    fn took_effect(&mut self, pending: Pending, now: Timestamp) {
        let Pending { execution: id, seq, record, pinned, purpose, .. } = pending;
        self.counters.records += 1;
        self.known_blueprints.extend(pinned.iter().map(|plan| plan.hash));
        let mut answers = Vec::new();
        let mut fresh = None;
        if let Some(Slot::Live(live)) = self.slots.get_mut(&id) {
            live.committed_seq = live.committed_seq.max(seq);
            live.tail += 1;
            while live.answers.front().is_some_and(|(wanted, _)| *wanted <= live.committed_seq) {
                answers.extend(live.answers.pop_front().map(|(_, answer)| answer));
            }
            if live.is_committed() {
                fresh = live.stale.take();
            }
        }
        self.snapshot_if_due(id);
        for change in changes(id, seq, &record) {
            self.follow(id, change, now);
        }
        match purpose {
            Purpose::Start(done) => done(Ok(Started { execution: id, existed: false })),
            Purpose::StartOf(message, _) => {
                self.delivering.remove(&message);
            }
            Purpose::Settle(request, settled) => self.finish(request.done, Ok(settled), now),
            Purpose::Request(request) => {
                let outcome = segue_core::decide::Outcome::Applied;
                self.finish(request.done, Ok(Settled { outcome, task: None, hold: None }), now);
            }
            Purpose::Nothing => {}
        }
        for answer in answers {
            match answer {
                Answer::Read(reader) => reader.deliver(Ok(())),
                Answer::Settled(request, settled) => self.finish(request.done, Ok(settled), now),
            }
        }
        if let Some(backlog) = fresh {
            for request in backlog.requests {
                self.serve_request(request, Freshness::Loaded, now);
            }
            for (poll, ready) in backlog.claims {
                self.claim_loaded(poll, ready, now);
            }
        }
    }

    fn follow(&mut self, id: ExecutionId, change: Change, now: Timestamp) {
        match change {
            Change::Started(_) => self.counters.started += 1,
            Change::Ready(ready) => self.enqueue(ready, now),
            Change::Sent(message_id, message) => self.deliver(message_id, *message, now),
            Change::Status(status, _) if status.is_terminal() => self.ended(id),
            Change::Settled(task) => {
                self.counters.completed += 1;
                self.extended.remove(&task);
                self.let_go(task);
                self.places_freed(now);
            }
            Change::AllSettled => {
                let all = id.task(0)..=id.task(u32::MAX);
                while let Some((task, _)) = self.in_hand.range(all.clone()).next() {
                    let task = *task;
                    self.let_go(task);
                }
                self.places_freed(now);
            }
            Change::WakeAt(Some(at)) if at <= now => {
                self.timers.insert((at, id));
                self.rouse_at(at);
            }
            Change::Status(ExecutionStatus::Running | ExecutionStatus::Paused, _)
            | Change::Status(..)
            | Change::Redefined(..)
            | Change::Leased(_)
            | Change::Applied(_)
            | Change::WakeAt(_) => {}
        }
    }

    fn ended(&mut self, id: ExecutionId) {
        self.counters.ended += 1;
        for waiter in self.waiters.remove(&id).unwrap_or_default() {
            // Nobody waits any more if this fails.
            let _ = waiter.send(());
        }
    }

    /// Another writer was first: what was decided on the state in memory is decided again on the store's.
    fn lost(&mut self, pending: Pending, now: Timestamp) {
        let id = pending.execution;
        self.undo(&pending, now);
        match pending.purpose {
            Purpose::StartOf(message_id, message) => {
                // The execution exists, so the start was delivered before.
                self.delivering.remove(&message_id);
                self.deliver_to_existing(message_id, *message, now);
            }
            Purpose::Settle(request, _) | Purpose::Request(request) => self.try_again(request, now),
            Purpose::Start(done) => done(Err(Error::Contended(id))),
            Purpose::Nothing => {}
        }
    }

    /// A record was not appended: drops what was decided on top of it, and decides that again on the store's state.
    fn undo(&mut self, pending: &Pending, now: Timestamp) {
        let id = pending.execution;
        let later = self.take_outbox_of(id);
        let claims = if self.traits.shared {
            Vec::new()
        } else {
            std::iter::once(pending).chain(&later).flat_map(Pending::claims_carried).cloned().collect()
        };
        self.forget(id, claims, now);
        for pending in later {
            match pending.purpose {
                Purpose::Settle(request, _) | Purpose::Request(request) => self.try_again(request, now),
                other => self.fail_purpose(other, Error::Contended(id), now),
            }
        }
    }

    /// Drops the state in memory; what waited for it is asked again, and claims that were answered are made again.
    fn forget(&mut self, id: ExecutionId, claims: Vec<Event>, now: Timestamp) {
        self.forget_evaluations(id);
        let live = self.take_live(id);
        let held = live.as_ref().map_or(&[][..], |live| &live.held);
        if !claims.is_empty() || !held.is_empty() {
            self.unwritten.entry(id).or_default().extend(claims.into_iter().chain(held.iter().cloned()));
            self.load(id);
        }
        let Some(live) = live else { return };
        if !self.traits.shared {
            // Its claims may be forgotten with it; the load puts the attempts back into their windows.
            self.look_again_at(id, now);
        }
        let mut backlog = live.stale.unwrap_or_default();
        for (_, answer) in live.answers {
            match answer {
                Answer::Read(reader) => backlog.requests.push(Request {
                    execution: id,
                    ask: super::Ask::Read(reader),
                    logs: Vec::new(),
                    done: super::Done::Nobody,
                    tries: 0,
                }),
                Answer::Settled(request, _) => backlog.requests.push(request),
            }
        }
        if !backlog.requests.is_empty() || !backlog.claims.is_empty() {
            let waiting = self.load(id);
            waiting.requests.append(&mut backlog.requests);
            waiting.claims.append(&mut backlog.claims);
        }
    }

    /// Loads an execution if that is not under way; returns what waits for it.
    fn load(&mut self, id: ExecutionId) -> &mut Backlog {
        let wants = &mut self.wants;
        let slot = self.slots.entry(id).or_insert_with(|| {
            wants.push(Want::Load { execution: id, after_seq: 0 });
            Slot::Loading(Backlog::default())
        });
        match slot {
            Slot::Loading(backlog) => backlog,
            Slot::Live(live) => live.stale.get_or_insert_default(),
        }
    }

    /// Takes an execution out of memory unless it is being loaded.
    fn take_live(&mut self, id: ExecutionId) -> Option<Box<Live>> {
        match self.slots.remove(&id)? {
            Slot::Live(live) => Some(live),
            loading @ Slot::Loading(_) => {
                self.slots.insert(id, loading);
                None
            }
        }
    }

    /// Whatever was due is due again.
    pub(super) fn look_again_at(&mut self, id: ExecutionId, now: Timestamp) {
        let at = now.plus_ms(LOOK_AGAIN_MS);
        self.timers.insert((at, id));
        self.rouse_at(at);
    }

    fn drop_slot(&mut self, id: ExecutionId, error: &Error, now: Timestamp) {
        self.forget_evaluations(id);
        let Some(live) = self.take_live(id) else { return };
        let backlog = live.stale.unwrap_or_default();
        for (_, answer) in live.answers {
            match answer {
                Answer::Read(reader) => reader.deliver(Err(error.clone())),
                Answer::Settled(request, _) => self.fail(request, error.clone(), now),
            }
        }
        for request in backlog.requests {
            self.fail(request, error.clone(), now);
        }
        for (poll, ready) in backlog.claims {
            self.claim_postponed(poll, ready, now);
        }
    }

    fn take_outbox_of(&mut self, id: ExecutionId) -> Vec<Pending> {
        let (of_it, others) =
            std::mem::take(&mut self.outbox).into_iter().partition(|pending| pending.execution == id);
        self.outbox = others;
        Vec::from(of_it)
    }

    fn snapshot_if_due(&mut self, id: ExecutionId) {
        let Some(Slot::Live(live)) = self.slots.get_mut(&id) else { return };
        let due = self.options.snapshot_records_min.max(live.exec.tasks().len() as u64);
        if live.tail < due || !live.is_committed() || !live.held.is_empty() {
            return;
        }
        live.tail = 0;
        if let Ok(body) = serde_json::to_value(snapshot::Snapshot::of(&live.exec)) {
            let snapshot = Snapshot { seq: live.committed_seq, body: Json::of(&body) };
            self.wants.push(Want::PutSnapshot(id, snapshot));
        }
    }
}

impl Pending {
    /// Claims that rode in this record and that workers were answered before it.
    fn claims_carried(&self) -> impl Iterator<Item = &Event> {
        let is_claim =
            matches!(&self.purpose, Purpose::Settle(Request { done: super::Done::Poll(..), .. }, _));
        let events = self.record.events.iter().filter(move |_| !is_claim);
        events.filter(|event| matches!(event, Event::AttemptStarted(_)))
    }

    fn append(&self) -> Append {
        Append {
            execution: self.execution,
            root: self.root,
            expected_seq: self.seq - 1,
            record: self.record.clone(),
            logs: self.logs.clone(),
            blueprints: self
                .pinned
                .iter()
                .map(|plan| Blueprint { hash: plan.hash, body: plan.body.clone() })
                .collect(),
            admission: self.admission.clone(),
        }
    }
}
