//! Starting, reading and steering executions.

use std::sync::Arc;
use std::time::Duration;

use segue_core::decide::{Command, Compensate, Outcome, Refusal, Start};
use segue_core::definition::WorkflowDef;
use segue_core::execution::Execution;
use segue_core::id::ExecutionId;
use segue_core::json::Json;
use segue_core::plan::Plan;
use segue_core::status::ExecutionStatus;
use segue_core::view::{self, Tasks};
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::Engine;
use crate::error::Error;
use crate::node::{Ask, Done, Reader, Request, Settled, StartRequest, Started};

/// What is to be started.
#[derive(Debug, Clone)]
pub enum StartBy {
    /// A registered definition; without a version the latest.
    Name(String, Option<u32>),
    /// A definition that comes with the start.
    Definition(Box<WorkflowDef>),
}

/// How an execution stands.
#[derive(Debug, Clone)]
pub struct ById {
    /// Its id.
    pub id: ExecutionId,
    /// Its status.
    pub status: ExecutionStatus,
    /// Its output, once it is over.
    pub output: Json,
    /// Why it ended so.
    pub reason: Option<Arc<str>>,
}

impl Engine {
    /// Starts an execution. It is durable when this returns.
    ///
    /// # Errors
    /// [`Error::NoSuchDefinition`], [`Error::InvalidDefinition`], [`Error::Overloaded`], or the store's.
    pub async fn start(&self, what: StartBy, start: Start) -> Result<Started, Error> {
        let plan = match self.plan(&what) {
            // Another node may have registered it a moment ago.
            Err(Error::NoSuchDefinition { .. }) => {
                self.fresh_catalog().await?;
                self.plan(&what)?
            }
            found => found?,
        };
        self.begin(plan, start, None).await
    }

    /// Starts an execution of a plan, under an id that the caller drew or a fresh one.
    pub(super) async fn begin(
        &self,
        plan: Arc<Plan>,
        start: Start,
        id: Option<ExecutionId>,
    ) -> Result<Started, Error> {
        let (sender, receiver) = oneshot::channel();
        let started = start.event(&plan);
        let done = Box::new(move |result| drop(sender.send(result)));
        self.accepting()?;
        let request = StartRequest { plan, started, done };
        self.with_node(|node, now| match id {
            Some(id) => node.start_as(id, request, now),
            None => node.start(request, now),
        });
        receiver.await.unwrap_or(Err(Error::ShuttingDown))
    }

    pub(super) fn plan(&self, what: &StartBy) -> Result<Arc<Plan>, Error> {
        match what {
            StartBy::Name(name, version) => self
                .inner
                .catalog
                .planned(name, *version)
                .map_err(Error::InvalidDefinition)?
                .ok_or_else(|| Error::NoSuchDefinition { name: name.clone(), version: *version }),
            StartBy::Definition(definition) => {
                self.inner.catalog.plan_of(definition).map_err(Error::InvalidDefinition)
            }
        }
    }

    pub(crate) fn accepting(&self) -> Result<(), Error> {
        if let Some(cause) = self.read_only_cause() {
            return Err(Error::Store(segue_store::contract::Error::Unwritable(cause)));
        }
        if *self.inner.stopping.borrow() { Err(Error::ShuttingDown) } else { Ok(()) }
    }

