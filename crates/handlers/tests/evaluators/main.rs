//! Scripts in real children. A child is this test binary again, running nothing but [`evaluator_child`].

mod bombs;
mod javascript;
mod jq;
mod priority;
mod python;
mod sandbox;

use std::time::Duration;

use segue_core::json::Json;
use segue_handlers::{Evaluation, EvaluationError, EvaluatorOptions, Evaluators, Form, Language};
use serde_json::Value;

/// What the children of these tests do. In the tests' own process it does nothing.
#[test]
fn evaluator_child() {
    segue_handlers::evaluator::run_if_started_as_one();
}

fn options() -> EvaluatorOptions {
    EvaluatorOptions {
        // With more threads the harness writes among a child's answers, after a minute, that the test takes long.
        arguments: ["evaluator_child", "--exact", "--nocapture", "--test-threads=1"]
            .map(str::to_owned)
            .to_vec(),
        time_limit: Duration::from_secs(20),
        // Others may have the processor.
        limits_by_the_clock: 50,
        ..EvaluatorOptions::default()
    }
}

fn evaluators() -> Evaluators {
    Evaluators::new(options())
}

fn evaluation(language: Language, form: Form, source: &str, input: &Value) -> Evaluation {
    Evaluation { language, form, source: source.into(), input: Json::of(input), share: "test".into() }
}

/// The result as JSON text, or the error's text after an exclamation mark.
async fn text(evaluators: &Evaluators, evaluation: Evaluation) -> String {
    match evaluators.evaluate(evaluation).await {
        Ok(json) => json.text().to_owned(),
        Err(error) => format!("!{error}"),
    }
}

async fn script(evaluators: &Evaluators, language: Language, source: &str) -> Result<Json, EvaluationError> {
    evaluators.evaluate(evaluation(language, Form::Expression, source, &Value::Null)).await
}
