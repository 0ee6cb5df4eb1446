//! Polls: a poll is answered at once when anything is ready, and parked until something is or its time is up.

use std::sync::Arc;

use segue_core::decide::{Command, Context, decide};
use segue_core::definition::TaskDef;
use segue_core::event::{Event, QueueName};
use segue_core::execution::Hold;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::projection::Ready;
use segue_core::time::Timestamp;
use segue_store::contract::{Admission, PollRecord, Rate};
use tokio::sync::oneshot;

use super::requests::Request;
use super::slot::Slot;
use super::{Assignment, Done, Node, Want};

/// How long a queue is left alone that cannot be served now.
const BLOCKED_MS: i64 = 1000;

/// What a worker asks for.
#[derive(Debug, Clone)]
pub struct PollRequest {
    /// Its queue.
    pub queue: QueueName,
    /// Its name.
    pub worker: Option<Arc<str>>,
    /// Attempts wanted at most.
    pub count: usize,
    /// How long a claim lasts, in milliseconds, if not as long as the task type says.
    pub lease_ms: Option<i64>,
}

/// A poll's number, and where its answer comes.
pub type Polled = (u64, oneshot::Receiver<Vec<Assignment>>);

/// A poll that is not answered yet.
pub(super) struct Parked {
    request: PollRequest,
    got: Vec<Assignment>,
    /// Claims for it that are under way.
    outstanding: usize,
    reply: oneshot::Sender<Vec<Assignment>>,
}

impl Node {
    /// Takes a poll. The answer comes as soon as there is something; [`Node::hurry_poll`] ends the wait.
    pub fn poll(&mut self, request: PollRequest, now: Timestamp) -> Polled {
        let queue = request.queue.clone();
        let poll = self.park(request, now);
        self.serve(&queue, now);
        poll
    }

    /// Takes a poll that is in a hurry from its beginning: it gets what is ready.
    pub fn draw(&mut self, request: PollRequest, now: Timestamp) -> Polled {
        let poll = self.park(request, now);
        self.hurry_poll(poll.0, now);
        poll
    }

    fn park(&mut self, request: PollRequest, now: Timestamp) -> Polled {
        let (reply, receiver) = oneshot::channel();
        let id = self.next_poll;
        self.next_poll += 1;
        let key = (request.queue.clone(), request.worker.clone().unwrap_or_else(|| "".into()));
        self.fresh_polls.insert(key.clone(), now);
        self.polls.insert(key, now);
        let queue = request.queue.clone();
        self.parked.insert(id, Parked { request, got: Vec::new(), outstanding: 0, reply });
        self.queue_mut(&queue).parked.push_back(id);
        (id, receiver)
    }

    /// The poll's time is up: it waits for nothing but what is under way for it (claims that must be durable, and on a shared store
    /// the reading of its queue), and is answered then, with nothing if need be.
    pub fn hurry_poll(&mut self, id: u64, now: Timestamp) {
        let Some(parked) = self.parked.get(&id) else { return };
        let name = parked.request.queue.clone();
        self.queue_mut(&name).hurried.push(id);
        self.serve(&name, now);
    }

    /// Nobody waits for the poll any more. Attempts that are claimed for it go back to their queue.
    pub fn cancel_poll(&mut self, id: u64) {
        if let Some(parked) = self.parked.remove(&id) {
            if let Some(queue) = self.queues.get_mut(&parked.request.queue) {
                queue.parked.retain(|parked| *parked != id);
                queue.hurried.retain(|hurried| *hurried != id);
            }
            // A receiver that is gone releases what it does not take.
            let _ = parked.reply.send(parked.got);
        }
    }

    /// Answers the polls that are in a hurry and that nothing is under way for.
    pub(super) fn dismiss(&mut self, name: &QueueName) {
        let Some(queue) = self.queues.get_mut(name) else { return };
        // Of a shared queue a node knows only what it has read; of its own it knows all but an overflow, and polls wait for no disk.
        let must_read = self.traits.shared && queue.filling;
        if must_read || queue.hurried.is_empty() {
            return;
        }
        let is_done = |poll: &u64| self.parked.get(poll).is_some_and(|parked| parked.outstanding == 0);
        let done: Vec<u64> = queue.hurried.iter().copied().filter(is_done).collect();
        for poll in done {
            self.cancel_poll(poll);
        }
    }

    /// Hands ready attempts to the polls parked at a queue. What follows from that may call for other queues, or for this one
    /// again: they come after it, so that a long row of refusals does not nest.
    pub(super) fn serve(&mut self, name: &QueueName, now: Timestamp) {
        self.to_serve.insert(name.clone());
        if self.is_serving {
            return;
        }
        self.is_serving = true;
        while let Some(name) = self.to_serve.pop_first() {
            self.serve_one(&name, now);
        }
        self.is_serving = false;
    }

