//! Requests to executions: decided at once if the execution is in memory, after a load otherwise.

use std::sync::Arc;

use rand::Rng;
use segue_core::decide::{Command, Context, Decision, Outcome, Refusal, TaskResult, decide, start};
use segue_core::event::{ExecutionStarted, QueueName};
use segue_core::execution::{Execution, Hold, Task};
use segue_core::id::ExecutionId;
use segue_core::plan::Plan;
use segue_core::projection::Ready;
use segue_core::record::{MessageId, Record};
use segue_core::time::Timestamp;
use segue_store::contract::{Admission, LogLine};

use super::commits::{Pending, Purpose};
use super::slot::{Answer, Live, Loadable, Slot};
use super::{Node, Want};
use crate::error::Error;

/// How often a request is tried again when other writers win.
const TRIES_MAX: u32 = 30;

/// What is asked of an execution.
pub enum Ask {
    /// Decide a command.
    Decide(Command),
    /// Take a result for the open attempt that goes by a reference (without loop suffix).
    CompleteReference(String, Box<TaskResult>),
    /// Write to the log of an attempt.
    Log,
    /// Look at the committed state.
    Read(Box<dyn Reader>),
}

/// Looks at an execution, and passes on what it saw when that is committed.
pub trait Reader: Send {
    /// Takes what it wants from the state. May be called again with a later state; the last counts.
    fn look(&mut self, execution: &Execution);
    /// What it saw is committed, or cannot be had.
    fn deliver(self: Box<Self>, result: Result<(), Error>);
}

/// What a committed command came to.
#[derive(Debug, Clone, Copy)]
pub struct Settled {
    /// Whether it took effect.
    pub outcome: Outcome,
    /// The attempt that it was about, if it was about one.
    pub task: Option<u32>,
    /// By which hold a worker has it, if one has it.
    pub hold: Option<Hold>,
}

/// Where an answer goes.
pub enum Done {
    /// To a caller.
    Call(Box<dyn FnOnce(Result<Settled, Error>) + Send>),
    /// To a parked poll that waits for this attempt.
    Poll(u64, Ready),
    /// The message is dealt with.
    Message(MessageId),
    /// To nobody.
    Nobody,
}

/// A request on its way.
pub struct Request {
    /// To whom.
    pub execution: ExecutionId,
    /// What.
    pub ask: Ask,
    /// Lines that go to the logs with it.
    pub logs: Vec<LogLine>,
    /// Where the answer goes.
    pub done: Done,
    /// How often it was tried before.
    pub tries: u32,
}

impl Request {
    /// A command.
    pub fn new(execution: ExecutionId, command: Command, done: Done) -> Self {
        Self { execution, ask: Ask::Decide(command), logs: Vec::new(), done, tries: 0 }
    }
}

/// A new execution.
pub struct StartRequest {
    /// What it runs.
    pub plan: Arc<Plan>,
    /// Its first event.
    pub started: ExecutionStarted,
    /// Where the answer goes.
    pub done: Box<dyn FnOnce(Result<Started, Error>) + Send>,
}

/// A committed start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    /// The execution.
    pub execution: ExecutionId,
    /// The start key belonged to it already; nothing new was started.
    pub existed: bool,
}

impl Node {
    /// Starts an execution under a fresh id.
    pub fn start(&mut self, request: StartRequest, now: Timestamp) {
        let mut id = ExecutionId::new(now.0, self.rng.random());
        while self.slots.contains_key(&id) {
            id = ExecutionId::new(now.0, self.rng.random());
        }
        self.start_as(id, request, now);
    }

    /// Starts an execution under an id that the caller drew.
    pub fn start_as(&mut self, id: ExecutionId, request: StartRequest, now: Timestamp) {
        let StartRequest { plan, started, done } = request;
        let backlog = self.backlog();
        if backlog >= self.options.backlog_max {
            return done(Err(Error::Overloaded(backlog)));
        }
        if self.slots.contains_key(&id) {
            return done(Err(Error::Contended(id)));
        }
        self.begin(id, plan, started, None, Purpose::Start(done), now);
    }

