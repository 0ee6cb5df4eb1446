//! How large inputs and outputs may be.

use segue_core::decide::Outcome;
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::{Run, simple};

/// A NOOP whose input names that of the one before twice.
fn doubling(number: usize) -> Value {
    let before = match number {
        1 => "${workflow.input.p}".to_owned(),
        _ => format!("${{t{}.input.p}}", number - 1),
    };
    json!({"name": "n", "taskReferenceName": format!("t{number}"), "type": "NOOP",
        "inputParameters": {"p": format!("{before}{before}")}})
}

#[test]
fn an_input_does_not_grow_beyond_its_bound() {
    let tasks: Vec<Value> = (1..=64).map(doubling).chain([simple("never")]).collect();
    let mut run = Run::new();
    run.limits.payload_bytes_max = 1000;
    run.define(json!({"name": "w", "tasks": tasks}));
    let id = run.start("w", json!({"p": "x".repeat(100)}));
    let task = run.task(id, "t4");
    assert_eq!((task.status, task.input.text()), (TaskStatus::FailedWithTerminalError, "{}"));
    let reason = task.reason.clone().unwrap_or_default().to_string();
    assert!(reason.starts_with("The payload size: 1608 of task: "), "{reason}");
    assert!(reason.ends_with("  is greater than the permissible limit: 1000 bytes"), "{reason}");
    assert_eq!(run.status(id), ExecutionStatus::Failed);
}

#[test]
fn what_expressions_read_is_bounded_before_it_is_put_together() {
    let mut task = simple("a");
    task["inputParameters"] = json!({"all": vec!["${workflow.input}"; 100]});
    let mut run = Run::new();
    run.limits.payload_bytes_max = 1000;
    run.define(json!({"name": "w", "tasks": [task]}));
    let id = run.start("w", json!({"p": "x".repeat(900)}));
    let reason = run.task(id, "a").reason.clone().unwrap_or_default();
    assert_eq!(&*reason, "the expressions of inputParameters read more than 16000 bytes");
}

#[test]
fn a_result_that_is_too_large_fails_its_task() {
    let large = json!({"p": "x".repeat(1000)});
    for status in [TaskStatus::Completed, TaskStatus::InProgress] {
        let mut run = Run::new();
        run.limits.payload_bytes_max = 1000;
        run.task_def(json!({"name": "a", "retryCount": 3}));
        run.define(json!({"name": "w", "tasks": [simple("a")]}));
        let id = run.start("w", json!({}));
        assert_eq!(run.result(id, "a", status, large.clone()), Outcome::Applied);
        let task = run.task(id, "a");
        assert_eq!((task.status, task.output.text()), (TaskStatus::FailedWithTerminalError, "{}"));
        assert_eq!(run.status(id), ExecutionStatus::Failed);
    }
}

#[test]
fn an_output_that_is_too_large_fails_its_execution() {
    let half = json!({"p": "x".repeat(600)});
    let mut run = Run::new();
    run.limits.payload_bytes_max = 1000;
    let output = json!({"a": "${a.output.p}", "b": "${b.output.p}"});
    run.define(json!({"name": "w", "tasks": [simple("a"), simple("b")], "outputParameters": output}));
    let id = run.start("w", json!({}));
    run.complete(id, "a", half.clone());
    run.complete(id, "b", half);
    let execution = run.execution(id);
    assert_eq!((execution.status, execution.output.text()), (ExecutionStatus::Failed, "{}"));
    let reason = execution.reason.clone().unwrap_or_default().to_string();
    let expected =
        format!("The payload size: 1215 of workflow: {id} is greater than the permissible limit: 1000 bytes");
    assert_eq!(reason, expected);
}
