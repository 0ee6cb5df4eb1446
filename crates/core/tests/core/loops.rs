//! DO_WHILE, and what expressions see from its iterations.

use segue_core::decide::Limits;
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::{Run, fork, node, simple};

fn repeat(name: &str, condition: &str, body: Value) -> Value {
    node("DO_WHILE", name, json!({"loopCondition": condition, "loopOver": body}))
}

fn reading(reference: &str, expression: &str) -> Value {
    let mut task = simple(reference);
    task["inputParameters"] = json!({"x": expression});
    task
}

#[test]
fn iterations_are_named_and_counted_from_1() {
    let body = json!([simple("a"), reading("b", "${a.output.n}")]);
    let tasks = json!([repeat("l", "$.l['iteration'] < 2", body), reading("z", "${l.output.2.a.n}")]);
    let (mut run, id) = Run::of(tasks, json!({}));
    assert_eq!(run.trace(id), "l:IN_PROGRESS a__1:SCHEDULED");
    run.complete(id, "a__1", json!({"n": 10}));
    assert_eq!(run.input(id, "b__1"), json!({"x": 10}));
    run.complete(id, "b__1", json!({}));
    assert_eq!(run.output(id, "l"), json!({"1": {"a": {"n": 10}, "b": {}}, "2": {"a": {}}, "iteration": 2}));
    run.complete(id, "a__2", json!({"n": 20}));
    assert_eq!(run.input(id, "b__2"), json!({"x": 20}), "each iteration sees its own");
    run.complete(id, "b__2", json!({}));
    assert_eq!(run.task(id, "l").status, TaskStatus::Completed);
    let output = json!({"1": {"a": {"n": 10}, "b": {}}, "2": {"a": {"n": 20}, "b": {}}, "iteration": 2});
    assert_eq!(run.output(id, "l"), output);
    assert_eq!(run.input(id, "z"), json!({"x": 20}));
}

#[test]
fn loops_nest_and_name_each_level() {
    let inner = repeat("i", "$.i.iteration < 2", json!([reading("a", "${a.iteration} ${before.output.of}")]));
    let outer = repeat("o", "$.o.iteration < 2", json!([simple("before"), inner, simple("after")]));
    let (mut run, id) = Run::of(json!([outer]), json!({}));
    let mut names = Vec::new();
    while let Some(name) = run.open(id).into_iter().find(|name| !name.starts_with(['i', 'o'])) {
        run.complete(id, &name, json!({"of": name}));
        names.push(name);
    }
    let one = |n| [format!("before__{n}"), format!("a__{n}__1"), format!("a__{n}__2"), format!("after__{n}")];
    assert_eq!(names, [one(1), one(2)].concat());
    assert_eq!(
        run.input(id, "a__2__1")["x"],
        json!("2 before__2"),
        "the newest a is the one of iteration 1__2"
    );
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert_eq!(run.output(id, "i__2")["iteration"], json!(2));
}

#[test]
fn two_loops_of_one_depth_do_not_share_their_iterations() {
    let first = repeat("p", "$.p.iteration < 3", json!([simple("a")]));
    let second = repeat("q", "false", json!([reading("b", "${a.output.n}")]));
    let (mut run, id) = Run::of(json!([first, second]), json!({}));
    for n in 1..=3 {
        run.complete(id, &format!("a__{n}"), json!({"n": n}));
    }
    assert_eq!(
        run.input(id, "b__1"),
        json!({"x": 3}),
        "the newest, not that of the other loop's iteration 1"
    );
}

#[test]
fn conditions_see_the_loop_the_iteration_and_the_input() {
    for (condition, times) in [
        ("$.l.iteration < 3", 3),
        ("if ($.l['iteration'] < 3) { true; } else { false; }", 3),
        ("$.a.n < 2", 2),
        ("$.l.iteration < $.max", 4),
        ("$.a.missing == 1", 1),
        ("0", 1),
    ] {
        let mut task = repeat("l", condition, json!([simple("a")]));
        task["inputParameters"] = json!({"max": "${workflow.input.max}"});
        let (mut run, id) = Run::of(json!([task]), json!({"max": 4}));
        for n in 1..=times {
            assert_eq!(run.status(id), ExecutionStatus::Running, "{condition} ended before {n}");
            run.complete(id, &format!("a__{n}"), json!({"n": n}));
        }
        assert_eq!(run.status(id), ExecutionStatus::Completed, "{condition}");
    }
}

