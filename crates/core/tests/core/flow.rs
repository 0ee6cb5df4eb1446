//! Sequences, forks, joins, switches.

use segue_core::decide::Outcome;
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::{Run, fork, node, simple};

/// A worker's task without retries, with more fields.
fn work(reference: &str, more: Value) -> Value {
    let mut task = simple(reference);
    if let (Some(task), Value::Object(more)) = (task.as_object_mut(), more) {
        task.extend(more);
    }
    task
}

#[test]
fn a_sequence_runs_in_order_and_yields_its_last_output() {
    let (mut run, id) = Run::of(json!([simple("a"), simple("b")]), json!({}));
    assert_eq!(run.trace(id), "a:SCHEDULED");
    assert_eq!(run.claim(id, "a"), Ok(Outcome::Applied));
    assert_eq!(run.trace(id), "a:IN_PROGRESS");
    run.complete(id, "a", json!({"x": 1}));
    assert_eq!(run.trace(id), "a:COMPLETED b:SCHEDULED");
    run.complete(id, "b", json!({"y": 2}));
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert_eq!(run.execution(id).output.value(), json!({"y": 2}));
}

#[test]
fn output_parameters_make_the_output_also_of_a_failure() {
    let mut run = Run::new();
    let output = json!({"a": "${a.output.x}", "in": "${workflow.input.n}", "none": "${a.output.y}"});
    run.define(json!({"name": "wf", "tasks": [simple("a"), simple("b")], "outputParameters": output}));
    let id = run.start("wf", json!({"n": 7}));
    run.complete(id, "a", json!({"x": [1]}));
    run.fail(id, "b", "no");
    assert_eq!(run.status(id), ExecutionStatus::Failed);
    assert_eq!(run.execution(id).output.value(), json!({"a": [1], "in": 7, "none": null}));
    let blamed = run.execution(id).id.task(2);
    let reason = format!("Task {blamed} failed with status: FAILED and reason: 'no'");
    assert_eq!(run.execution(id).reason.as_deref(), Some(&*reason));
    assert_eq!(run.execution(id).failed, [2]);
}