    /// Decides the first record of `id` and puts it into the outbox.
    pub(super) fn begin(
        &mut self,
        id: ExecutionId,
        plan: Arc<Plan>,
        started: ExecutionStarted,
        message: Option<MessageId>,
        purpose: Purpose,
        now: Timestamp,
    ) {
        let entropy = self.rng.random();
        let polls = &self.polls;
        let since = now.plus_ms(-self.options.active_poller_ms);
        let is_polled = |queue: &QueueName| is_polled(polls, queue, since);
        let context = Context {
            now,
            entropy,
            definitions: &*self.catalog,
            is_polled: &is_polled,
            limits: &self.options.limits,
        };
        match start(id, plan, started, message, &context) {
            Ok((execution, mut decision)) => {
                self.slots.insert(id, Slot::Live(Live::new(execution, 0, 0)));
                self.ages.push_back(id);
                self.evaluate(id, std::mem::take(&mut decision.asked));
                self.put_out(id, decision, Vec::new(), None, purpose);
                self.arm(id);
            }
            Err(refusal) => self.fail_purpose(purpose, Error::Refused { execution: id, refusal }, now),
        }
    }

    /// Takes a request.
    pub fn submit(&mut self, request: Request, now: Timestamp) {
        match self.slots.get_mut(&request.execution) {
            None => {
                let execution = request.execution;
                let mut backlog = super::slot::Backlog::default();
                backlog.requests.push(request);
                self.slots.insert(execution, Slot::Loading(backlog));
                self.wants.push(Want::Load { execution, after_seq: 0 });
            }
            Some(Slot::Loading(backlog)) => backlog.requests.push(request),
            Some(Slot::Live(live)) => match &mut live.stale {
                Some(backlog) => backlog.requests.push(request),
                None => self.serve_request(request, Freshness::Cached, now),
            },
        }
    }

    /// Looks at the head of an execution that is in memory, committed or not.
    pub fn peek<T>(&self, id: ExecutionId, look: impl FnOnce(&Execution) -> T) -> Option<T> {
        match self.slots.get(&id) {
            Some(Slot::Live(live)) => Some(look(&live.exec)),
            _ => None,
        }
    }

    /// A load came back.
    pub fn loaded(&mut self, id: ExecutionId, result: Result<Loadable, Error>, now: Timestamp) {
        self.counters.loads += 1;
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let (backlog, was_live) = match slot {
            Slot::Loading(backlog) => (std::mem::take(backlog), false),
            Slot::Live(live) => match live.stale.take() {
                // What is under way proves more than an answer from before it began.
                Some(backlog) if !live.is_committed() => {
                    live.stale = Some(backlog);
                    return;
                }
                Some(backlog) => (backlog, true),
                None => return,
            },
        };
        match result {
            Ok(Loadable::Whole { mut execution, seq, tail, extended }) => {
                self.restore_leases(&mut execution, &extended, now);
                self.take_whole(id, *execution, seq, tail);
                self.claim_again(id, now);
                if !self.traits.shared {
                    self.requeue(id, now);
                    self.resume_deferred(id, now);
                    self.evaluate_again(id);
                }
            }
            Ok(Loadable::Tail { records, extended }) => {
                if !self.catch_up(id, records, &extended) {
                    self.slots.insert(id, Slot::Loading(backlog));
                    self.wants.push(Want::Load { execution: id, after_seq: 0 });
                    return;
                }
            }
            Ok(Loadable::Missing) => {
                self.slots.remove(&id);
                self.unwritten.remove(&id);
                return self.drop_backlog(backlog, &Error::NoSuchExecution(id), now);
            }
            Err(error) => {
                if !was_live {
                    self.slots.remove(&id);
                }
                if matches!(error, Error::Store(_)) && !self.traits.shared {
                    // Nobody else will: it may have attempts that no window knows, or claims to make again.
                    self.look_again_at(id, now);
                }
                return self.drop_backlog(backlog, &error, now);
            }
        }
        self.arm(id);
        for request in backlog.requests {
            self.serve_request(request, Freshness::Loaded, now);
        }
        for (poll, ready) in backlog.claims {
            self.claim_loaded(poll, ready, now);
        }
    }