    fn serve_one(&mut self, name: &QueueName, now: Timestamp) {
        loop {
            let Some(queue) = self.queues.get_mut(name) else { return };
            let Some(poll) = queue.parked.front().copied() else { return };
            let Some(parked) = self.parked.get(&poll) else {
                queue.parked.pop_front();
                continue;
            };
            if parked.got.len() + parked.outstanding >= parked.request.count.max(1) {
                queue.parked.pop_front();
                self.answer_if_complete(poll);
                continue;
            }
            let Some(ready) = queue.take(now) else {
                // What there is goes out at once.
                self.answer_if_complete(poll);
                let Some(queue) = self.queues.get_mut(name) else { return };
                if queue.parked.front() == Some(&poll) {
                    break;
                }
                continue;
            };
            self.claim(poll, ready, now);
        }
        self.refill_if_low(name, now);
        self.dismiss(name);
    }

    /// Tries to claim one ready attempt for a poll.
    pub(super) fn claim(&mut self, poll: u64, ready: Ready, now: Timestamp) {
        let Some(parked) = self.parked.get_mut(&poll) else {
            self.put_back(ready);
            return;
        };
        let id = ready.task.execution();
        let live = match self.slots.get_mut(&id) {
            Some(Slot::Live(live)) => live,
            Some(Slot::Loading(backlog)) => {
                parked.outstanding += 1;
                backlog.claims.push((poll, ready));
                return;
            }
            None => {
                parked.outstanding += 1;
                let mut backlog = super::slot::Backlog::default();
                backlog.claims.push((poll, ready));
                self.slots.insert(id, Slot::Loading(backlog));
                self.wants.push(Want::Load { execution: id, after_seq: 0 });
                return;
            }
        };
        live.touched = true;
        let ordinal = ready.task.ordinal();
        let task = live.exec.task(ordinal);
        // If it was made anew since it lay ready so, a claim that rides would hang on a record that may never come to be.
        let is_current = task.is_some_and(|task| task.ready_at == ready.ready_at);
        let def = task.and_then(|task| live.exec.plan.node(task.node).task_def.as_deref());
        let limited = def.is_some_and(TaskDef::is_limited);
        let command = Command::Claim {
            task: ordinal,
            worker: parked.request.worker.clone(),
            lease_ms: parked.request.lease_ms,
        };
        // A state whose start is not committed is a guess, made to deliver a start that may have been delivered before.
        if self.traits.shared || limited || !is_current || live.committed_seq == 0 {
            parked.outstanding += 1;
            self.submit(Request::new(id, command, Done::Poll(poll, ready)), now);
            return;
        }
        if self.hold(id, command, now)
            && let Some(Slot::Live(live)) = self.slots.get(&id)
            && let Some(task) = live.exec.task(ordinal)
            && let Some(parked) = self.parked.get_mut(&poll)
        {
            parked.got.push(Assignment::of(&live.exec, task));
            self.counters.claimed += 1;
        }
    }

    /// Makes a claim that rides in the next record. False if the attempt was taken or is over.
    fn hold(&mut self, id: ExecutionId, command: Command, now: Timestamp) -> bool {
        let Some(Slot::Live(live)) = self.slots.get_mut(&id) else { return false };
        let context = Context {
            now,
            entropy: 0,
            definitions: &*self.catalog,
            is_polled: &|_| false,
            limits: &self.options.limits,
        };
        let Some(record) = decide(&mut live.exec, command, &context).ok().and_then(|made| made.record) else {
            return false;
        };
        if live.held.is_empty() {
            self.held.push_back((now, id));
            self.must_rouse |= now.plus_ms(self.options.claim_delay_ms_max) < self.sleeps_until;
        }
        live.held.extend(record.events);
        self.arm(id);
        true
    }

    /// Workers have attempts whose claims were dropped with the state in memory: they are claimed again.
    pub(super) fn claim_again(&mut self, id: ExecutionId, now: Timestamp) {
        for event in self.unwritten.remove(&id).unwrap_or_default() {
            let Event::AttemptStarted(started) = event else { continue };
            let command = Command::Claim {
                task: started.task,
                worker: started.worker,
                lease_ms: started.lease_until.map(|until| until - started.at),
            };
            self.hold(id, command, now);
        }
    }

    /// Goes on with a claim that waited for its execution.
    pub(super) fn claim_loaded(&mut self, poll: u64, ready: Ready, now: Timestamp) {
        let Some(parked) = self.parked.get_mut(&poll) else {
            let name = ready.queue.clone();
            self.put_back(ready);
            self.serve(&name, now);
            return;
        };
        parked.outstanding = parked.outstanding.saturating_sub(1);
        self.claim(poll, ready, now);
        self.serve_again(poll, now);
    }

    /// A claim that had to be durable first is.
    pub(super) fn claim_committed(&mut self, poll: u64, task: TaskId, hold: Option<Hold>, now: Timestamp) {
        self.counters.claimed += 1;
        let assignment = match self.slots.get(&task.execution()) {
            Some(Slot::Live(live)) => {
                // What was decided since may have taken the attempt back, or made it anew under its id.
                let task = live.exec.task(task.ordinal());
                let held = task.filter(|task| hold.is_some() && task.hold() == hold);
                held.map(|task| Assignment::of(&live.exec, task))
            }
            _ => None,
        };
        match (self.parked.get_mut(&poll), assignment) {
            (Some(parked), Some(assignment)) => {
                parked.outstanding = parked.outstanding.saturating_sub(1);
                parked.got.push(assignment);
                self.answer_if_complete(poll);
            }
            (None, Some(assignment)) => self.release(&assignment, now),
            (_, None) => self.claim_failed(poll, now),
        }
    }

