//! The place of one long-lived child: it is started when first needed, and again after it died.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use super::attempt::{Attempt, LogLine, Outcome, TaskError};
use super::child::{Answer, Child, End, Pending};
use super::plugins::Plugin;
use super::wire::{Done, ToChild};

/// So often is an attempt begun that others keep killing.
const BEGINNINGS_MAX: u32 = 5;

/// What starts the child of a room.
#[async_trait::async_trait]
pub(super) trait Starter: Send + Sync {
    /// Starts a child and waits until it is ready. `needed_by` is named in the error.
    async fn start(&self, needed_by: &str) -> Result<(Arc<Child>, Vec<Plugin>), TaskError>;
}

pub(super) struct Room {
    starter: Box<dyn Starter>,
    resident: Mutex<Option<Resident>>,
}

#[derive(Clone)]
struct Resident {
    child: Arc<Child>,
    plugins: Arc<[Plugin]>,
}

impl Room {
    pub(super) fn new(starter: Box<dyn Starter>) -> Self {
        Self { starter, resident: Mutex::default() }
    }

    async fn resident(&self, needed_by: &str) -> Result<Resident, TaskError> {
        let mut resident = self.resident.lock().await;
        if let Some(resident) = resident.as_ref().filter(|resident| !resident.child.has_ended()) {
            return Ok(resident.clone());
        }
        let (child, plugins) = self.starter.start(needed_by).await?;
        let started = Resident { child, plugins: plugins.into() };
        *resident = Some(started.clone());
        Ok(started)
    }

    /// The plugins of the child, which is started if it does not run.
    pub(super) async fn plugins(&self, needed_by: &str) -> Result<Arc<[Plugin]>, TaskError> {
        Ok(self.resident(needed_by).await?.plugins)
    }

    /// Runs an attempt. If the child dies because of another, it is begun again in the next one.
    pub(super) async fn run(&self, attempt: &Arc<Attempt>, payload: &Value) -> Outcome {
        for _ in 0..BEGINNINGS_MAX {
            let resident = match self.resident(&format!("handler {:?}", attempt.handler)).await {
                Ok(resident) => resident,
                Err(error) => return Outcome::failed(error),
            };
            let posted =
                resident.child.post(Some(attempt.clone()), |id| ToChild::Run { id, attempt: payload });
            let mut pending = match posted {
                Ok(pending) => pending,
                Err(error) => {
                    return Outcome::failed(TaskError::invalid(format!("its input is too large: {error}")));
                }
            };
            match answer(&mut pending, attempt.deadline).await {
                Some(Ok((done, logs))) => return outcome(done, logs),
                Some(Err(end)) if pending.was_displaced(&end) => {}
                Some(Err(end)) => return Outcome::failed(ended(&attempt.handler, &end)),
                None => return Outcome::failed(timed_out(attempt)),
            }
        }
        Outcome::failed(TaskError::host(format!(
            "handler {:?} was begun {BEGINNINGS_MAX} times, and each time another task took the script host down",
            attempt.handler
        )))
    }

    /// Calls a method of the plugins of a type. Absent: there is no such plugin, or it returned nothing.
    pub(super) async fn call(
        &self,
        plugin: &str,
        method: &str,
        arguments: &[Value],
    ) -> Result<Option<Value>, TaskError> {
        let needed_by = format!("plugin {plugin:?}");
        let resident = self.resident(&needed_by).await?;
        let posted = resident.child.post(None, |id| ToChild::Call { id, plugin, method, arguments });
        let mut pending = posted.map_err(|error| TaskError::invalid(error.to_string()))?;
        match pending.answer().await {
            Ok((Done { error: Some(error), .. }, _)) => Err(error),
            Ok((done, _)) => Ok(done.result),
            Err(end) => Err(ended(plugin, &end)),
        }
    }

    /// Ends the child. The next attempt starts another.
    pub(super) async fn stop(&self) {
        let resident = self.resident.lock().await.take();
        if let Some(resident) = resident {
            resident.child.stop().await;
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Some(resident) = self.resident.get_mut() {
            resident.child.kill(End::Stopped);
        }
    }
}

/// The answer, unless it does not come in time.
async fn answer(pending: &mut Pending, deadline: Option<Instant>) -> Option<Answer> {
    let Some(deadline) = deadline else { return Some(pending.answer().await) };
    tokio::select! {
        answer = pending.answer() => return Some(answer),
        () = sleep_until(deadline) => {}
    }
    pending.put_down("the task took longer than it may").await;
    None
}

fn outcome(done: Done, logs: Vec<LogLine>) -> Outcome {
    let Done { result, extra, error, variables, is_final, .. } = done;
    Outcome { result, extra, error, is_final, variables, logs }
}

fn ended(handler: &str, end: &End) -> TaskError {
    match end {
        End::Died(how) => TaskError::host(format!("the script host died while it ran {handler:?}: {how}")),
        End::Killed(_) => TaskError::host(format!("the script host was killed while it ran {handler:?}")),
        End::Stopped => TaskError::new("InterruptInvokeError", format!("{handler:?} was stopped")),
    }
}

pub(super) fn timed_out(attempt: &Attempt) -> TaskError {
    TaskError::new("TimeoutError", format!("{:?} took longer than it may and was stopped", attempt.handler))
}