    /// Takes a loaded state unless a newer one is there.
    fn take_whole(&mut self, id: ExecutionId, execution: Execution, seq: u64, tail: u64) {
        match self.slots.get_mut(&id) {
            Some(Slot::Live(live)) if live.head_seq > seq => {}
            Some(Slot::Live(live)) => {
                (live.exec, live.tail) = (execution, tail);
                (live.head_seq, live.committed_seq) = (seq, seq);
            }
            _ => {
                self.slots.insert(id, Slot::Live(Live::new(execution, seq, tail)));
                self.ages.push_back(id);
            }
        }
    }

    /// Work that a record deferred goes on at once, also when that record was committed in an earlier life.
    fn resume_deferred(&mut self, id: ExecutionId, now: Timestamp) {
        let Some(Slot::Live(live)) = self.slots.get(&id) else { return };
        if live.is_committed() && live.exec.wake_at(now).is_some_and(|due| due <= now) {
            self.timers.insert((now, id));
            self.rouse_at(now);
        }
    }

    /// Folds what other nodes appended; false if the state in memory is of no use for that.
    fn catch_up(
        &mut self,
        id: ExecutionId,
        records: Vec<(u64, Record)>,
        extended: &[(segue_core::id::TaskId, Timestamp)],
    ) -> bool {
        let Some(Slot::Live(live)) = self.slots.get_mut(&id) else { return false };
        for (seq, record) in records {
            if seq <= live.head_seq {
                continue;
            }
            let follows = seq == live.head_seq + 1 && live.is_committed();
            if !follows || live.exec.fold_record(&record).is_err() {
                return false;
            }
            live.head_seq = seq;
            live.committed_seq = seq;
            live.tail += 1;
        }
        for (task, until) in extended {
            let now = live.exec.updated_at;
            live.exec.extend_lease(task.ordinal(), *until, now);
        }
        true
    }

    fn drop_backlog(&mut self, backlog: super::slot::Backlog, error: &Error, now: Timestamp) {
        for request in backlog.requests {
            self.fail(request, error.clone(), now);
        }
        for (poll, ready) in backlog.claims {
            match error {
                Error::Store(_) => self.claim_postponed(poll, ready, now),
                _ => self.claim_failed(poll, now),
            }
        }
    }

    /// Serves a request of an execution that is in memory.
    pub(super) fn serve_request(&mut self, request: Request, freshness: Freshness, now: Timestamp) {
        let id = request.execution;
        let Some(Slot::Live(live)) = self.slots.get_mut(&id) else { return self.submit(request, now) };
        live.touched = true;
        let must_refresh = self.traits.shared && freshness == Freshness::Cached;
        let Request { execution, ask, logs, done, tries } = request;
        match ask {
            Ask::Read(reader) if must_refresh => {
                self.refresh(Request { execution, ask: Ask::Read(reader), logs, done, tries });
            }
            Ask::Read(mut reader) => {
                reader.look(&live.exec);
                if live.is_committed() {
                    reader.deliver(Ok(()));
                } else {
                    live.answers.push_back((live.head_seq, Answer::Read(reader)));
                }
            }
            Ask::Log => {
                let record = Some(empty_record(&mut live.exec, now));
                let decision =
                    Decision { record, outcome: Outcome::Applied, pinned: Vec::new(), asked: Vec::new() };
                let purpose =
                    Purpose::Request(Request { execution, ask: Ask::Log, logs: logs.clone(), done, tries });
                self.put_out(id, decision, logs, None, purpose);
            }
            Ask::CompleteReference(reference, result) => match open_task(&live.exec, &reference) {
                Some(task) => {
                    let command = Command::Complete(Box::new(TaskResult { task, ..(*result).clone() }));
                    let back = Ask::CompleteReference(reference, result);
                    self.decide(
                        Request { execution, ask: back, logs, done, tries },
                        command,
                        must_refresh,
                        now,
                    );
                }
                None => {
                    let request = Request {
                        execution,
                        ask: Ask::CompleteReference(reference.clone(), result),
                        logs,
                        done,
                        tries,
                    };
                    if must_refresh {
                        self.refresh(request);
                    } else {
                        self.fail(request, Error::NoOpenTask { execution, reference }, now);
                    }
                }
            },
            Ask::Decide(command) => {
                let back = Ask::Decide(command.clone());
                self.decide(Request { execution, ask: back, logs, done, tries }, command, must_refresh, now);
            }
        }
    }