#[test]
fn forks_in_loops_and_loops_in_forks() {
    let [inner, join] = fork("f", &[json!([simple("a")]), json!([simple("b")])]);
    let left = repeat("l", "$.l.iteration < 2", json!([inner, join]));
    let right = repeat("r", "$.r.iteration < 3", json!([simple("c")]));
    let [outer, end] = fork("g", &[json!([left]), json!([right])]);
    let (mut run, id) = Run::of(json!([outer, end]), json!({}));
    for name in ["c__1", "a__1", "c__2", "b__1", "b__2", "c__3"] {
        run.complete(id, name, json!({"of": name}));
    }
    assert_eq!(run.open(id), ["l", "g_join", "a__2", "f_join__2"]);
    run.complete(id, "a__2", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert_eq!(run.output(id, "f_join__1"), json!({"a": {"of": "a__1"}, "b": {"of": "b__1"}}));
    assert_eq!(run.output(id, "g_join")["r"]["iteration"], json!(3));
}

#[test]
fn a_failing_body_fails_the_loops_around_it() {
    let [fork, join] = fork("f", &[json!([simple("a")]), json!([simple("b")])]);
    let inner = repeat("i", "false", json!([fork, join]));
    let (mut run, id) = Run::of(json!([repeat("o", "false", json!([inner]))]), json!({}));
    run.fail(id, "a__1__1", "no");
    assert_eq!(run.status(id), ExecutionStatus::Failed);
    for name in ["o", "i__1"] {
        assert_eq!(
            (run.task(id, name).status, run.task(id, name).reason.as_deref()),
            (TaskStatus::Failed, Some("no"))
        );
    }
    assert_eq!(run.task(id, "b__1__1").status, TaskStatus::Canceled);
    run.retry(id);
    assert_eq!(run.open(id), ["o", "i__1", "f_join__1__1", "a__1__1", "b__1__1"]);
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed, "{}", run.trace(id));
}

#[test]
fn a_permissive_failure_of_an_old_iteration_can_be_retried() {
    let mut task = simple("a");
    task["permissive"] = json!(true);
    let (mut run, id) = Run::of(json!([repeat("l", "$.l.iteration < 2", json!([task]))]), json!({}));
    run.fail(id, "a__1", "no");
    run.complete(id, "a__2", json!({}));
    assert_eq!((run.status(id), run.task(id, "l").status), (ExecutionStatus::Failed, TaskStatus::Completed));
    run.retry(id);
    assert_eq!(run.open(id), ["a__1"]);
    run.complete(id, "a__1", json!({}));
    assert_eq!(run.trace(id), "l:COMPLETED a__1:FAILED a__2:COMPLETED a__1#1:COMPLETED");
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn an_endless_loop_of_the_engines_own_tasks_stops_after_each_record() {
    let body = json!([
        node("NOOP", "n", json!({})),
        node("SET_VARIABLE", "v", json!({"inputParameters": {"i": "${n.iteration}"}}))
    ]);
    let mut run = Run::new();
    run.checks = false;
    run.define(json!({"name": "wf", "tasks": [repeat("l", "$.l.iteration < 10000", body)]}));
    let id = run.start("wf", json!({}));
    assert_eq!(run.execution(id).wake_at(run.now), Some(run.now), "it goes on at once");
    run.wake();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert_eq!(run.task(id, "l").iteration, 10_000);
    assert_eq!(run.execution(id).variables["i"], json!(10_000));
    let most = run.records(id).iter().map(|record| record.events.len()).max();
    assert!(most <= Some(Limits::default().transitions_max as usize + 10), "{most:?}");
}

#[test]
fn an_execution_has_so_many_tasks_and_no_more() {
    let mut run = Run::new();
    run.limits.tasks_max = 50;
    run.define(json!({"name": "wf", "tasks": [repeat("l", "true", json!([node("NOOP", "n", json!({}))]))]}));
    let id = run.start("wf", json!({}));
    run.wake();
    assert_eq!(run.status(id), ExecutionStatus::Failed);
    assert_eq!(run.execution(id).reason.as_deref(), Some("the execution has reached its limit of 50 tasks"));
}
