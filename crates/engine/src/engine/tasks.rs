//! The worker's side: polls, results, heartbeats, logs.

use std::sync::Arc;
use std::time::Duration;

use segue_core::decide::{Merge, Outcome, TaskResult};
use segue_core::event::QueueName;
use segue_core::execution::Execution;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::status::TaskStatus;
use segue_core::time::Timestamp;
use segue_store::contract::LogLine;
use tokio::sync::oneshot;

use super::{Engine, Inner};
use crate::error::Error;
use crate::node::{Ask, Assignment, Done, PollRequest, Request};
use segue_core::decide::Command;

/// A poll.
#[derive(Debug, Clone)]
pub struct Poll {
    /// The queue.
    pub queue: QueueName,
    /// The worker's name.
    pub worker: Option<Arc<str>>,
    /// Attempts wanted at most.
    pub count: usize,
    /// How long to wait until something is ready; zero asks for what is. What is ready is claimed first, however long that takes.
    pub patience: Duration,
    /// How long a claim lasts, in milliseconds, if not as long as the task type says.
    pub lease_ms: Option<i64>,
}

impl From<Poll> for PollRequest {
    fn from(poll: Poll) -> Self {
        let Poll { queue, worker, count, lease_ms, patience: _ } = poll;
        Self { queue, worker, count, lease_ms }
    }
}

/// A result.
#[derive(Debug, Clone)]
pub struct Report {
    /// IN_PROGRESS or a status that a worker may send.
    pub status: TaskStatus,
    /// The output; absent leaves what is there.
    pub output: Option<Json>,
    /// Whether the output replaces what is there.
    pub merge: Merge,
    /// Why, where there is something to say.
    pub reason: Option<Arc<str>>,
    /// Who reports.
    pub worker: Option<Arc<str>>,
    /// With IN_PROGRESS: hand it out again after so many milliseconds.
    pub callback_after_ms: i64,
    /// Lines for the attempt's log, each with its instant (absent: now).
    pub logs: Vec<(Option<Timestamp>, Arc<str>)>,
}

impl Report {
    /// A result without anything but a status.
    pub fn of(status: TaskStatus) -> Self {
        Self {
            status,
            output: None,
            merge: Merge::Replace,
            reason: None,
            worker: None,
            callback_after_ms: 0,
            logs: Vec::new(),
        }
    }

    /// COMPLETED with an output.
    pub fn completed(output: Json) -> Self {
        Self { output: Some(output), ..Self::of(TaskStatus::Completed) }
    }

    fn result(&self, task: u32) -> TaskResult {
        TaskResult {
            task,
            status: self.status,
            output: self.output.clone(),
            merge: self.merge,
            reason: self.reason.clone(),
            worker: self.worker.clone(),
            callback_after_ms: self.callback_after_ms,
        }
    }
}

impl Engine {
    /// Takes ready attempts from a queue. Answers at once when anything is ready; else waits as long as the poll has patience.
    pub async fn poll(&self, poll: Poll) -> Vec<Assignment> {
        if self.accepting().is_err() {
            return Vec::new();
        }
        let patience = poll.patience;
        let (id, receiver) = self.with_node(|node, now| match patience.is_zero() {
            true => node.draw(poll.into(), now),
            false => node.poll(poll.into(), now),
        });
        let mut waiting = Waiting { inner: self.inner.clone(), poll: id, receiver };
        if !patience.is_zero() {
            if let Ok(answer) = tokio::time::timeout(patience, &mut waiting.receiver).await {
                return answer.unwrap_or_default();
            }
            self.with_node(|node, now| node.hurry_poll(id, now));
        }
        (&mut waiting.receiver).await.unwrap_or_default()
    }

