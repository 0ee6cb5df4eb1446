//! Reruns from every kind of task: what is behind it is done again, what is beside it stays.

use segue_core::decide::{Command, Outcome, Refusal, TaskResult};
use segue_core::json::Json;
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::children::{family, inner, sub};
use crate::run::{Run, fork, node, result, simple};

fn switch(name: &str, cases: Value) -> Value {
    let more = json!({"evaluatorType": "value-param", "expression": "c",
        "inputParameters": {"c": "${workflow.input.c}"}, "decisionCases": cases});
    node("SWITCH", name, more)
}

fn twice(name: &str, body: Value) -> Value {
    node("DO_WHILE", name, json!({"loopCondition": format!("$.{name}['iteration'] < 2"), "loopOver": body}))
}

/// Sequences, a fork of a sequence, a switch and a wait, nested loops.
fn all_kinds() -> Value {
    let wait = node("WAIT", "w", json!({}));
    let way = switch("s", json!({"x": [simple("x1"), simple("x2")]}));
    let [f, mut j] = fork("f", &[json!([simple("b1"), simple("b2")]), json!([way]), json!([wait])]);
    j["joinOn"] = json!(["b2", "x2", "w"]);
    json!([
        simple("a"),
        f,
        j,
        twice("o", json!([simple("p"), twice("i", json!([simple("q")]))])),
        simple("z")
    ])
}

#[test]
fn everything_behind_a_task_is_done_again_and_nothing_else() {
    let done = "a f b1 s x1 w f_join b2 x2 o p__1 i__1 q__1__1 q__1__2 p__2 i__2 q__2__1 q__2__2 z";
    let fork = "a f b1 b2 s x1 x2 w f_join";
    for (target, open, kept) in [
        ("a", "a", ""),
        ("f", "b1 x1 w f_join", "a f s"),
        ("b1", "b1 f_join", "a f s x1 x2 w"),
        ("b2", "b2 f_join", "a f b1 s x1 x2 w"),
        ("s", "x1 f_join", "a f b1 b2 s w"),
        ("x1", "x1 f_join", "a f b1 b2 s w"),
        ("w", "w f_join", "a f b1 b2 s x1 x2"),
        ("f_join", "o p__1", fork),
        ("o", "o p__1", fork),
        ("p__1", "o p__1", fork),
        ("i__1", "o i__1 q__1__1", "a f b1 b2 s x1 x2 w f_join p__1"),
        ("q__1__2", "o i__1 q__1__2", "a f b1 b2 s x1 x2 w f_join p__1 q__1__1"),
        ("p__2", "o p__2", "a f b1 b2 s x1 x2 w f_join p__1 i__1 q__1__1 q__1__2"),
        ("q__2__1", "o i__2 q__2__1", "a f b1 b2 s x1 x2 w f_join p__1 i__1 q__1__1 q__1__2 p__2"),
        ("z", "z", done.strip_suffix(" z").expect("the end")),
    ] {
        let (mut run, id) = Run::of(all_kinds(), json!({"c": "x"}));
        run.work_off();
        assert_eq!(sorted(&names(&run, id)), sorted(done), "as planned");
        assert_eq!(run.status(id), ExecutionStatus::Completed);
        let (before, key) = (run.task(id, target).ordinal, effect_key(&run, id, target));
        run.rerun(id, target);
        assert_eq!(run.status(id), ExecutionStatus::Running, "{target}");
        assert_eq!(run.task(id, target).ordinal, before, "{target} keeps its id");
        assert_ne!(effect_key(&run, id, target), key, "{target} has another effect");
        assert_eq!(sorted(&run.open(id).join(" ")), sorted(open), "{target}: {}", run.trace(id));
        let stays = run.execution(id).current_tasks().filter(|task| task.is_terminal());
        let stays: Vec<String> = stays.map(|task| name(&run, id, task)).collect();
        assert_eq!(sorted(&stays.join(" ")), sorted(kept), "{target}: {}", run.trace(id));
        run.work_off();
        assert_eq!(run.status(id), ExecutionStatus::Completed, "{target}: {}", run.trace(id));
        assert_eq!(sorted(&names(&run, id)), sorted(done), "{target}");
    }
}

fn name(run: &Run, id: segue_core::id::ExecutionId, task: &segue_core::execution::Task) -> String {
    task.frame.name(&run.execution(id).plan.node(task.node).reference)
}

fn names(run: &Run, id: segue_core::id::ExecutionId) -> String {
    let all: Vec<String> = run.execution(id).current_tasks().map(|task| name(run, id, task)).collect();
    all.join(" ")
}

fn sorted(names: &str) -> Vec<&str> {
    let mut names: Vec<&str> = names.split_whitespace().collect();
    names.sort_unstable();
    names
}