    /// Looks at an execution's committed state.
    ///
    /// # Errors
    /// [`Error::NoSuchExecution`], [`Error::Quarantined`], or the store's.
    pub async fn read<T: Send + 'static>(
        &self,
        id: ExecutionId,
        look: impl FnMut(&Execution) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, receiver) = oneshot::channel();
        let reader = Box::new(Look { look, seen: None, sender });
        let request =
            Request { execution: id, ask: Ask::Read(reader), logs: Vec::new(), done: Done::Nobody, tries: 0 };
        self.with_node(|node, now| node.submit(request, now));
        receiver.await.unwrap_or(Err(Error::ShuttingDown))
    }

    /// An execution as Conductor's Workflow. Only its state is copied under the engine's lock; to write a large one out takes long.
    ///
    /// # Errors
    /// As [`Engine::read`].
    pub async fn view(&self, id: ExecutionId, tasks: Tasks) -> Result<Value, Error> {
        let execution = self.read(id, Execution::clone).await?;
        Ok(view::workflow(&execution, tasks))
    }

    /// How an execution stands.
    ///
    /// # Errors
    /// As [`Engine::read`].
    pub async fn status(&self, id: ExecutionId) -> Result<ById, Error> {
        self.read(id, |execution| ById {
            id: execution.id,
            status: execution.status,
            output: execution.output.clone(),
            reason: execution.reason.clone(),
        })
        .await
    }

    /// Waits until an execution is over, at most for `patience`; then says how it stands.
    ///
    /// # Errors
    /// As [`Engine::read`].
    pub async fn wait(&self, id: ExecutionId, patience: Duration) -> Result<ById, Error> {
        let deadline = tokio::time::Instant::now() + patience;
        // Another node may end it, of which this one hears only by looking.
        let look_again = if self.inner.store.traits().shared { Duration::from_millis(200) } else { patience };
        loop {
            let ended = self.with_node(|node, _| node.on_end(id));
            let standing = self.status(id).await?;
            let now = tokio::time::Instant::now();
            if standing.status.is_terminal() || now >= deadline {
                return Ok(standing);
            }
            let until = deadline.min(now + look_again);
            // Either way the next look tells.
            let _ = tokio::time::timeout_at(until, ended).await;
        }
    }

    /// Decides a command for an execution. What it did is durable when this returns.
    ///
    /// # Errors
    /// [`Error::Refused`] with the reason, [`Error::NoSuchExecution`], or the store's.
    pub async fn command(&self, id: ExecutionId, command: Command) -> Result<Outcome, Error> {
        self.accepting()?;
        self.ask(Request::new(id, command, Done::Nobody)).await.map(|settled| settled.outcome)
    }

    /// Pauses: nothing new is scheduled until a resume.
    ///
    /// # Errors
    /// As [`Engine::command`].
    pub async fn pause(&self, id: ExecutionId) -> Result<Outcome, Error> {
        self.command(id, Command::Pause).await
    }

    /// Ends a pause.
    ///
    /// # Errors
    /// As [`Engine::command`].
    pub async fn resume(&self, id: ExecutionId) -> Result<Outcome, Error> {
        self.command(id, Command::Resume).await
    }

    /// Stops an execution and its children.
    ///
    /// # Errors
    /// As [`Engine::command`].
    pub async fn terminate(
        &self,
        id: ExecutionId,
        reason: &str,
        compensate: Compensate,
    ) -> Result<Outcome, Error> {
        self.command(id, Command::Terminate { reason: reason.into(), compensate }).await
    }

    /// Runs an unsuccessful execution again from its failures.
    ///
    /// # Errors
    /// As [`Engine::command`].
    pub async fn retry(&self, id: ExecutionId) -> Result<Outcome, Error> {
        self.command(id, Command::Retry).await
    }

    /// Sets workflow variables; those that are not named stay.
    ///
    /// # Errors
    /// As [`Engine::command`].
    pub async fn set_variables(
        &self,
        id: ExecutionId,
        variables: Map<String, Value>,
    ) -> Result<Outcome, Error> {
        self.command(id, Command::SetVariables(variables)).await
    }

    /// The same, but a list is added to the end of the list that is there.
    ///
    /// # Errors
    /// As [`Engine::command`].
    pub async fn append_variables(
        &self,
        id: ExecutionId,
        variables: Map<String, Value>,
    ) -> Result<Outcome, Error> {
        self.command(id, Command::AppendVariables(variables)).await
    }

    /// Sends a message to a running execution, for its PULL_WORKFLOW_MESSAGES tasks. Returns the message's id.
    ///
    /// # Errors
    /// As [`Engine::command`].
    pub async fn send(&self, id: ExecutionId, payload: Json) -> Result<String, Error> {
        let message = ExecutionId::new(self.now().0, rand::random()).to_string();
        self.command(id, Command::Push { id: message.as_str().into(), payload }).await?;
        Ok(message)
    }

    /// Deletes an execution with all that belongs to it. One that is not over is terminated first: its parent and its
    /// children would never hear of it again.
    ///
    /// # Errors
    /// [`Error::NoSuchExecution`], or the store's.
    pub async fn remove(&self, id: ExecutionId) -> Result<(), Error> {
        self.accepting()?;
        if !self.status(id).await?.status.is_terminal() {
            match self.terminate(id, "The workflow was removed", Compensate::No).await {
                // It ended by itself a moment ago.
                Ok(_) | Err(Error::Refused { refusal: Refusal::Ended(_), .. }) => {}
                Err(error) => return Err(error),
            }
        }
        // A terminal state is final, so nothing new comes under way once it is seen.
        while !self.with_node(|node, _| node.forget_removed(id)) {
            self.status(id).await?;
            tokio::task::yield_now().await;
        }
        if self.inner.store.remove(id).await? { Ok(()) } else { Err(Error::NoSuchExecution(id)) }
    }

    pub(crate) async fn ask(&self, mut request: Request) -> Result<Settled, Error> {
        let (sender, receiver) = oneshot::channel();
        request.done = Done::Call(Box::new(move |result| drop(sender.send(result))));
        self.with_node(|node, now| node.submit(request, now));
        receiver.await.unwrap_or(Err(Error::ShuttingDown))
    }
}

struct Look<T, F> {
    look: F,
    seen: Option<T>,
    sender: oneshot::Sender<Result<T, Error>>,
}

impl<T: Send, F: FnMut(&Execution) -> T + Send> Reader for Look<T, F> {
    fn look(&mut self, execution: &Execution) {
        self.seen = Some((self.look)(execution));
    }

    fn deliver(self: Box<Self>, result: Result<(), Error>) {
        let Self { seen, sender, .. } = *self;
        if let Some(answer) = result.map(|()| seen).transpose() {
            // The caller may have gone.
            let _ = sender.send(answer);
        }
    }
}
