//! Workers: they poll, work, and answer in time, late, twice or never.

use rand::Rng;
use segue_core::decide::Command;
use segue_core::definition::TaskDef;
use segue_core::event::QueueName;
use segue_core::id::TaskId;
use segue_core::status::TaskStatus;
use segue_core::time::Timestamp;
use segue_engine::Assignment;
use segue_engine::node::{Ask, Done, PollRequest, Request};
use tokio::sync::oneshot::Receiver;

use crate::clients::{About, Reply, result};
use crate::world::World;
use crate::{Check, broken};

/// A poll that waits.
pub(crate) struct Poll {
    pub(crate) host: usize,
    life: u64,
    id: u64,
    pub(crate) queue: QueueName,
    pub(crate) until: Timestamp,
    /// The faults that there were when it was made, so at most those before its claims.
    faults: u64,
    receiver: Receiver<Vec<Assignment>>,
}

/// An attempt that a worker has.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) task: TaskId,
}

/// Which handing out of which attempt: the first one, the second after it came back, and so on.
pub(crate) type Handout = (TaskId, u32, u32);

impl World {
    pub(crate) fn poll(&mut self) {
        if self.polls.len() >= 12 {
            return;
        }
        let Some(host) = self.any_host() else { return };
        let queue = self.rng.random_range(0..self.menu.tasks.len());
        let patience_ms = if self.rng.random_bool(0.2) { 0 } else { 10_000 };
        self.poll_queue(host, queue, patience_ms);
    }

    pub(crate) fn poll_queue(&mut self, host: usize, queue: usize, patience_ms: i64) {
        let queue = QueueName::new(&format!("t{queue}"), None);
        let count = self.rng.random_range(1..=4);
        let lease_ms = self.rng.random_bool(0.2).then(|| self.rng.random_range(500..=9_000));
        let worker = Some(format!("worker-{}", self.number()).into());
        let request = PollRequest { queue: queue.clone(), worker, count, lease_ms };
        let now = self.hosts[host].now(self.now);
        let node = &mut self.hosts[host].node;
        let (id, receiver) = match patience_ms {
            0 => node.draw(request, now),
            _ => node.poll(request, now),
        };
        self.note(|| format!("host {host} is polled for {count} of {queue} (poll {id})"));
        let until = self.now.plus_ms(patience_ms);
        let (life, faults) = (self.hosts[host].life, self.faults);
        self.polls.push(Poll { host, life, id, queue, until, faults, receiver });
    }

    pub(crate) fn look_at_a_poll(&mut self) -> Check {
        if self.polls.is_empty() {
            return Ok(());
        }
        let index = self.rng.random_range(0..self.polls.len());
        self.look_at_poll(index).map(drop)
    }

    /// True if the poll was answered, and is gone.
    pub(crate) fn look_at_poll(&mut self, index: usize) -> Check<bool> {
        use tokio::sync::oneshot::error::TryRecvError;
        match self.polls[index].receiver.try_recv() {
            Ok(assignments) => {
                let poll = self.polls.swap_remove(index);
                self.take_all(poll.host, poll.faults, assignments)?;
                Ok(true)
            }
            Err(TryRecvError::Empty) => Ok(false),
            Err(TryRecvError::Closed) => {
                self.polls.swap_remove(index);
                Ok(true)
            }
        }
    }

    /// A poll runs out of patience, or its caller goes away and what it was handed goes back.
    pub(crate) fn end_a_poll(&mut self) -> Check {
        if self.polls.is_empty() {
            return Ok(());
        }
        let index = self.rng.random_range(0..self.polls.len());
        if self.rng.random_bool(0.4) {
            self.drop_poll(index);
            return Ok(());
        }
        self.hurry_poll(index).map(drop)
    }

    /// True if the poll was answered, and is gone. It may have to wait for what is under way.
    pub(crate) fn hurry_poll(&mut self, index: usize) -> Check<bool> {
        let poll = &mut self.polls[index];
        poll.until = Timestamp(i64::MAX);
        let (id, host) = (poll.id, &mut self.hosts[poll.host]);
        if host.life == poll.life {
            host.node.hurry_poll(id, host.now(self.now));
        }
        self.note(|| format!("poll {id} is in a hurry"));
        self.look_at_poll(index)
    }

    fn drop_poll(&mut self, index: usize) {
        let mut poll = self.polls.swap_remove(index);
        let host = &mut self.hosts[poll.host];
        let lives = host.life == poll.life;
        if lives {
            host.node.cancel_poll(poll.id);
        }
        let left = poll.receiver.try_recv().unwrap_or_default();
        if lives {
            let now = host.now(self.now);
            left.iter().for_each(|assignment| host.node.release(assignment, now));
        }
        self.note(|| {
            let tasks: Vec<TaskId> = left.iter().map(Assignment::id).collect();
            format!("the caller of poll {} at host {} goes away from {tasks:?}", poll.id, poll.host)
        });
    }