    /// Where an attempt waited. That never changes, so nothing is waited for that is under way.
    ///
    /// # Errors
    /// As [`Engine::read`].
    pub async fn source(&self, task: TaskId) -> Result<Option<QueueName>, Error> {
        let look = move |execution: &Execution| execution.task(task.ordinal())?.queue.clone();
        match self.with_node(|node, _| node.peek(task.execution(), look)) {
            Some(found) => Ok(found),
            None => self.read(task.execution(), look).await,
        }
    }

    /// Takes the result of an attempt. It is durable when this returns.
    ///
    /// # Errors
    /// [`Error::NoSuchExecution`], [`Error::NoSuchTask`], or the store's.
    pub async fn report(&self, task: TaskId, report: &Report) -> Result<Outcome, Error> {
        self.accepting()?;
        let command = Command::Complete(Box::new(report.result(task.ordinal())));
        let mut request = Request::new(task.execution(), command, Done::Nobody);
        request.logs = self.lines(task, report);
        self.ask(request).await.map(|settled| settled.outcome)
    }

    /// Takes the result of the open attempt that goes by a reference; returns its id.
    ///
    /// # Errors
    /// [`Error::NoOpenTask`] if there is none, else as [`Engine::report`].
    pub async fn report_by_reference(
        &self,
        id: ExecutionId,
        reference: &str,
        report: &Report,
    ) -> Result<TaskId, Error> {
        self.accepting()?;
        let ask = Ask::CompleteReference(reference.to_owned(), Box::new(report.result(0)));
        let request = Request { execution: id, ask, logs: Vec::new(), done: Done::Nobody, tries: 0 };
        let settled = self.ask(request).await?;
        settled.task.map(|ordinal| id.task(ordinal)).ok_or(Error::NoSuchExecution(id))
    }

    /// Extends the lease of an attempt by one period. False if nobody holds it any more.
    ///
    /// # Errors
    /// [`Error::NoSuchExecution`], [`Error::NoSuchTask`], or the store's.
    pub async fn heartbeat(&self, task: TaskId) -> Result<bool, Error> {
        let ordinal = task.ordinal();
        // Brings the execution into memory, and tells an unknown attempt from one that is over.
        let exists = self.read(task.execution(), move |execution| execution.task(ordinal).is_some()).await?;
        if !exists {
            return Err(Error::NoSuchTask(task));
        }
        let (sender, receiver) = oneshot::channel();
        let done = Box::new(move |result| drop(sender.send(result)));
        self.with_node(|node, now| node.heartbeat(task, done, now));
        receiver.await.unwrap_or(Err(Error::ShuttingDown))
    }

    /// Writes a line to an attempt's log.
    ///
    /// # Errors
    /// [`Error::NoSuchExecution`], or the store's.
    pub async fn log(&self, task: TaskId, text: &str) -> Result<(), Error> {
        self.accepting()?;
        let line = LogLine { task, at: self.now(), text: text.into() };
        let request = Request {
            execution: task.execution(),
            ask: Ask::Log,
            logs: vec![line],
            done: Done::Nobody,
            tries: 0,
        };
        self.ask(request).await.map(drop)
    }

    /// An attempt's log, oldest line first.
    ///
    /// # Errors
    /// The store's.
    pub async fn logs(&self, task: TaskId) -> Result<Vec<LogLine>, Error> {
        Ok(self.inner.store.logs(task).await?)
    }

    fn lines(&self, task: TaskId, report: &Report) -> Vec<LogLine> {
        let now = self.now();
        report
            .logs
            .iter()
            .map(|(at, text)| LogLine { task, at: at.unwrap_or(now), text: text.clone() })
            .collect()
    }
}

/// A poll whose caller may go away: what it was handed and did not take goes back.
struct Waiting {
    inner: Arc<Inner>,
    poll: u64,
    receiver: oneshot::Receiver<Vec<Assignment>>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.receiver.is_terminated() {
            return;
        }
        self.inner.with_node(|node, now| {
            node.cancel_poll(self.poll);
            let left = self.receiver.try_recv().unwrap_or_default();
            left.iter().for_each(|assignment| node.release(assignment, now));
        });
    }
}
