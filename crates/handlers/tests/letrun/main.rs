//! letrun's system tasks, one attempt at a time. Scripts run in children that are this test binary again.

mod branches;
mod calls;
mod catching;
mod delays;
mod expectations;
mod loops;
mod machine;
mod parameters;
mod scripts;

use std::sync::Arc;
use std::time::Duration;

use segue_handlers::letrun::{self, Done, Failed, Services};
use segue_handlers::{Allowed, EvaluatorOptions, Evaluators, HttpHandler, HttpOptions};
use serde_json::{Value, json};

/// What the children of these tests do. In the tests' own process it does nothing.
#[test]
fn evaluator_child() {
    segue_handlers::evaluator::run_if_started_as_one();
}

fn services() -> Services {
    services_within(Duration::from_secs(20))
}

/// Scripts may take so long.
fn services_within(time_limit: Duration) -> Services {
    let arguments =
        ["evaluator_child", "--exact", "--nocapture", "--test-threads=1"].map(str::to_owned).to_vec();
    let options = EvaluatorOptions { arguments, time_limit, ..EvaluatorOptions::default() };
    let http = HttpOptions { allow: vec![Allowed::Everything], ..HttpOptions::default() };
    Services::new(Evaluators::new(options), Arc::new(HttpHandler::new(http)))
}

async fn run(services: &Services, system: &str, parameters: &Value) -> Result<Done, Failed> {
    run_with(services, system, parameters, &json!({})).await
}

/// With what the definition gives beside the parameters.
async fn run_with(
    services: &Services,
    system: &str,
    parameters: &Value,
    beside: &Value,
) -> Result<Done, Failed> {
    let mut input = json!({"handler": system, "task": "t", "parameters": parameters});
    if let (Value::Object(input), Value::Object(beside)) = (&mut input, beside) {
        input.extend(beside.clone());
    }
    letrun::run(system, &input, services).await
}

/// The result of a task that must complete; null where it has none.
async fn result(services: &Services, system: &str, parameters: &Value) -> Value {
    match run(services, system, parameters).await {
        Ok(Done { mut output, park: None }) => output["result"].take(),
        other => panic!("{system} {parameters}: {other:?}"),
    }
}

/// The error of a task that must fail, and whether it is final.
async fn error(services: &Services, system: &str, parameters: &Value) -> (String, bool) {
    match run(services, system, parameters).await {
        Err(failed) => (format!("{}: {}", failed.name, failed.message), failed.terminal),
        other => panic!("{system} {parameters}: {other:?}"),
    }
}