    fn take_all(&mut self, host: usize, faults: u64, assignments: Vec<Assignment>) -> Check {
        for assignment in assignments {
            let task = assignment.id();
            self.summary.claims += 1;
            self.note(|| format!("a worker has {task} from host {host}"));
            self.was_given(&assignment, faults)?;
            self.works.push(Work { task });
        }
        Ok(())
    }

    /// One attempt is in one worker's hands, unless a fault made the node forget that it gave it away.
    fn was_given(&mut self, assignment: &Assignment, faults: u64) -> Check {
        let task = assignment.id();
        let Some(history) = self.store.books.histories.get(&task.execution()) else {
            if self.store.books.removed.contains(&task.execution()) {
                return Ok(());
            }
            return broken("what is handed out is committed", task.to_string());
        };
        let Some(attempt) = history.attempts.get(&task.ordinal()).copied() else {
            return broken("what is handed out is committed", task.to_string());
        };
        let def = assignment.plan.node(assignment.task.node).task_def.as_deref();
        let must_be_durable = def.is_some_and(TaskDef::is_limited) || self.setup.traits.shared;
        let times = assignment.task.poll_count;
        if must_be_durable && attempt.starts < times {
            let detail = format!("{task}: handed out {times} times, {} in the journal", attempt.starts);
            return broken("a claim that must be durable is", detail);
        }
        // A fault between the two may have made the node forget the first one. Workers may hear of them in any order.
        // An attempt that was made anew under its id is handed out from one on again.
        let handed_out = (task, assignment.task.generation, times);
        if let Some(other) = self.given.insert(handed_out, faults)
            && (must_be_durable || other.min(faults) == self.faults)
        {
            return broken("no attempt is with two workers", format!("{task}, handed out {times} times"));
        }
        Ok(())
    }

    /// A worker does something with an attempt that it has.
    pub(crate) fn work(&mut self) -> Check {
        if self.works.is_empty() {
            return Ok(());
        }
        let index = self.rng.random_range(0..self.works.len());
        let Some(host) = self.any_host() else { return Ok(()) };
        let task = self.works[index].task;
        let status = match self.rng.random_range(0..100) {
            0..=59 => TaskStatus::Completed,
            60..=70 => TaskStatus::Failed,
            71..=73 => TaskStatus::FailedWithTerminalError,
            74..=82 => TaskStatus::InProgress,
            83..=87 => {
                self.note(|| format!("the worker of {task} crashes"));
                self.works.swap_remove(index);
                return Ok(());
            }
            88..=93 => {
                self.heartbeat(host, task);
                return Ok(());
            }
            _ => {
                self.log(host, task);
                return Ok(());
            }
        };
        self.report(host, task, status);
        // Now and then a result is sent again.
        if self.rng.random_bool(0.92) {
            self.works.swap_remove(index);
        }
        Ok(())
    }

    pub(crate) fn report(&mut self, host: usize, task: TaskId, status: TaskStatus) {
        let token = self.number();
        let callback = if self.rng.random_bool(0.5) { 0 } else { self.rng.random_range(0..=3) };
        let command = Command::Complete(Box::new(result(task.ordinal(), status, Some(token), callback)));
        let mut request = Request::new(task.execution(), command, Done::Nobody);
        let line = self.rng.random_bool(0.2).then(|| format!("line {}", self.number()));
        request.logs = line.iter().map(|line| self.line(task, line)).collect();
        self.note(|| format!("{task} is {status}"));
        let task = line.is_some().then_some(task);
        self.submit(host, request, About::Report { task, token: Some(token), line });
    }

    fn heartbeat(&mut self, host: usize, task: TaskId) {
        let call = self.call(host, About::Heartbeat);
        self.note(|| format!("call {call}: heartbeat of {task} at host {host}"));
        let inbox = self.inbox.clone();
        let done = Box::new(move |result| inbox.lock().push(Reply::Beat(call, result)));
        let now = self.hosts[host].now(self.now);
        self.hosts[host].node.heartbeat(task, done, now);
    }

    fn log(&mut self, host: usize, task: TaskId) {
        let line = format!("line {}", self.number());
        let logs = vec![self.line(task, &line)];
        let request =
            Request { execution: task.execution(), ask: Ask::Log, logs, done: Done::Nobody, tries: 0 };
        self.submit(host, request, About::Log { task, line });
    }
}
