//! Clients and operators: they start, look, steer and delete, and remember what they were told.

use rand::Rng;
use segue_core::decide::{Command, Compensate, Merge, Outcome, Skip, Start, TaskResult};
use segue_core::execution::Execution;
use segue_core::id::{ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::status::{ExecutionStatus, TaskStatus};
use segue_engine::Error;
use segue_engine::node::{Ask, Done, Reader, Request, Settled, StartRequest, Started};
use segue_store::contract::{Journal, LogLine};
use serde_json::json;

use crate::setup::pick;
use crate::store::ready;
use crate::world::World;
use crate::{Check, broken};

/// A call that was not answered yet.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) host: usize,
    pub(crate) about: About,
}

#[derive(Debug, Clone)]
pub(crate) enum About {
    Start,
    /// A result with this number in its output.
    Report {
        task: Option<TaskId>,
        token: Option<u64>,
        line: Option<String>,
    },
    Log {
        task: TaskId,
        line: String,
    },
    Command,
    Read,
    Heartbeat,
}

/// An answer.
pub(crate) enum Reply {
    Started(u64, Result<Started, Error>),
    Settled(u64, Result<Settled, Error>),
    Seen(u64, Result<Option<Seen>, Error>),
    Beat(u64, Result<bool, Error>),
}

/// What a reader saw of an execution.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    id: ExecutionId,
    status: ExecutionStatus,
    generation: u32,
    workers: Vec<(u32, TaskStatus)>,
}

struct Look {
    call: u64,
    inbox: std::sync::Arc<parking_lot::Mutex<Vec<Reply>>>,
    seen: Option<Seen>,
}

impl Reader for Look {
    fn look(&mut self, execution: &Execution) {
        let attempts = execution.current_tasks().filter(|task| task.queue.is_some());
        self.seen = Some(Seen {
            id: execution.id,
            status: execution.status,
            generation: execution.generation,
            workers: attempts.map(|task| (task.ordinal, task.status)).collect(),
        });
    }

    fn deliver(self: Box<Self>, result: Result<(), Error>) {
        let Self { call, inbox, seen } = *self;
        inbox.lock().push(Reply::Seen(call, result.map(|()| seen)));
    }
}

impl World {
    pub(crate) fn start(&mut self) {
        if self.summary.executions >= self.setup.starts_max as u64 {
            return;
        }
        let Some(host) = self.any_host() else { return };
        self.summary.executions += 1;
        let number = self.rng.random_range(0..self.menu.workflows.len());
        let name = self.menu.workflows[number]["name"].as_str().unwrap_or_default().to_owned();
        let planned = self.hosts[host].catalog.planned(&name, Some(1));
        let plan = planned.expect("the menu compiles").expect("the menu is registered");
        self.store.books.know(plan.clone());
        let start_key = self.rng.random_bool(0.2).then(|| format!("k{}", self.rng.random_range(0..3)).into());
        let start = Start {
            input: Json::of(&json!({"pick": self.rng.random_range(0..4)})),
            priority: *pick(&mut self.rng, &[0, 0, 5, 99]),
            start_key,
            ..Start::default()
        };
        let call = self.call(host, About::Start);
        let inbox = self.inbox.clone();
        let started = start.event(&plan);
        let done = Box::new(move |result| inbox.lock().push(Reply::Started(call, result)));
        self.note(|| format!("call {call}: host {host} is to start {name}"));
        let now = self.hosts[host].now(self.now);
        self.hosts[host].node.start(StartRequest { plan, started, done }, now);
    }

    pub(crate) fn call(&mut self, host: usize, about: About) -> u64 {
        let number = self.number();
        self.calls.insert(number, Call { host, about });
        number
    }

    /// Hands a request to a host; the answer comes to the inbox.
    pub(crate) fn submit(&mut self, host: usize, mut request: Request, about: About) {
        let told = format!("host {host}, {}: {about:?}", request.execution);
        let call = self.call(host, about);
        self.note(|| format!("call {call}: {told}"));
        let inbox = self.inbox.clone();
        request.done = Done::Call(Box::new(move |result| inbox.lock().push(Reply::Settled(call, result))));
        let now = self.hosts[host].now(self.now);
        self.hosts[host].node.submit(request, now);
    }

    /// Any execution, those that a client never heard of included.
    fn any_execution(&mut self) -> Option<ExecutionId> {
        let count = self.store.books.histories.len();
        let index = self.rng.random_range(0..count.max(1));
        self.store.books.histories.keys().nth(index).copied()
    }

