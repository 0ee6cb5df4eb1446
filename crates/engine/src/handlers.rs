//! Handlers in the same process: async Rust functions that do the tasks of a type.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use segue_core::event::QueueName;
use segue_core::json::Json;
use segue_core::status::TaskStatus;
use tokio::task::JoinHandle;

use crate::engine::{Engine, Poll, Report};
use crate::node::Assignment;

/// Why a handler did not complete its task.
#[derive(Debug, Clone)]
pub struct Failure {
    /// For people.
    pub reason: String,
    /// Whether another attempt may help.
    pub retry: Retry,
}

/// Whether another attempt may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Retry {
    Allowed,
    Pointless,
}

impl Failure {
    /// Another attempt may help.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry: Retry::Allowed }
    }

    /// No attempt will ever help.
    pub fn terminal(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry: Retry::Pointless }
    }

    fn report(self) -> Report {
        let status = match self.retry {
            Retry::Allowed => TaskStatus::Failed,
            Retry::Pointless => TaskStatus::FailedWithTerminalError,
        };
        Report { reason: Some(self.reason.as_str().into()), ..Report::of(status) }
    }
}

type Answer = Pin<Box<dyn Future<Output = Report> + Send>>;
type Handler = dyn Fn(Assignment) -> Answer + Send + Sync;

#[derive(Default)]
pub(crate) struct Handlers {
    running: Mutex<Vec<JoinHandle<()>>>,
}

impl Handlers {
    pub(crate) fn stop(&self) {
        for handler in self.running.lock().drain(..) {
            handler.abort();
        }
    }
}

/// Attempts that one handler works on at a time unless told otherwise.
const CONCURRENCY: usize = 64;
/// A handler's claim, in milliseconds.
const LEASE_MS: i64 = 60_000;
/// It is extended so often.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// How long a handler's poll waits.
const PATIENCE: Duration = Duration::from_secs(30);

impl Engine {
    /// Does the tasks of a type with an async function, many at a time, until the engine shuts down. What it
    /// returns is the task's output; an object, or else it is wrapped as `{"result": …}`.
    pub fn handle<F, R>(&self, task_type: &str, handler: F)
    where
        F: Fn(Assignment) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Json, Failure>> + Send + 'static,
    {
        self.serve(task_type, move |assignment| {
            let result = handler(assignment);
            async move { result.await.map_or_else(Failure::report, |output| Report::completed(as_object(output))) }
        });
    }

    /// The same for a handler that says all of a result itself. Its lease is extended while it works. Its future is dropped
    /// when the attempt ends without it, as when a sibling fails, and when the engine shuts down.
    pub fn serve<F, R>(&self, task_type: &str, handler: F)
    where
        F: Fn(Assignment) -> R + Send + Sync + 'static,
        R: Future<Output = Report> + Send + 'static,
    {
        let handler: Arc<Handler> = Arc::new(move |assignment| Box::pin(handler(assignment)));
        let engine = self.clone();
        let queue = QueueName::new(task_type, None);
        let running = tokio::spawn(async move { engine.work(queue, handler).await });
        self.inner.handlers.running.lock().push(running);
    }

    async fn work(self, queue: QueueName, handler: Arc<Handler>) {
        let places = Arc::new(tokio::sync::Semaphore::new(CONCURRENCY));
        let worker: Arc<str> = format!("{}/in-process", self.inner.options.node).into();
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let count = places.available_permits() + 1;
            let poll = Poll {
                queue: queue.clone(),
                worker: Some(worker.clone()),
                count,
                patience: PATIENCE,
                lease_ms: Some(LEASE_MS),
            };
            let mut place = Some(place);
            for assignment in self.poll(poll).await {
                let place = match place.take() {
                    Some(place) => place,
                    None => match places.clone().acquire_owned().await {
                        Ok(place) => place,
                        Err(_) => return,
                    },
                };
                let (engine, handler) = (self.clone(), handler.clone());
                tokio::spawn(async move {
                    engine.do_one(&assignment, &*handler).await;
                    drop(place);
                });
            }
            if self.accepting().is_err() {
                return;
            }
        }
    }

    async fn do_one(&self, assignment: &Assignment, handler: &Handler) {
        let mut over = self.with_node(|node, _| node.take_in_hand(assignment.id()));
        let mut answer = handler(assignment.clone());
        let report = loop {
            tokio::select! {
                report = &mut answer => break report,
                // Whether it is told or forgotten. What the handler is at is dropped with its future.
                _ = &mut over => return,
                // Late is no worse than never: a lease that is over shows in the report.
                () = tokio::time::sleep(HEARTBEAT) => drop(self.heartbeat(assignment.id()).await),
            }
        };
        self.with_node(|node, _| node.let_go(assignment.id()));
        let report = Report { worker: assignment.task.worker.clone(), ..report };
        let stored = self.report(assignment.id(), &report).await;
        // A task that outlives the engine begins again with the next.
        if let Err(error) = stored
            && !matches!(error, crate::Error::ShuttingDown)
        {
            tracing::warn!(task = %assignment.id(), %error, "a result could not be stored; the attempt runs out and is repeated");
        }
    }
}

fn as_object(output: Json) -> Json {
    if output.text().trim_start().starts_with('{') {
        output
    } else {
        Json::of(&serde_json::json!({"result": output.value()}))
    }
}
