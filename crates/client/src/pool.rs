//! Workers, and the pool that runs them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::http::Client;
use crate::metrics::{Counters, Metrics};
use crate::options::{Settled, WorkerOptions};
use crate::runner;
use crate::task::{Outcome, Task};

type Execute = dyn Fn(Task) -> Pin<Box<dyn Future<Output = Outcome> + Send>> + Send + Sync;

/// The function that does the tasks of one type.
#[derive(Clone)]
pub struct Worker {
    pub(crate) task_type: Arc<str>,
    pub(crate) execute: Arc<Execute>,
    pub(crate) counters: Arc<Counters>,
    options: WorkerOptions,
}

impl Worker {
    /// A worker for the tasks of `task_type`. A panic counts as a failure.
    pub fn new<F, R>(task_type: &str, execute: F) -> Self
    where
        F: Fn(Task) -> R + Send + Sync + 'static,
        R: Future<Output = Outcome> + Send + 'static,
    {
        Self {
            task_type: task_type.into(),
            execute: Arc::new(move |task| Box::pin(execute(task))),
            counters: Arc::default(),
            options: WorkerOptions::default(),
        }
    }

    /// Options of its own; they win over the pool's.
    pub fn with_options(self, options: WorkerOptions) -> Self {
        Self { options, ..self }
    }
}

/// Workers that poll one server.
pub struct WorkerPool {
    client: Client,
    state: Mutex<State>,
}

struct State {
    options: WorkerOptions,
    workers: Vec<Worker>,
    running: Option<Running>,
}

struct Running {
    stop: watch::Sender<bool>,
    options: Vec<watch::Sender<Settled>>,
    loops: Vec<JoinHandle<()>>,
}

impl WorkerPool {
    /// A pool that is not polling yet.
    pub fn new(client: Client, workers: Vec<Worker>, options: WorkerOptions) -> Self {
        Self { client, state: Mutex::new(State { options, workers, running: None }) }
    }

    /// Starts polling, on the present tokio runtime. Does nothing if it polls already.
    pub fn start(&self) {
        let mut state = self.state.lock();
        if state.running.is_some() {
            return;
        }
        let stop = watch::Sender::new(false);
        let mut running = Running { stop, options: Vec::new(), loops: Vec::new() };
        for worker in &state.workers {
            let (sender, receiver) = watch::channel(worker.options.over(&state.options));
            let work = runner::run(self.client.clone(), worker.clone(), receiver, running.stop.subscribe());
            running.options.push(sender);
            running.loops.push(tokio::spawn(work));
        }
        state.running = Some(running);
    }

    /// Stops polling and waits for the tasks under way.
    pub async fn stop(&self) {
        let Some(running) = self.state.lock().running.take() else { return };
        running.stop.send_replace(true);
        for one in running.loops {
            // A loop that panicked has stopped as well.
            let _ = one.await;
        }
    }

    /// True between [`WorkerPool::start`] and [`WorkerPool::stop`].
    pub fn is_polling(&self) -> bool {
        self.state.lock().running.is_some()
    }

    /// Changes the options of the pool while it runs. What a worker says of itself still wins.
    pub fn update_options(&self, options: &WorkerOptions) {
        let mut state = self.state.lock();
        state.options.update(options);
        state.publish();
    }

    /// Changes the options of the workers of one task type while they run. False if there is none.
    pub fn update_worker_options(&self, task_type: &str, options: &WorkerOptions) -> bool {
        let mut state = self.state.lock();
        let mut found = false;
        for worker in state.workers.iter_mut().filter(|worker| *worker.task_type == *task_type) {
            worker.options.update(options);
            found = true;
        }
        state.publish();
        found
    }

    /// What each worker did, by task type.
    pub fn metrics(&self) -> Vec<(String, Metrics)> {
        let state = self.state.lock();
        state
            .workers
            .iter()
            .map(|worker| (worker.task_type.to_string(), worker.counters.snapshot()))
            .collect()
    }
}

impl State {
    fn publish(&self) {
        let Some(running) = &self.running else { return };
        for (worker, sender) in self.workers.iter().zip(&running.options) {
            sender.send_replace(worker.options.over(&self.options));
        }
    }
}
