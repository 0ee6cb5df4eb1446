//! Restarts: under the same id, from the beginning, with what was before out of sight.

use segue_core::decide::{Command, Refusal, Restart, RestartKind};
use segue_core::json::Json;
use segue_core::status::ExecutionStatus;
use serde_json::json;

use crate::children::{family, inner, sub};
use crate::run::{Run, node, simple};

#[test]
fn a_restart_begins_anew_and_keeps_variables() {
    let set = node("SET_VARIABLE", "v", json!({"inputParameters": {"n": "${workflow.input.n}"}}));
    let (mut run, id) = Run::of(json!([simple("a"), set, simple("b")]), json!({"n": 1}));
    run.complete(id, "a", json!({"old": true}));
    run.fail_as(id, "b", segue_core::status::TaskStatus::FailedWithTerminalError, "no");
    let key = run.execution(id).effect_key(run.task(id, "a"));
    run.pass(60);
    run.restart(id);
    let execution = run.execution(id);
    assert_eq!(run.trace(id), "a:SCHEDULED");
    assert_eq!((execution.created_at, execution.last_retried_at), (run.now, None));
    assert_eq!(
        (execution.ended_at, execution.reason.as_deref(), &execution.failed[..]),
        (None, None, &[][..])
    );
    assert_eq!(execution.variables.get("n"), Some(&json!(1)));
    assert_ne!(execution.effect_key(run.task(id, "a")), key);
    assert_eq!(execution.task(1).map(|task| task.hidden), Some(true));
    let running = Err(Refusal::NotEnded(ExecutionStatus::Running, "restart"));
    assert_eq!(run.apply(id, Command::Restart(Box::default())), running);
    run.work_off();
    assert_eq!(run.trace(id), "a:COMPLETED v:COMPLETED b:COMPLETED");
}

#[test]
fn a_definition_may_say_that_a_completed_execution_stays() {
    let mut run = Run::new();
    run.define(json!({"name": "wf", "restartable": false, "tasks": [simple("a")]}));
    let id = run.start("wf", json!({"n": 1}));
    run.work_off();
    assert_eq!(run.apply(id, Command::Restart(Box::default())), Err(Refusal::NotRestartable));
    let rerun = Restart {
        input: Some(Json::of(&json!({"n": 2}))),
        correlation_id: Some("c".into()),
        kind: RestartKind::Rerun,
        ..Restart::default()
    };
    run.apply(id, Command::Restart(Box::new(rerun))).expect("a rerun does not ask");
    let started = &run.execution(id).started;
    assert_eq!((started.input.value(), started.correlation_id.as_deref()), (json!({"n": 2}), Some("c")));
}

#[test]
fn the_latest_definition_takes_the_place_of_the_old() {
    let (mut run, id) = Run::of(json!([simple("a"), simple("gone")]), json!({}));
    run.work_off();
    run.define(json!({"name": "wf", "version": 2, "tasks": [simple("new"), simple("a")]}));
    let plan = run.plan("wf");
    run.apply(id, Command::Restart(Box::new(Restart { plan: Some(plan), ..Restart::default() })))
        .expect("a restart");
    assert_eq!((run.trace(id).as_str(), run.execution(id).started.version), ("new:SCHEDULED", 2));
    run.work_off();
    assert_eq!(run.trace(id), "new:COMPLETED a:COMPLETED");
    run.rerun(id, "a");
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn children_of_the_old_run_do_not_disturb_the_new_one() {
    let mut run = family(json!([sub("s", inner(), json!({}))]));
    let id = run.start("wf", json!({}));
    let old = run.child(id, "s");
    run.holds_messages = true;
    run.terminate(id, "stop");
    run.restart(id);
    let new = run.child(id, "s");
    assert_ne!(new, old);
    run.complete(old, "i", json!({"from": "old"}));
    run.deliver();
    assert_eq!(run.trace(id), "s:IN_PROGRESS", "the old child's end is nobody's business");
    let _ = run.apply(old, Command::Retry);
    run.deliver();
    assert_eq!(run.trace(id), "s:IN_PROGRESS");
    run.complete(new, "i", json!({"from": "new"}));
    run.deliver();
    assert_eq!(
        (run.status(id), run.output(id, "s")["from"].clone()),
        (ExecutionStatus::Completed, json!("new"))
    );
}

#[test]
fn a_restarted_child_takes_its_parent_along() {
    let mut run = family(json!([sub("s", inner(), json!({})), simple("z")]));
    let id = run.start("wf", json!({}));
    run.work_off();
    let child = run.child(id, "s");
    run.restart(child);
    assert_eq!((run.trace(id).as_str(), run.child(id, "s")), ("s:IN_PROGRESS", child));
    run.work_off();
    assert_eq!(
        (run.status(id), run.trace(id).as_str()),
        (ExecutionStatus::Completed, "s:COMPLETED z:COMPLETED")
    );
}