#[test]
fn a_fork_goes_on_when_its_join_has_all_it_names() {
    let [fork, join] = fork("f", &[json!([simple("a1"), simple("a2")]), json!([simple("b")]), json!([])]);
    let (mut run, id) = Run::of(json!([fork, join, simple("z")]), json!({}));
    assert_eq!(run.trace(id), "f:COMPLETED a1:SCHEDULED b:SCHEDULED f_join:IN_PROGRESS");
    run.complete(id, "a1", json!({}));
    run.complete(id, "b", json!({"n": 1}));
    assert_eq!(run.open(id), ["f_join", "a2"]);
    assert_eq!(run.output(id, "f_join"), json!({"b": {"n": 1}}));
    run.complete(id, "a2", json!({}));
    assert_eq!(run.output(id, "f_join"), json!({"b": {"n": 1}}), "an empty output adds nothing");
    assert_eq!(run.open(id), ["z"]);
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn a_join_on_some_branches_leaves_the_others_running() {
    let fork = node("FORK_JOIN", "f", json!({"forkTasks": [[simple("a")], [simple("b")]]}));
    let join = node("JOIN", "j", json!({"joinOn": ["a"]}));
    let (mut run, id) = Run::of(json!([fork, join, simple("z")]), json!({}));
    run.complete(id, "a", json!({}));
    assert_eq!(run.open(id), ["b", "z"]);
    run.complete(id, "z", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Running, "b is still to come");
    run.complete(id, "b", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn forks_nest() {
    let [inner, inner_join] = fork("g", &[json!([simple("g1")]), json!([simple("g2")])]);
    let [outer, outer_join] = fork("f", &[json!([inner, inner_join]), json!([simple("b")])]);
    let (mut run, id) = Run::of(json!([outer, outer_join]), json!({}));
    assert_eq!(run.open(id), ["g1", "g2", "g_join", "b", "f_join"]);
    for name in ["b", "g1"] {
        run.complete(id, name, json!({"of": name}));
        assert_eq!(run.status(id), ExecutionStatus::Running);
    }
    run.complete(id, "g2", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert_eq!(run.output(id, "f_join"), json!({"g_join": {"g1": {"of": "g1"}}, "b": {"of": "b"}}));
}

#[test]
fn a_failing_branch_fails_the_execution_unless_it_is_tolerated() {
    for (more, status, join, reason) in [
        (json!({}), ExecutionStatus::Failed, TaskStatus::Canceled, "canceled with its execution"),
        (json!({"permissive": true}), ExecutionStatus::Failed, TaskStatus::Failed, "no"),
        (
            json!({"optional": true}),
            ExecutionStatus::Completed,
            TaskStatus::CompletedWithErrors,
            "with errors",
        ),
        (
            json!({"optional": true, "permissive": true}),
            ExecutionStatus::Completed,
            TaskStatus::CompletedWithErrors,
            "with errors",
        ),
    ] {
        let [fork, end] = fork("f", &[json!([work("a", more.clone())]), json!([simple("b")])]);
        let (mut run, id) = Run::of(json!([fork, end]), json!({}));
        run.fail(id, "a", "no");
        let goes_on = more != json!({});
        assert_eq!(run.status(id) == ExecutionStatus::Running, goes_on, "{more}");
        if goes_on {
            run.complete(id, "b", json!({}));
        }
        assert_eq!((run.status(id), run.task(id, "f_join").status), (status, join), "{more}");
        let said = run.task(id, "f_join").reason.clone().unwrap_or_default();
        assert!(said.ends_with(reason), "{more}: {said}");
    }
}

#[test]
fn a_join_of_canceled_branches_alone_terminates() {
    let [fork, join] = fork("f", &[json!([work("a", json!({"permissive": true}))])]);
    let (mut run, id) = Run::of(json!([fork, join]), json!({}));
    run.fail_as(id, "a", TaskStatus::Canceled, "given up");
    assert_eq!(run.trace(id), "f:COMPLETED a:CANCELED f_join:CANCELED");
    assert_eq!(run.status(id), ExecutionStatus::Terminated);
}

#[test]
fn permissive_failures_fail_the_execution_in_the_end() {
    let tasks =
        json!([work("a", json!({"permissive": true})), work("b", json!({"permissive": true})), simple("c")]);
    let (mut run, id) = Run::of(tasks, json!({}));
    run.fail(id, "a", "one");
    run.fail(id, "b", "two");
    run.complete(id, "c", json!({}));
    assert_eq!(run.trace(id), "a:FAILED b:FAILED c:COMPLETED");
    let text = |ordinal, reason| {
        format!(
            "Task {} failed with status: FAILED and reason: '{reason}'",
            run.execution(id).id.task(ordinal)
        )
    };
    let reason = format!("{}. {}", text(1, "one"), text(2, "two"));
    assert_eq!(run.execution(id).reason.as_deref(), Some(&*reason));
    assert_eq!((run.status(id), &*run.execution(id).failed), (ExecutionStatus::Failed, &[1, 2][..]));
}

#[test]
fn a_join_that_nothing_can_end_says_so() {
    let switch = node(
        "SWITCH",
        "s",
        json!({
            "evaluatorType": "value-param", "expression": "c", "inputParameters": {"c": "no"},
            "decisionCases": {"yes": [simple("a")]},
        }),
    );
    let fork = node("FORK_JOIN", "f", json!({"forkTasks": [[switch], [simple("b")]]}));
    let join = node("JOIN", "j", json!({"joinOn": ["a", "b"]}));
    let (mut run, id) = Run::of(json!([fork, join]), json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Running, "b may still come");
    run.complete(id, "b", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Failed);
    assert_eq!(run.task(id, "j").reason.as_deref(), Some("waits for a, which can no longer come"));
}

#[test]
fn a_switch_takes_the_case_of_its_value() {
    let cases = json!({
        "x": [simple("x1"), simple("x2")], "empty": [], "null": [simple("nil")], "true": [simple("yes")],
        "3": [simple("three")], "1.5": [simple("half")],
    });
    let switch = node(
        "SWITCH",
        "s",
        json!({
            "evaluatorType": "value-param", "expression": "c", "inputParameters": {"c": "${workflow.input.v}"},
            "decisionCases": cases, "defaultCase": [simple("other")],
        }),
    );
    let mut run = Run::new();
    run.define(json!({"name": "wf", "tasks": [switch, simple("z")]}));
    for (value, case, first) in [
        (json!("x"), "x", "x1"),
        (json!("empty"), "empty", "z"),
        (json!(null), "null", "nil"),
        (json!(true), "true", "yes"),
        (json!(3), "3", "three"),
        (json!(3.0), "3", "three"),
        (json!(1.5), "1.5", "half"),
        (json!("what"), "what", "other"),
        (json!([1]), "[1]", "other"),
    ] {
        let id = run.start("wf", json!({"v": value}));
        assert_eq!(run.open(id), [first], "{value}");
        assert_eq!(run.output(id, "s"), json!({"evaluationResult": [case], "selectedCase": case}));
        assert_eq!(run.input(id, "s"), json!({"c": value, "case": case, "hasChildren": "true"}));
        run.work_off();
        assert_eq!(run.status(id), ExecutionStatus::Completed, "{}", run.trace(id));
        assert_eq!(run.find(id, "x2").is_some(), first == "x1");
    }
}

#[test]
fn behind_the_last_task_of_nested_cases_the_outer_flow_goes_on() {
    let choose = |name: &str, inside: Value| {
        let more = json!({
            "evaluatorType": "value-param", "expression": "c", "inputParameters": {"c": "a"},
            "decisionCases": {"a": inside},
        });
        node("SWITCH", name, more)
    };
    let nested = choose("outer", json!([choose("inner", json!([simple("deep")]))]));
    let (mut run, id) = Run::of(json!([nested, simple("z")]), json!({}));
    assert_eq!(run.open(id), ["deep"]);
    run.complete(id, "deep", json!({}));
    assert_eq!(run.open(id), ["z"]);
}
