//! FOR_EACH: the body once for each item, several at a time.

use segue_core::decide::Command;
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::{Run, node, simple};

fn each(items: Value, more: Value) -> Value {
    let mut body = simple("b");
    body["inputParameters"] = json!({"item": "${e.output.loopItem}", "at": "${e.output.loopIndex}"});
    let mut task = node("FOR_EACH", "e", json!({"items": items, "loopOver": [body]}));
    for (key, value) in more.as_object().cloned().unwrap_or_default() {
        task[key] = value;
    }
    json!([task, simple("after")])
}

#[test]
fn one_item_after_the_other() {
    let (mut run, id) = Run::of(each(json!(["x", "y"]), json!({})), json!({}));
    assert_eq!(run.open(id), ["e", "b__1"]);
    assert_eq!(run.input(id, "b__1"), json!({"item": "x", "at": 0}));
    run.complete(id, "b__1", json!({"n": 1}));
    assert_eq!(run.open(id), ["e", "b__2"]);
    assert_eq!(run.input(id, "b__2"), json!({"item": "y", "at": 1}));
    run.complete(id, "b__2", json!({"n": 2}));
    assert_eq!(run.open(id), ["after"]);
    assert_eq!(
        run.output(id, "e"),
        json!({"1": {"b": {"n": 1}}, "2": {"b": {"n": 2}}, "iteration": 2, "results": [{"n": 1}, {"n": 2}]})
    );
}

#[test]
fn so_many_at_a_time_each_with_its_own_item() {
    let (mut run, id) = Run::of(each(json!(["u", "v", "w", "x", "y"]), json!({"concurrency": 3})), json!({}));
    assert_eq!(run.open(id), ["e", "b__1", "b__2", "b__3"]);
    for (number, item) in [(1, "u"), (2, "v"), (3, "w")] {
        assert_eq!(run.input(id, &format!("b__{number}")), json!({"item": item, "at": number - 1}));
    }
    run.complete(id, "b__2", json!({"n": 2}));
    assert_eq!(run.open(id), ["e", "b__1", "b__3", "b__4"]);
    assert_eq!(run.input(id, "b__4"), json!({"item": "x", "at": 3}));
    run.complete(id, "b__4", json!({"n": 4}));
    run.complete(id, "b__5", json!({"n": 5}));
    run.complete(id, "b__3", json!({}));
    assert_eq!(run.open(id), ["e", "b__1"]);
    run.complete(id, "b__1", json!({"n": 1}));
    assert_eq!(run.open(id), ["after"]);
    assert_eq!(run.output(id, "e")["results"], json!([{"n": 1}, {"n": 2}, {}, {"n": 4}, {"n": 5}]));
}

#[test]
fn what_it_can_go_through() {
    let (run, id) = Run::of(each(json!([]), json!({})), json!({}));
    assert_eq!(run.open(id), ["after"]);
    assert_eq!(run.output(id, "e"), json!({"iteration": 0, "results": []}));
    let (run, id) = Run::of(each(json!("${workflow.input.of}"), json!({})), json!({"of": {"k": [1]}}));
    assert_eq!(run.input(id, "b__1"), json!({"item": {"key": "k", "value": [1]}, "at": 0}));
    let (run, id) = Run::of(each(json!("${workflow.input.of}"), json!({})), json!({"of": 5}));
    let task = run.task(id, "e");
    assert_eq!(task.status, TaskStatus::FailedWithTerminalError);
    assert_eq!(task.reason.as_deref(), Some("items must be a list or an object, found a number"));
    let mut run = Run::new();
    let refused = run.try_define(json!({"name": "wf", "tasks": each(json!([1]), json!({"concurrency": 0}))}));
    assert!(refused.expect_err("refused")[0].message.contains("at least 1"));
}

