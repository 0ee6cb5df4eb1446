//! Sequences, forks, joins and switches.

use segue_core::status::ExecutionStatus;
use serde_json::{Value, json};

use crate::run::{Run, fork, node, simple};

#[test]
fn a_sequence_runs_in_order_and_yields_its_last_output() {
    let (mut run, id) = Run::of(json!([simple("a"), simple("b")]), json!({"n": 1}));
    assert_eq!(run.trace(id), "a:SCHEDULED");
    run.claim(id, "a").expect("claimed");
    assert_eq!(run.trace(id), "a:IN_PROGRESS");
    run.complete(id, "a", json!({"x": 1}));
    assert_eq!(run.trace(id), "a:COMPLETED b:SCHEDULED");
    run.complete(id, "b", json!({"y": 2}));
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert_eq!(run.execution(id).output.value(), json!({"y": 2}));
}

#[test]
fn a_fork_goes_on_when_its_join_has_all_it_names() {
    let [f, j] = fork("f", &[json!([simple("a1"), simple("a2")]), json!([simple("b")]), json!([])]);
    let (mut run, id) = Run::of(json!([f, j, simple("z")]), json!({}));
    assert_eq!(run.trace(id), "f:COMPLETED a1:SCHEDULED b:SCHEDULED f_join:IN_PROGRESS");
    run.complete(id, "a1", json!({}));
    run.complete(id, "b", json!({"n": 1}));
    assert_eq!(run.open(id), ["f_join", "a2"]);
    assert_eq!(run.output(id, "f_join"), json!({"b": {"n": 1}}));
    run.complete(id, "a2", json!({"n": 2}));
    assert_eq!(run.output(id, "f_join"), json!({"a2": {"n": 2}, "b": {"n": 1}}));
    assert_eq!(run.open(id), ["z"]);
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    let _: Value = node("NOOP", "n", json!({}));
}