    fn decide(&mut self, request: Request, command: Command, must_refresh: bool, now: Timestamp) {
        let id = request.execution;
        let task = task_of(&command);
        let admission = self.admission_of(id, &command);
        if admission.is_some() {
            // A refusal of the limit must not take claims along that workers have.
            self.flush_held(id, now);
        }
        let entropy = self.rng.random();
        let polls = &self.polls;
        let since = now.plus_ms(-self.options.active_poller_ms);
        let is_polled = |queue: &QueueName| is_polled(polls, queue, since);
        let context = Context {
            now,
            entropy,
            definitions: &*self.catalog,
            is_polled: &is_polled,
            limits: &self.options.limits,
        };
        let Some(Slot::Live(live)) = self.slots.get_mut(&id) else { return };
        match decide(&mut live.exec, command, &context) {
            Ok(mut decision) => {
                if decision.record.is_none() && !request.logs.is_empty() {
                    decision.record = Some(empty_record(&mut live.exec, now));
                }
                let hold = task.and_then(|task| live.exec.task(task)).and_then(Task::hold);
                let settled = Settled { outcome: decision.outcome, task, hold };
                let asked = std::mem::take(&mut decision.asked);
                if decision.record.is_some() {
                    let logs = request.logs.clone();
                    self.put_out(id, decision, logs, admission, Purpose::Settle(request, settled));
                    self.arm(id);
                    self.evaluate(id, asked);
                } else if must_refresh && !matches!(request.done, Done::Nobody) {
                    self.refresh(request);
                } else if live.is_committed() {
                    self.finish(request.done, Ok(settled), now);
                } else {
                    live.answers.push_back((live.head_seq, Answer::Settled(request, settled)));
                }
            }
            Err(Refusal::Misfit(reason)) => {
                self.slots.remove(&id);
                self.fail(request, Error::Quarantined { execution: id, reason }, now);
            }
            Err(_) if must_refresh => self.refresh(request),
            Err(Refusal::NoSuchTask(ordinal)) if ordinal > 0 => {
                self.fail(request, Error::NoSuchTask(id.task(ordinal)), now);
            }
            Err(refusal) => self.fail(request, Error::Refused { execution: id, refusal }, now),
        }
    }

    /// Puts a request aside until the state is known to be the store's present one.
    pub(super) fn refresh(&mut self, request: Request) {
        let id = request.execution;
        let Some(Slot::Live(live)) = self.slots.get_mut(&id) else { return };
        live.stale.get_or_insert_default().requests.push(request);
        // A commit proves as much as a load, so with one under way there is nothing to ask.
        if live.is_committed() {
            self.wants.push(Want::Load { execution: id, after_seq: live.head_seq });
        }
    }

