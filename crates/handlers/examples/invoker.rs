//! A program that adds to how tasks run: retries behind a circuit breaker, dependencies between tasks, and handlers that
//! are Rust functions. Each is a [`TaskInvoker`] around the one behind it; what no function does, scripts and programs
//! of the project, goes on to the host's own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use parking_lot::Mutex;
use segue_handlers::host::extensions::{Extensions, Next, TaskInvoker};
use segue_handlers::host::{Attempt, Host, HostOptions, LogLine, Outcome, Surroundings, TaskError};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::sleep;

/// Holds a task back until those that it names in `after` are done.
struct Dependencies {
    done: watch::Sender<HashSet<String>>,
}

#[async_trait]
impl TaskInvoker for Dependencies {
    async fn invoke(&self, attempt: Attempt, next: Next<'_>) -> Outcome {
        let task = attempt.task().to_owned();
        let after: Vec<String> =
            serde_json::from_value(attempt.input["parameters"]["after"].clone()).unwrap_or_default();
        let mut done = self.done.subscribe();
        // Its sender is ours: it cannot be gone.
        let _ = done.wait_for(|done| after.iter().all(|name| done.contains(name))).await;
        let outcome = next.invoke(attempt).await;
        if outcome.error.is_none() {
            self.done.send_if_modified(|done| done.insert(task));
        }
        outcome
    }
}

/// Tries again, and stops asking a handler that keeps failing.
struct CircuitBreaker {
    tries: u32,
    pause: Duration,
    failures_max: u32,
    cooling: Duration,
    circuits: Mutex<HashMap<String, Circuit>>,
}

#[derive(Default)]
struct Circuit {
    failures: u32,
    opened: Option<Instant>,
}

impl CircuitBreaker {
    fn is_open(&self, handler: &str) -> bool {
        let circuits = self.circuits.lock();
        let opened = circuits.get(handler).and_then(|circuit| circuit.opened);
        opened.is_some_and(|opened| opened.elapsed() < self.cooling)
    }

    fn learn(&self, handler: String, outcome: &Outcome) {
        let mut circuits = self.circuits.lock();
        let circuit = circuits.entry(handler).or_default();
        circuit.failures = if outcome.error.is_some() { circuit.failures + 1 } else { 0 };
        circuit.opened = (circuit.failures >= self.failures_max).then(Instant::now);
    }
}

#[async_trait]
impl TaskInvoker for CircuitBreaker {
    async fn invoke(&self, attempt: Attempt, next: Next<'_>) -> Outcome {
        let mut outcome = Outcome::default();
        for left in (0..self.tries).rev() {
            if self.is_open(&attempt.handler) {
                let message =
                    format!("{} has failed too often and is left alone for a while", attempt.handler);
                return Outcome::failed(TaskError::unavailable(message));
            }
            outcome = next.invoke(attempt.clone()).await;
            self.learn(attempt.handler.clone(), &outcome);
            if outcome.error.is_none() || outcome.is_terminal() || left == 0 {
                break;
            }
            sleep(self.pause).await;
        }
        outcome
    }
}

type Function = Box<dyn Fn(&Value) -> Result<Value, TaskError> + Send + Sync>;

/// Runs handlers that are functions of this program.
struct Functions(HashMap<&'static str, Function>);

#[async_trait]
impl TaskInvoker for Functions {
    async fn invoke(&self, attempt: Attempt, next: Next<'_>) -> Outcome {
        let Some(function) = self.0.get(attempt.handler.as_str()) else { return next.invoke(attempt).await };
        match function(&attempt.input["parameters"]) {
            Ok(result) => Outcome { result: Some(result), ..Outcome::default() },
            Err(error) => Outcome::failed(error),
        }
    }
}

struct Terminal;

#[async_trait]
impl Surroundings for Terminal {
    async fn system_task(&self, name: &str, _: Value, _: &Attempt) -> Result<Value, TaskError> {
        Err(TaskError::unavailable(format!("there is no system task {name} here")))
    }

    fn log(&self, line: &LogLine) {
        eprintln!("{}: {}", line.level, line.message);
    }
}

fn functions() -> Functions {
    let calls = Mutex::new(0);
    let flaky = move |parameters: &Value| {
        let mut calls = calls.lock();
        *calls += 1;
        if *calls < 3 { Err(TaskError::new("Error", "not yet")) } else { Ok(parameters["name"].clone()) }
    };
    let broken = |_: &Value| Err(TaskError::new("Error", "it never works"));
    Functions(HashMap::from([("flaky", Box::new(flaky) as Function), ("broken", Box::new(broken))]))
}

fn attempt(task: &str, handler: &str, parameters: &Value) -> Attempt {
    Attempt {
        id: task.to_owned(),
        handler: handler.to_owned(),
        input: json!({"task": task, "handler": handler, "parameters": parameters}),
        is_last: true,
        ..Attempt::default()
    }
}

#[tokio::main]
async fn main() -> Result<(), TaskError> {
    let breaker = CircuitBreaker {
        tries: 4,
        pause: Duration::from_millis(5),
        failures_max: 3,
        cooling: Duration::from_secs(60),
        circuits: Mutex::default(),
    };
    let invokers: [Arc<dyn TaskInvoker>; 3] =
        [Arc::new(Dependencies { done: watch::Sender::default() }), Arc::new(breaker), Arc::new(functions())];
    let extensions = Extensions { task_invokers: invokers.into(), ..Extensions::default() };
    let host = Host::start(HostOptions { extensions, ..HostOptions::new(".", Arc::new(Terminal)) }).await?;

    let (second, first, broken) = tokio::join!(
        host.run(attempt("second", "flaky", &json!({"name": "second", "after": ["first"]}))),
        host.run(attempt("first", "flaky", &json!({"name": "first"}))),
        host.run(attempt("broken", "broken", &json!({}))),
    );
    println!("first: {}", first.output());
    println!("second: {}", second.output());
    println!("broken: {}", broken.output());
    host.stop().await;
    Ok(())
}