fn effect_key(run: &Run, id: segue_core::id::ExecutionId, target: &str) -> String {
    run.execution(id).effect_key(run.task(id, target))
}

#[test]
fn an_input_from_outside_takes_the_place_of_the_definitions() {
    let (mut run, id) = Run::of(json!([simple("a"), simple("b")]), json!({}));
    run.work_off();
    let task = run.task(id, "a").ordinal;
    let input = Some(Json::of(&json!({"n": 2})));
    run.apply(id, Command::Rerun { task, input }).expect("a rerun");
    assert_eq!((run.input(id, "a"), run.output(id, "a")), (json!({"n": 2}), json!({})));
    assert_eq!(run.trace(id), "a:SCHEDULED");
    let hidden = run.execution(id).task(2).expect("its place is kept");
    assert!(hidden.hidden && hidden.is_terminal());
    let late = TaskResult { task: 2, ..result(TaskStatus::Completed, json!({})) };
    let late = run.apply(id, Command::Complete(Box::new(late)));
    assert_eq!(late, Ok(Outcome::Ignored), "a result of what no longer counts");
    run.work_off();
    assert_eq!(run.trace(id), "a:COMPLETED b:COMPLETED");
    assert_eq!(run.apply(id, Command::Rerun { task: 2, input: None }), Err(Refusal::NoSuchTask(2)));
    run.restart(id);
    let running = Err(Refusal::NotEnded(ExecutionStatus::Running, "rerun"));
    assert_eq!(run.apply(id, Command::Rerun { task: 1, input: None }), running);
}

#[test]
fn what_failed_beside_the_target_is_made_anew_too() {
    let [f, j] = fork("f", &[json!([simple("b")]), json!([simple("c")]), json!([simple("d")])]);
    let (mut run, id) = Run::of(json!([simple("a"), f, j, simple("z")]), json!({}));
    run.complete(id, "a", json!({}));
    run.complete(id, "d", json!({}));
    run.fail_as(id, "b", TaskStatus::FailedWithTerminalError, "no");
    assert_eq!(run.status(id), ExecutionStatus::Failed);
    run.rerun(id, "d");
    assert_eq!(
        run.trace(id),
        "a:COMPLETED f:COMPLETED b:SCHEDULED c:SCHEDULED d:SCHEDULED f_join:IN_PROGRESS"
    );
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn an_earlier_attempt_takes_its_repetitions_along() {
    let mut task = simple("a");
    task["retryCount"] = json!(2);
    let (mut run, id) = Run::of(json!([task]), json!({}));
    for _ in 0..3 {
        run.pass(3600);
        run.fail(id, "a", "no");
    }
    assert_eq!(run.trace(id), "a:FAILED a#1:FAILED a#2:FAILED");
    run.apply(id, Command::Rerun { task: 2, input: None }).expect("a rerun");
    assert_eq!(run.trace(id), "a:FAILED a#1:SCHEDULED");
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn a_rerun_deep_below_takes_its_ancestors_along() {
    let mut run = family(json!([sub("s", inner(), json!({})), simple("after")]));
    run.define(json!({"name": "top", "tasks": [sub("t", json!({"name": "wf"}), json!({})), simple("z")]}));
    let top = run.start("top", json!({}));
    run.work_off();
    let middle = run.child(top, "t");
    let bottom = run.child(middle, "s");
    assert_eq!(run.status(top), ExecutionStatus::Completed);
    run.rerun(bottom, "i");
    assert_eq!(run.trace(top), "t:IN_PROGRESS");
    assert_eq!(run.trace(middle), "s:IN_PROGRESS");
    assert_eq!((run.child(top, "t"), run.child(middle, "s")), (middle, bottom), "the same children");
    let view = segue_core::view::task(run.execution(top), run.task(top, "t"));
    assert_eq!(view["subworkflowChanged"], json!(true));
    run.work_off();
    assert_eq!(run.trace(middle), "s:COMPLETED after:COMPLETED");
    assert_eq!(run.trace(top), "t:COMPLETED z:COMPLETED");
    assert_eq!(run.status(top), ExecutionStatus::Completed);

    // A SUB_WORKFLOW itself starts another child.
    run.rerun(top, "t");
    let other = run.child(top, "t");
    assert_ne!(other, middle);
    run.work_off();
    assert_eq!(
        (run.status(top), run.trace(top).as_str()),
        (ExecutionStatus::Completed, "t:COMPLETED z:COMPLETED")
    );
}

#[test]
fn an_optional_child_runs_again_by_itself() {
    let mut run = family(json!([sub("s", inner(), json!({"optional": true})), simple("z")]));
    let id = run.start("wf", json!({}));
    run.work_off();
    let child = run.child(id, "s");
    run.rerun(child, "i");
    assert_eq!((run.status(child), run.status(id)), (ExecutionStatus::Running, ExecutionStatus::Completed));
}