    pub(crate) fn operate(&mut self) {
        let (Some(host), Some(id)) = (self.any_host(), self.any_execution()) else { return };
        let compensate = if self.rng.random_bool(0.5) { Compensate::Yes } else { Compensate::No };
        let command = match self.rng.random_range(0..14) {
            0 | 1 => Command::Pause,
            2..=4 => Command::Resume,
            5 | 6 => Command::Retry,
            7 => Command::Restart(Box::default()),
            8 | 9 => self.rerun_of(id),
            10 => Command::Skip(Box::new(Skip { reference: self.reference_of(id), ..Skip::default() })),
            11 => Command::Jump { reference: self.reference_of(id), input: None },
            12 => Command::ResetCallbacks,
            _ => Command::Terminate { reason: "because".into(), compensate },
        };
        self.note(|| format!("an operator: {command:?}"));
        self.submit(host, Request::new(id, command, Done::Nobody), About::Command);
    }

    /// From any attempt, those that no longer count included.
    fn rerun_of(&mut self, id: ExecutionId) -> Command {
        let count = self.store.books.histories[&id].state.tasks().len();
        let task = u32::try_from(self.rng.random_range(0..=count)).unwrap_or(u32::MAX);
        let input = self.rng.random_bool(0.3).then(|| Json::of(&json!({"pick": 1})));
        Command::Rerun { task, input }
    }

    fn reference_of(&mut self, id: ExecutionId) -> String {
        let plan = self.store.books.histories[&id].state.plan.clone();
        let references: Vec<&str> = plan.nodes().map(|(_, node)| &*node.reference).collect();
        (*pick(&mut self.rng, &references)).to_owned()
    }

    pub(crate) fn resume(&mut self, id: ExecutionId, host: usize) {
        self.submit(host, Request::new(id, Command::Resume, Done::Nobody), About::Command);
    }

    pub(crate) fn signal_one(&mut self) {
        let signals = self.store.books.signals();
        let Some(host) = self.any_host().filter(|_| !signals.is_empty()) else { return };
        let (id, ordinal, reference) = pick(&mut self.rng, &signals).clone();
        let status = match self.rng.random_range(0..10) {
            0 => TaskStatus::Failed,
            1..=3 => TaskStatus::InProgress,
            _ => TaskStatus::Completed,
        };
        self.signal(host, id, ordinal, reference, status);
    }

    /// Ends (or updates) a wait for a signal, by its id or by its reference.
    pub(crate) fn signal(
        &mut self,
        host: usize,
        id: ExecutionId,
        ordinal: u32,
        reference: String,
        status: TaskStatus,
    ) {
        let token = (status != TaskStatus::InProgress || self.rng.random_bool(0.5)).then(|| self.number());
        let by_reference = self.rng.random_bool(0.5);
        let result = Box::new(result(ordinal, status, token, 0));
        let ask = if by_reference {
            Ask::CompleteReference(reference, result)
        } else {
            Ask::Decide(Command::Complete(result))
        };
        let task = id.task(ordinal);
        let line = self.rng.random_bool(0.3).then(|| format!("line {}", self.number()));
        let logs = line.iter().map(|line| self.line(task, line)).collect();
        let request = Request { execution: id, ask, logs, done: Done::Nobody, tries: 0 };
        let line = line.map(|line| (task, line));
        let about = About::Report {
            task: line.as_ref().map(|(task, _)| *task),
            token,
            line: line.map(|(_, line)| line),
        };
        self.submit(host, request, about);
    }

    pub(crate) fn line(&self, task: TaskId, text: &str) -> LogLine {
        LogLine { task, at: self.now, text: text.into() }
    }

    pub(crate) fn read(&mut self) {
        let (Some(host), Some(id)) = (self.any_host(), self.any_execution()) else { return };
        let call = self.call(host, About::Read);
        let reader = Box::new(Look { call, inbox: self.inbox.clone(), seen: None });
        let request =
            Request { execution: id, ask: Ask::Read(reader), logs: Vec::new(), done: Done::Nobody, tries: 0 };
        let now = self.hosts[host].now(self.now);
        self.hosts[host].node.submit(request, now);
    }

