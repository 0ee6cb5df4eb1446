//! Executions that tell each other: revived parents, repeated messages.

use segue_core::decide::Command;
use segue_core::status::ExecutionStatus;
use serde_json::json;

use crate::children::{family, inner, sub};
use crate::run::{fork, simple};

#[test]
fn a_retried_child_revives_its_parents_and_their_other_tasks() {
    let [f, j] = fork("f", &[json!([sub("s", inner(), json!({}))]), json!([simple("b")])]);
    let mut run = family(json!([f, j]));
    run.define(json!({"name": "top", "tasks": [sub("t", json!({"name": "wf"}), json!({}))]}));
    let top = run.start("top", json!({}));
    let middle = run.child(top, "t");
    let bottom = run.child(middle, "s");
    run.fail(bottom, "i", "no");
    assert_eq!(run.status(top), ExecutionStatus::Failed);
    run.retry(bottom);
    for id in [top, middle, bottom] {
        assert_eq!(run.status(id), ExecutionStatus::Running, "{}", run.trace(id));
    }
    assert_eq!(run.child(middle, "s"), bottom, "the same child");
    assert_eq!(run.trace(middle), "f:COMPLETED s:IN_PROGRESS b:CANCELED f_join:IN_PROGRESS b#1:SCHEDULED");
    assert_eq!(run.execution(middle).failed, [0u32; 0]);
    run.complete(bottom, "i", json!({}));
    run.complete(middle, "b", json!({}));
    assert_eq!(run.status(top), ExecutionStatus::Completed);
}

#[test]
fn a_parent_that_went_on_without_its_child_is_not_revived() {
    for more in [json!({"optional": true}), json!({"retryCount": 1})] {
        let mut run = family(json!([sub("s", inner(), more.clone())]));
        let id = run.start("wf", json!({}));
        let child = run.child(id, "s");
        run.fail(child, "i", "no");
        let before = run.trace(id);
        run.retry(child);
        assert_eq!(run.trace(id), before, "{more}");
    }
}

#[test]
fn a_message_is_taken_once() {
    let mut run = family(json!([sub("s", inner(), json!({})), simple("z")]));
    run.holds_messages = true;
    let id = run.start("wf", json!({}));
    let (start_id, start) = run.messages.pop_front().expect("the start");
    run.deliver_one(start_id, start.clone());
    let child = run.child(id, "s");
    run.complete(child, "i", json!({}));
    run.deliver_one(start_id, start);
    assert_eq!(run.trace(child), "i:COMPLETED", "a second start starts nothing");
    let (ended_id, ended) = run.messages.pop_front().expect("the end");
    run.deliver_one(ended_id, ended.clone());
    run.deliver_one(ended_id, ended);
    assert_eq!(run.trace(id), "s:COMPLETED z:SCHEDULED");
    let records = run.records(id);
    assert_eq!(records[records.len() - 1].events, [], "ticked off, nothing more");
    assert!(run.execution(id).has_applied(&ended_id));
    assert_eq!(run.apply(id, Command::Wake).map(|_| run.messages.len()), Ok(0));
}

#[test]
fn a_child_revived_while_its_parent_repeats_it_is_left_alone() {
    let mut run = family(json!([sub("s", inner(), json!({}))]));
    run.limits.transitions_max = 1;
    let id = run.start("wf", json!({}));
    run.wake();
    let child = run.child(id, "s");
    run.terminate(id, "stop");
    run.holds_messages = true;
    run.retry(child);
    run.retry(id);
    assert_eq!(run.trace(id), "s:CANCELED", "the repeat is for the next record");
    run.deliver();
    assert_eq!(run.trace(id), "s:CANCELED", "the parent has decided for another child");
    run.holds_messages = false;
    run.wake();
    assert_eq!(run.trace(id), "s:CANCELED s#1:IN_PROGRESS");
}
