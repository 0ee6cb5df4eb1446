//! Handlers in real processes: projects are written into a temporary folder, and run by the Node.js and the Python of
//! this machine; `SEGUE_TEST_NODE` names another Node.js.

mod ends;
mod extensions;
mod javascript;
mod others;
mod plugins;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use segue_handlers::host::{Attempt, Host, HostOptions, LogLine, Outcome, Surroundings, TaskError};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A project in a folder that goes with it.
struct Project {
    folder: TempDir,
    seen: Arc<Seen>,
}

/// What the host said and asked.
#[derive(Default)]
struct Seen {
    lines: Mutex<Vec<LogLine>>,
    asked: Mutex<Vec<(String, Value)>>,
}

#[async_trait::async_trait]
impl Surroundings for Seen {
    async fn system_task(&self, name: &str, input: Value, _: &Attempt) -> Result<Value, TaskError> {
        self.asked.lock().push((name.to_owned(), input.clone()));
        match name {
            "delay" => Err(TaskError::invalid("Invalid parameters: \"time\" is required")),
            "while" => Ok(json!({"result": {"iteration": 1}, "more": true})),
            _ => Ok(json!({"result": {"did": name, "with": input["parameters"]}})),
        }
    }

    fn log(&self, line: &LogLine) {
        self.lines.lock().push(line.clone());
    }
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: TempDir::new().unwrap(), seen: Arc::default() };
        for (path, text) in files {
            let path = project.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        project
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn options(&self) -> HostOptions {
        let mut options = HostOptions::new(self.path(), self.seen.clone());
        options.grace = Duration::from_millis(300);
        if let Some(node) = std::env::var_os("SEGUE_TEST_NODE") {
            options.node = node.into();
        }
        options
    }

    async fn host(&self) -> Host {
        Host::start(self.options()).await.unwrap()
    }

    fn lines(&self) -> Vec<String> {
        self.seen.lines.lock().iter().map(|line| format!("{}: {}", line.level, line.message)).collect()
    }
}

fn attempt(handler: &str, parameters: Value) -> Attempt {
    let mut input = json!({"handler": handler, "task": "one"});
    input["parameters"] = parameters;
    Attempt {
        id: "attempt-1".to_owned(),
        handler: handler.to_owned(),
        input,
        is_last: true,
        ..Attempt::default()
    }
}

async fn run(host: &Host, handler: &str, parameters: Value) -> Outcome {
    host.run(attempt(handler, parameters)).await
}

/// The result, or the error's name and first line.
async fn said(host: &Host, handler: &str, parameters: Value) -> Value {
    let outcome = run(host, handler, parameters).await;
    match outcome.error {
        Some(error) => json!(format!("{}: {}", error.name, error.message.lines().next().unwrap_or_default())),
        None => outcome.result.unwrap_or(json!("undefined")),
    }
}