    /// Deletes an execution that is over.
    pub(crate) fn remove(&mut self) {
        let (Some(host), Some(id)) = (self.any_host(), self.any_execution()) else { return };
        let is_over = self.store.books.histories[&id].state.status.is_terminal();
        if is_over && self.hosts[host].node.forget_removed(id) {
            self.note(|| format!("{id} is removed"));
            self.store.remove(id);
        }
    }

    /// Holds what clients were told against the books.
    pub(crate) fn read_inbox(&mut self) -> Check {
        let replies = std::mem::take(&mut *self.inbox.lock());
        for reply in replies {
            match reply {
                Reply::Started(call, result) => self.was_started(call, &result)?,
                Reply::Settled(call, result) => self.was_settled(call, &result)?,
                Reply::Seen(call, result) => {
                    self.calls.remove(&call);
                    if let Ok(Some(seen)) = result {
                        self.was_seen(&seen)?;
                    }
                }
                Reply::Beat(call, result) => {
                    self.note(|| format!("call {call} is answered: {result:?}"));
                    self.calls.remove(&call);
                }
            }
        }
        Ok(())
    }

    fn was_started(&mut self, call: u64, result: &Result<Started, Error>) -> Check {
        self.note(|| format!("call {call} is answered: {result:?}"));
        self.calls.remove(&call);
        let Ok(started) = result else { return Ok(()) };
        let books = &self.store.books;
        if !books.histories.contains_key(&started.execution) && !books.removed.contains(&started.execution) {
            return broken("an acknowledged start exists", started.execution.to_string());
        }
        self.started.push(started.execution);
        Ok(())
    }

    fn was_settled(&mut self, call: u64, result: &Result<Settled, Error>) -> Check {
        self.note(|| format!("call {call} is answered: {result:?}"));
        let Some(Call { about, .. }) = self.calls.remove(&call) else { return Ok(()) };
        let Ok(settled) = result else { return Ok(()) };
        match about {
            About::Report { task, token, line } => {
                if let Some(token) = token {
                    self.was_taken(token, settled.outcome)?;
                }
                match (task, line) {
                    (Some(task), Some(line)) => self.was_logged(task, &line),
                    _ => Ok(()),
                }
            }
            About::Log { task, line } => self.was_logged(task, &line),
            _ => Ok(()),
        }
    }

    fn was_taken(&self, token: u64, outcome: Outcome) -> Check {
        if !self.store.books.removed.is_empty() {
            // What a deleted execution took cannot be looked up.
            return Ok(());
        }
        let is_there = self.store.books.histories.values().any(|history| history.results.contains(&token));
        match outcome {
            Outcome::Applied if !is_there => {
                broken("an acknowledged result is in the journal", format!("result {token}"))
            }
            Outcome::Ignored if is_there => {
                broken("an ignored result is not in the journal", format!("result {token}"))
            }
            _ => Ok(()),
        }
    }

    fn was_logged(&self, task: TaskId, line: &str) -> Check {
        let lines = ready(self.store.memory.logs(task));
        let is_there = lines.iter().any(|found| &*found.text == line);
        if is_there || self.store.books.removed.contains(&task.execution()) {
            return Ok(());
        }
        broken("an acknowledged log line is stored", format!("{task}: {line}"))
    }

    /// A reader saw what is durable.
    fn was_seen(&self, seen: &Seen) -> Check {
        let Some(history) = self.store.books.histories.get(&seen.id) else {
            if self.store.books.removed.contains(&seen.id) {
                return Ok(());
            }
            return broken("readers see what is committed", format!("{seen:?} does not exist"));
        };
        let state = &history.state;
        let ahead = seen.generation > state.generation
            || seen.workers.iter().any(|(ordinal, _)| state.task(*ordinal).is_none());
        let differs = seen.generation == state.generation
            && (seen.status.is_terminal() && !state.status.is_terminal()
                || seen.workers.iter().any(|(ordinal, status)| {
                    status.is_terminal() && state.task(*ordinal).is_some_and(|task| task.status != *status)
                }));
        if ahead || differs {
            return broken("readers see what is committed", format!("{seen:?}"));
        }
        Ok(())
    }
}

/// A result whose output bears a number.
pub(crate) fn result(
    task: u32,
    status: TaskStatus,
    token: Option<u64>,
    callback_after_seconds: i64,
) -> TaskResult {
    TaskResult {
        task,
        status,
        output: token.map(|token| Json::of(&json!({"token": token}))),
        merge: Merge::Replace,
        reason: None,
        worker: None,
        callback_after_ms: callback_after_seconds * 1000,
    }
}
