//! Variables that a caller sets.

use segue_core::decide::{Command, Outcome, Refusal};
use segue_core::status::ExecutionStatus;
use serde_json::{Value, json};

use crate::run::{Run, simple};

fn set(variables: &Value) -> Command {
    Command::SetVariables(variables.as_object().expect("an object").clone())
}

#[test]
fn variables_are_laid_over_those_that_are_there() {
    let mut second = simple("b");
    second["inputParameters"] = json!({"x": "${workflow.variables.x}"});
    let (mut run, id) = Run::of(json!([simple("a"), second]), json!({}));
    assert_eq!(run.apply(id, set(&json!({"x": 1, "y": 1}))), Ok(Outcome::Applied));
    run.pause(id);
    assert_eq!(run.apply(id, set(&json!({"x": {"deep": [2]}}))), Ok(Outcome::Applied));
    assert_eq!(run.apply(id, set(&json!({}))), Ok(Outcome::Ignored));
    run.resume(id);
    run.complete(id, "a", json!({}));
    assert_eq!(run.input(id, "b"), json!({"x": {"deep": [2]}}));
    assert_eq!(Value::Object(run.execution(id).variables.clone()), json!({"x": {"deep": [2]}, "y": 1}));
    run.complete(id, "b", json!({}));
    assert_eq!(run.apply(id, set(&json!({"x": 3}))), Err(Refusal::Ended(ExecutionStatus::Completed)));
}

#[test]
fn variables_have_a_size() {
    let (mut run, id) = Run::of(json!([simple("a")]), json!({}));
    run.limits.variables_bytes_max = 20;
    assert_eq!(run.apply(id, set(&json!({"x": "12345678"}))), Ok(Outcome::Applied));
    // The limit is that of all together, and what is replaced no longer counts.
    assert_eq!(
        run.apply(id, set(&json!({"y": "1234567"}))),
        Err(Refusal::VariablesTooLarge { bytes: 30, bytes_max: 20 })
    );
    assert_eq!(run.apply(id, set(&json!({"x": "87654321"}))), Ok(Outcome::Applied));
}