    /// Puts a decided record into the outbox, behind the claims that waited for one.
    pub(super) fn put_out(
        &mut self,
        id: ExecutionId,
        decision: Decision,
        logs: Vec<LogLine>,
        admission: Option<Admission>,
        purpose: Purpose,
    ) {
        let Some(mut record) = decision.record else { return };
        let Some(Slot::Live(live)) = self.slots.get_mut(&id) else { return };
        if !live.held.is_empty() {
            let mut events = std::mem::take(&mut live.held);
            events.append(&mut record.events);
            record.events = events;
        }
        live.head_seq += 1;
        let root = live.exec.root();
        let mut pinned = decision.pinned;
        pinned.retain(|plan| !self.known_blueprints.contains(&plan.hash));
        self.outbox.push_back(Pending {
            execution: id,
            root,
            seq: live.head_seq,
            record: Arc::new(record),
            logs,
            pinned,
            admission,
            purpose,
        });
    }

    pub(super) fn fail(&mut self, request: Request, error: Error, now: Timestamp) {
        match request.ask {
            Ask::Read(reader) => reader.deliver(Err(error)),
            _ => self.finish(request.done, Err(error), now),
        }
    }

    /// Passes an answer on.
    pub(super) fn finish(&mut self, done: Done, result: Result<Settled, Error>, now: Timestamp) {
        match done {
            Done::Call(call) => call(result),
            Done::Poll(poll, ready) => match result {
                Ok(settled) => self.claim_committed(poll, ready.task, settled.hold, now),
                Err(_) => self.claim_failed(poll, now),
            },
            Done::Message(id) => {
                self.delivering.remove(&id);
            }
            Done::Nobody => {}
        }
    }

    /// Tries a request again whose record lost to another writer.
    pub(super) fn try_again(&mut self, mut request: Request, now: Timestamp) {
        request.tries += 1;
        if request.tries > TRIES_MAX {
            let id = request.execution;
            self.fail(request, Error::Contended(id), now);
        } else {
            self.submit(request, now);
        }
    }

    /// Appends an event that no record carried yet.
    pub(super) fn flush_held(&mut self, id: ExecutionId, now: Timestamp) {
        let Some(Slot::Live(live)) = self.slots.get_mut(&id) else { return };
        if live.held.is_empty() {
            return;
        }
        let record = Some(empty_record(&mut live.exec, now));
        let decision = Decision { record, outcome: Outcome::Applied, pinned: Vec::new(), asked: Vec::new() };
        self.put_out(id, decision, Vec::new(), None, Purpose::Nothing);
    }
}

/// How far the state in memory is known to be the store's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    /// It may be behind other nodes.
    Cached,
    /// It was loaded, or committed, a moment ago.
    Loaded,
}

pub(super) fn is_polled(
    polls: &segue_core::table::HashMap<(QueueName, Arc<str>), Timestamp>,
    queue: &QueueName,
    since: Timestamp,
) -> bool {
    polls.iter().any(|((polled, _), at)| polled == queue && *at >= since)
}

/// A record for what comes with one: logs, or claims that waited.
fn empty_record(execution: &mut Execution, now: Timestamp) -> Record {
    execution.updated_at = now;
    Record {
        at: now,
        events: Vec::new(),
        messages: Vec::new(),
        applied: Vec::new(),
        wake_at: execution.wake_at(now),
    }
}

fn open_task(execution: &Execution, reference: &str) -> Option<u32> {
    let newest = execution.newest(reference).filter(|task| !task.is_terminal());
    let named = || {
        execution.tasks().iter().rev().find(|task| {
            !task.is_terminal() && task.frame.name(&execution.plan.node(task.node).reference) == reference
        })
    };
    newest.or_else(named).map(|task| task.ordinal)
}

fn task_of(command: &Command) -> Option<u32> {
    match command {
        Command::Claim { task, .. } => Some(*task),
        Command::Complete(result) => Some(result.task),
        _ => None,
    }
}
