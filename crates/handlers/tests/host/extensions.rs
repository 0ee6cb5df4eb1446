//! What an embedding program adds, and in which order it comes.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use segue_handlers::host::extensions::{
    Extensions, IdGenerator, LocationResolver, Next, ParameterInterpolator, ScriptEngine, TaskHook,
    TaskInvoker, WorkflowHook,
};
use segue_handlers::host::{Attempt, Host, HostOptions, Outcome, TaskError, Workflow};
use serde_json::{Value, json};

use crate::{Project, attempt, said};

/// Does a little of everything.
#[derive(Default)]
struct All {
    seen: Mutex<Vec<String>>,
}

#[async_trait]
impl TaskInvoker for All {
    async fn invoke(&self, attempt: Attempt, next: Next<'_>) -> Outcome {
        if let Some(image) = attempt.handler.strip_prefix("docker:") {
            return Outcome { result: Some(json!(image)), ..Outcome::default() };
        }
        let mut outcome = next.invoke(attempt.clone()).await;
        if outcome.error.is_some() {
            outcome = next.invoke(attempt).await;
        }
        outcome
    }
}

#[async_trait]
impl TaskHook for All {
    async fn before(&self, attempt: &mut Attempt) -> Result<(), TaskError> {
        self.seen.lock().push(format!("before {}", attempt.input["parameters"]));
        if attempt.handler == "refused" { Err(TaskError::invalid("refused")) } else { Ok(()) }
    }

    async fn after(&self, attempt: &Attempt, outcome: &Outcome) {
        self.seen.lock().push(format!("after {} {}", attempt.handler, outcome.error.is_some()));
    }
}

#[async_trait]
impl WorkflowHook for All {
    async fn before(&self, workflow: &Workflow) -> Result<Option<Value>, TaskError> {
        Ok(Some(json!({"name": format!("{} again", workflow.name)})))
    }
}

#[async_trait]
impl ScriptEngine for All {
    fn supports(&self, language: &str) -> bool {
        language == "shout"
    }

    async fn run(&self, script: &str, input: &Value) -> Result<Value, TaskError> {
        Ok(json!(format!("{}{input}", script.to_uppercase())))
    }
}

impl LocationResolver for All {
    fn resolve(&self, handler: &str) -> Option<PathBuf> {
        (handler == "elsewhere").then(|| PathBuf::from("hidden/flaky.js"))
    }
}

impl ParameterInterpolator for All {
    fn interpolate(&self, parameters: Value, attempt: &Attempt) -> Result<Value, TaskError> {
        Ok(json!({"given": parameters, "task": attempt.task()}))
    }
}

impl IdGenerator for All {
    fn generate(&self, parent: Option<&str>) -> String {
        format!("{}/1", parent.unwrap_or_default())
    }
}

const FLAKY: &str = "let count = 0;
export default ({ task }) => { if (++count === 1) throw new Error('once'); return task.parameters; };";

#[tokio::test]
async fn extensions_take_part_where_plugins_would() {
    let project = Project::new(&[("hidden/flaky.js", FLAKY)]);
    let all = Arc::new(All::default());
    let extensions = Extensions {
        task_invokers: vec![all.clone()],
        task_hooks: vec![all.clone()],
        workflow_hooks: vec![all.clone()],
        script_engines: vec![all.clone()],
        location_resolvers: vec![all.clone()],
        parameter_interpolators: vec![all.clone()],
        id_generator: Some(all.clone()),
        ..Extensions::default()
    };
    let host = Host::start(HostOptions { extensions, ..project.options() }).await.unwrap();
    assert!(host.has_task_invoker() && host.sees_every_task());

    assert_eq!(said(&host, "docker:alpine", json!({})).await, json!("alpine"));
    assert_eq!(said(&host, "elsewhere", json!({"a": 1})).await, json!({"given": {"a": 1}, "task": "one"}));
    let mut refused = attempt("refused", json!({}));
    refused.is_last = false;
    assert_eq!(host.run(refused).await.error.unwrap().message, "refused");
    let before = "before {\"given\":{},\"task\":\"one\"}";
    let second = "before {\"given\":{\"a\":1},\"task\":\"one\"}";
    let seen =
        [before, "after docker:alpine false", second, "after elsewhere false", before, "after refused true"];
    assert_eq!(*all.seen.lock(), seen);

    let workflow = Workflow { name: "w".to_owned(), ..Workflow::default() };
    assert_eq!(host.before_workflow(&workflow).await.unwrap(), Some(json!({"name": "w again"})));
    assert_eq!(host.evaluate("shout", "hey", &json!(1)).await.unwrap(), Some(json!("HEY1")));
    assert_eq!(host.generate_id(Some("p")).await.unwrap().as_deref(), Some("p/1"));
}