    /// A claim did not come about; the poll waits for another attempt.
    pub(super) fn claim_failed(&mut self, poll: u64, now: Timestamp) {
        let Some(parked) = self.parked.get_mut(&poll) else { return };
        parked.outstanding = parked.outstanding.saturating_sub(1);
        self.serve_again(poll, now);
    }

    /// The store does not answer, so the attempt stays in its queue and the queue is left alone for a while.
    pub(super) fn claim_postponed(&mut self, poll: u64, ready: Ready, now: Timestamp) {
        self.block(ready, now.plus_ms(BLOCKED_MS));
        self.claim_failed(poll, now);
    }

    /// Whatever became of a claim, the poll may be complete, or want another attempt.
    fn serve_again(&mut self, poll: u64, now: Timestamp) {
        let Some(parked) = self.parked.get(&poll) else { return };
        let name = parked.request.queue.clone();
        let queue = self.queue_mut(&name);
        if !queue.parked.contains(&poll) {
            queue.parked.push_front(poll);
        }
        self.serve(&name, now);
        // Others may stand before it for whom there is nothing.
        self.answer_if_complete(poll);
    }

    /// Gives an attempt back that nobody took.
    pub fn release(&mut self, assignment: &Assignment, now: Timestamp) {
        let command = Command::Complete(Box::new(segue_core::decide::TaskResult {
            task: assignment.task.ordinal,
            status: segue_core::status::TaskStatus::InProgress,
            output: None,
            merge: segue_core::decide::Merge::Replace,
            reason: None,
            worker: None,
            callback_after_ms: 0,
        }));
        self.submit(Request::new(assignment.execution, command, Done::Nobody), now);
    }

    fn answer_if_complete(&mut self, poll: u64) {
        if self.parked.get(&poll).is_some_and(|parked| parked.outstanding == 0 && !parked.got.is_empty()) {
            self.cancel_poll(poll);
        }
    }

    /// A limit has no place: the attempt stays in its queue, and the queue is left alone for a while.
    pub(super) fn not_admitted(&mut self, request: Request, retry_at: Option<Timestamp>, now: Timestamp) {
        let Done::Poll(poll, ready) = request.done else { return };
        self.blocked.insert(ready.queue.clone());
        self.block(ready, retry_at.unwrap_or_else(|| now.plus_ms(BLOCKED_MS)));
        self.claim_failed(poll, now);
    }

    fn block(&mut self, ready: Ready, until: Timestamp) {
        let name = ready.queue.clone();
        let queue = self.queue_mut(&name);
        queue.blocked_until = Some(until);
        queue.put(ready);
        self.rouse_at(until);
    }

    /// A place of a limit may be free: queues that wait for one are served again.
    pub(super) fn places_freed(&mut self, now: Timestamp) {
        let mut blocked: Vec<QueueName> =
            self.blocked.iter().filter(|name| self.queues.contains_key(*name)).cloned().collect();
        self.blocked.clear();
        blocked.sort_unstable();
        for name in blocked {
            self.queue_mut(&name).blocked_until = None;
            self.serve(&name, now);
        }
    }

    /// The limits that a claim has to pass.
    pub(super) fn admission_of(&self, id: ExecutionId, command: &Command) -> Option<Admission> {
        let Command::Claim { task, .. } = command else { return None };
        let Some(Slot::Live(live)) = self.slots.get(&id) else { return None };
        let def = live.exec.plan.node(live.exec.task(*task)?.node).task_def.as_deref()?;
        let concurrent_max =
            def.concurrent_exec_limit.and_then(|max| u32::try_from(max).ok()).filter(|max| *max > 0);
        let rate = rate_of(def);
        (concurrent_max.is_some() || rate.is_some()).then(|| Admission {
            key: def.name.as_str().into(),
            task: id.task(*task),
            concurrent_max,
            rate,
        })
    }

    /// Polls since the last call, for the store, and forgets pollers that are long gone.
    pub fn take_polls(&mut self, now: Timestamp) -> Vec<PollRecord> {
        let horizon = now.plus_ms(-10 * self.options.active_poller_ms);
        self.polls.retain(|_, at| *at >= horizon);
        let fresh = std::mem::take(&mut self.fresh_polls);
        fresh.into_iter().map(|((queue, worker), at)| PollRecord { queue, worker, at }).collect()
    }
}

/// How often attempts of a task type may be taken, if that is limited.
pub(crate) fn rate_of(def: &TaskDef) -> Option<Rate> {
    let count = u32::try_from(def.rate_limit_per_frequency).ok().filter(|count| *count > 0)?;
    Some(Rate { count, window_ms: i64::from(def.rate_limit_frequency_in_seconds.max(1)) * 1000 })
}