#[test]
fn a_failing_iteration_fails_it_and_a_retry_goes_on() {
    let (mut run, id) = Run::of(each(json!([1, 2, 3]), json!({"concurrency": 2})), json!({}));
    run.fail(id, "b__1", "no");
    assert_eq!(run.status(id), ExecutionStatus::Failed);
    assert_eq!(run.trace(id), "e:FAILED b__1:FAILED b__2:CANCELED");
    run.retry(id);
    assert_eq!(run.open(id), ["e", "b__1", "b__2"]);
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert!(run.find(id, "b__3").is_some());

    let (mut run, id) =
        Run::of(each(json!([1, 2, 3]), json!({"concurrency": 2, "optional": true})), json!({}));
    run.fail(id, "b__1", "no");
    assert_eq!(run.trace(id), "e:COMPLETED_WITH_ERRORS b__1:FAILED b__2:CANCELED after:SCHEDULED");
    run.complete(id, "after", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn a_rerun_in_one_iteration_leaves_those_beside_it() {
    let run_again = |concurrency: u32, at: &str| {
        let (mut run, id) = Run::of(each(json!([1, 2, 3]), json!({"concurrency": concurrency})), json!({}));
        run.work_off();
        run.rerun(id, at);
        run.trace(id)
    };
    let beside = "e#1:IN_PROGRESS b__1:COMPLETED b__2:SCHEDULED b__3:COMPLETED";
    assert_eq!(run_again(3, "b__2"), beside);
    assert_eq!(run_again(1, "b__2"), "e#1:IN_PROGRESS b__1:COMPLETED b__2:SCHEDULED");
}

#[test]
fn dropped_iterations_are_hidden() {
    let more = json!({"inputParameters": {"keepLastN": 2}});
    let (mut run, id) = Run::of(each(json!([1, 2, 3, 4, 5, 6]), more), json!({}));
    for number in 1..=5 {
        run.complete(id, &format!("b__{number}"), json!({"n": number}));
    }
    assert_eq!(run.trace(id), "e:IN_PROGRESS b__4:COMPLETED b__5:COMPLETED b__6:SCHEDULED");
    run.complete(id, "b__6", json!({"n": 6}));
    assert_eq!(run.output(id, "e")["results"][5], json!({"n": 6}));
    assert_eq!(run.output(id, "e")["results"][0], Value::Null);
    run.work_off();
    let first = run.execution(id).tasks()[1].clone();
    assert!(first.hidden);
    let refused = run.apply(id, Command::Rerun { task: first.ordinal, input: None });
    assert!(refused.is_err(), "what is dropped cannot run again");
}

#[test]
fn only_finished_iterations_are_dropped() {
    let more = json!({"concurrency": 3, "inputParameters": {"keepLastN": 1}});
    let (mut run, id) = Run::of(each(json!([1, 2, 3, 4, 5]), more), json!({}));
    run.complete(id, "b__2", json!({}));
    run.complete(id, "b__3", json!({}));
    assert_eq!(run.open(id), ["e", "b__1", "b__4", "b__5"]);
    run.complete(id, "b__1", json!({"late": true}));
    run.complete(id, "b__4", json!({}));
    run.complete(id, "b__5", json!({}));
    assert_eq!(run.open(id), ["after"]);
}

#[test]
fn a_nested_one_sees_the_items_of_both() {
    let mut inner = simple("b");
    inner["inputParameters"] = json!({"outer": "${o.output.loopItem}", "inner": "${i.output.loopItem}"});
    let inner = node("FOR_EACH", "i", json!({"items": ["x", "y"], "concurrency": 2, "loopOver": [inner]}));
    let outer = node("FOR_EACH", "o", json!({"items": [1, 2], "concurrency": 2, "loopOver": [inner]}));
    let (run, id) = Run::of(json!([outer]), json!({}));
    for (name, outer, inner) in
        [("b__1__1", 1, "x"), ("b__1__2", 1, "y"), ("b__2__1", 2, "x"), ("b__2__2", 2, "y")]
    {
        assert_eq!(run.input(id, name), json!({"outer": outer, "inner": inner}));
    }
}
