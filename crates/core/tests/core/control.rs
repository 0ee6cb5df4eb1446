//! Pause and resume, terminate, retry of an execution, its failure workflow.

use segue_core::decide::{Command, Compensate, Outcome, Refusal};
use segue_core::id::ExecutionId;
use segue_core::record::MessageBody;
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::{Run, fork, node, simple};

#[test]
fn a_pause_takes_results_and_schedules_nothing() {
    let [f, j] = fork("f", &[json!([simple("a"), simple("a2")]), json!([simple("b")])]);
    let (mut run, id) = Run::of(json!([f, j, simple("z")]), json!({}));
    run.claim(id, "a").expect("claimed");
    run.pause(id);
    assert_eq!(run.apply(id, Command::Pause).map(|outcome| outcome == Outcome::Ignored), Ok(true));
    run.claim(id, "b").expect("what is scheduled can still be polled");
    run.complete(id, "a", json!({"n": 1}));
    run.complete(id, "b", json!({}));
    assert_eq!(run.trace(id), "f:COMPLETED a:COMPLETED b:COMPLETED f_join:IN_PROGRESS");
    assert_eq!((run.status(id), run.output(id, "a")), (ExecutionStatus::Paused, json!({"n": 1})));
    run.apply(id, Command::Wake).expect("nothing");
    run.resume(id);
    assert_eq!(run.open(id), ["f_join", "a2"]);
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert_eq!(run.apply(id, Command::Pause), Err(Refusal::Ended(ExecutionStatus::Completed)));
    assert_eq!(run.apply(id, Command::Resume), Err(Refusal::NotPaused(ExecutionStatus::Completed)));
}

#[test]
fn failures_during_a_pause_have_their_effect_after_it() {
    for (retries, after) in [(1, "a:FAILED a#1:SCHEDULED"), (0, "a:FAILED")] {
        let mut task = simple("a");
        task["retryCount"] = json!(retries);
        let (mut run, id) = Run::of(json!([task]), json!({}));
        run.pause(id);
        run.fail(id, "a", "no");
        assert_eq!((run.trace(id).as_str(), run.status(id)), ("a:FAILED", ExecutionStatus::Paused));
        run.resume(id);
        assert_eq!(run.trace(id), after);
        let status = if retries > 0 { ExecutionStatus::Running } else { ExecutionStatus::Failed };
        assert_eq!(run.status(id), status);

        // Ended during the pause, a retry takes up what was left.
        let (mut run, id) = Run::of(json!([simple("a"), simple("b")]), json!({}));
        run.pause(id);
        match retries {
            0 => run.fail(id, "a", "no"),
            _ => run.complete(id, "a", json!({})),
        };
        run.terminate(id, "stop");
        run.retry(id);
        let open = if retries == 0 { ["a"] } else { ["b"] };
        assert_eq!(run.open(id), open);
        run.work_off();
        assert_eq!(run.status(id), ExecutionStatus::Completed);
    }
}

#[test]
fn timers_wait_for_the_resume() {
    let (mut run, id) =
        Run::of(json!([node("WAIT", "w", json!({"inputParameters": {"duration": "5s"}}))]), json!({}));
    run.pause(id);
    run.pass(60);
    assert_eq!((run.execution(id).wake_at(run.now), run.open(id).len()), (None, 1));
    run.resume(id);
    run.wake();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn terminate_depends_on_where_the_execution_stands() {
    let (mut run, id) = Run::of(json!([simple("a"), simple("b")]), json!({}));
    run.complete(id, "a", json!({"n": 1}));
    run.fail(id, "b", "no");
    run.terminate(id, "enough");
    assert_eq!(
        (run.status(id), run.execution(id).reason.as_deref()),
        (ExecutionStatus::Terminated, Some("enough"))
    );
    let stop = || Command::Terminate { reason: "again".into(), compensate: Compensate::No };
    assert_eq!(run.apply(id, stop()), Ok(Outcome::Ignored));
    let (mut run, id) = Run::of(json!([node("NOOP", "n", json!({}))]), json!({}));
    assert_eq!(run.apply(id, stop()), Err(Refusal::Ended(ExecutionStatus::Completed)));
    assert_eq!(run.apply(id, Command::Retry), Err(Refusal::NothingToRetry));
}

#[test]
fn a_retry_begins_again_at_the_failures() {
    let [f, j] = fork("f", &[json!([simple("a"), simple("a2")]), json!([simple("b")]), json!([simple("c")])]);
    let (mut run, id) = Run::of(json!([f, j, simple("z")]), json!({}));
    assert_eq!(run.apply(id, Command::Retry), Err(Refusal::StillRunning(ExecutionStatus::Running)));
    run.complete(id, "a", json!({"n": 1}));
    let key = run.execution(id).effect_key(run.task(id, "b"));
    run.fail(id, "b", "no");
    assert_eq!(run.trace(id), "f:COMPLETED a:COMPLETED b:FAILED c:CANCELED f_join:CANCELED a2:CANCELED");
    run.pass(5);
    run.retry(id);
    let execution = run.execution(id);
    assert_eq!(
        (execution.status, execution.reason.clone(), execution.failed.len()),
        (ExecutionStatus::Running, None, 0)
    );
    assert_eq!((execution.generation, execution.last_retried_at), (1, Some(run.now)));
    assert_eq!(
        run.trace(id),
        "f:COMPLETED a:COMPLETED b:FAILED c:CANCELED f_join:IN_PROGRESS a2:CANCELED b#1:SCHEDULED c#1:SCHEDULED a2#1:SCHEDULED"
    );
    let again = run.task(id, "b");
    assert_eq!((again.retry_of, again.reason.clone()), (Some(3), None));
    assert_ne!(run.execution(id).effect_key(again), key, "a retry of the execution is a new effect");
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert_eq!(run.output(id, "f_join")["b"], json!({"of": 7}));
}

#[test]
fn a_tolerated_failure_is_retried_without_its_successors() {
    let mut a = simple("a");
    a["permissive"] = json!(true);
    let [f, j] = fork("f", &[json!([a, simple("a2")]), json!([simple("b")])]);
    let (mut run, id) = Run::of(json!([f, j, simple("z")]), json!({}));
    run.fail(id, "a", "no");
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Failed);
    run.retry(id);
    assert_eq!(run.open(id), ["a"]);
    run.complete(id, "a", json!({}));
    assert_eq!(
        run.trace(id),
        "f:COMPLETED a:FAILED b:COMPLETED f_join:COMPLETED a2:COMPLETED z:COMPLETED a#1:COMPLETED"
    );
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn a_failed_join_is_reopened_in_place_and_waits_again() {
    let mut a = simple("a");
    a["permissive"] = json!(true);
    let [f, j] = fork("f", &[json!([a]), json!([simple("b")])]);
    let (mut run, id) = Run::of(json!([f, j]), json!({}));
    run.fail(id, "a", "no");
    run.complete(id, "b", json!({}));
    assert_eq!(run.trace(id), "f:COMPLETED a:FAILED b:COMPLETED f_join:FAILED");
    run.retry(id);
    assert_eq!(run.trace(id), "f:COMPLETED a:FAILED b:COMPLETED f_join#1:IN_PROGRESS a#1:SCHEDULED");
    run.complete(id, "a", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn what_a_failure_cut_off_is_reached_by_the_retry() {
    let big = node("SET_VARIABLE", "v", json!({"inputParameters": {"x": "${workflow.input.x}"}}));
    let [f, j] = fork("f", &[json!([big]), json!([simple("b")])]);
    let mut run = Run::new();
    run.limits.variables_bytes_max = 10;
    run.define(json!({"name": "wf", "tasks": [f, j, simple("z")]}));
    let id = run.start("wf", json!({"x": "far too long"}));
    assert_eq!(run.trace(id), "f:COMPLETED v:FAILED_WITH_TERMINAL_ERROR", "b was never reached");
    run.limits.variables_bytes_max = 1000;
    run.retry(id);
    assert_eq!(run.open(id), ["b", "f_join"]);
    run.work_off();
    assert_eq!((run.status(id), run.find(id, "z").is_some()), (ExecutionStatus::Completed, true));
}

#[test]
fn other_results_do_not_overtake_what_a_record_left() {
    let [f, j] =
        fork("f", &[json!([simple("a")]), json!([node("NOOP", "n", json!({}))]), json!([simple("b")])]);
    let mut run = Run::new();
    run.limits.transitions_max = 4;
    run.define(json!({"name": "wf", "tasks": [f, j, simple("z")]}));
    let id = run.start("wf", json!({}));
    assert_eq!(run.trace(id), "f:COMPLETED a:SCHEDULED");
    run.complete(id, "a", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Running, "the other branches are still to come");
    run.work_off();
    assert_eq!(run.trace(id), "f:COMPLETED a:COMPLETED n:COMPLETED b:COMPLETED f_join:COMPLETED z:COMPLETED");
}

fn with_failure_workflow(more: Value) -> Run {
    let mut run = Run::new();
    run.define(json!({"name": "sorry", "tasks": [simple("s")]}));
    run.define(json!({"name": "sorry", "version": 2, "tasks": [simple("s2")]}));
    let mut definition =
        json!({"name": "wf", "tasks": [simple("a")], "failureWorkflow": "${workflow.input.f}"});
    definition.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    run.define(definition);
    run
}

/// The execution that another one started last.
fn follower(run: &Run, id: ExecutionId) -> Option<ExecutionId> {
    let text = run.execution(id).output.object().get("conductor.failure_workflow")?.as_str()?.to_owned();
    text.parse().ok()
}

#[test]
fn a_failure_starts_the_failure_workflow() {
    let mut run = with_failure_workflow(json!({"failureWorkflowVersion": 1, "outputParameters": {"o": 1}}));
    let id = run.start("wf", json!({"f": "sorry", "n": 5}));
    run.fail(id, "a", "no");
    let next = follower(&run, id).expect("a failure workflow");
    assert_eq!(run.trace(next), "s:SCHEDULED");
    assert_eq!(run.execution(id).output.object()["o"], json!(1));
    let input = run.execution(next).started.input.value();
    let reason = run.execution(id).reason.as_deref().unwrap_or_default().to_owned();
    let task = id.task(1).to_string();
    for (key, value) in [
        ("n", json!(5)),
        ("workflowId", json!(id.to_string())),
        ("reason", json!(reason)),
        ("failureStatus", json!("FAILED")),
        ("failureTaskId", json!(task)),
    ] {
        assert_eq!(input[key], value, "{key}");
    }
    let failed = &input["failedWorkflow"];
    assert_eq!((&failed["status"], &failed["reasonForIncompletion"]), (&json!("FAILED"), &json!(reason)));
    assert_eq!(failed["tasks"][0]["status"], json!("FAILED"));
    run.retry(id);
    run.fail(id, "a", "no");
    assert_ne!(follower(&run, id), Some(next), "another failure, another failure workflow");
}

#[test]
fn not_every_end_starts_the_failure_workflow() {
    let mut run = with_failure_workflow(json!({}));
    let id = run.start("wf", json!({"f": "gone"}));
    run.fail(id, "a", "no");
    let note = json!("No such workflow defined. name=gone, version=null");
    assert_eq!(run.execution(id).output.value(), json!({"conductor.failure_workflow": note}));
    run.terminate(id, "stop");
    assert_eq!(
        run.execution(id).output.value(),
        json!({"conductor.failure_workflow": note}),
        "the output stays"
    );

    let id = run.start("wf", json!({"f": "sorry"}));
    run.terminate(id, "stop");
    assert_eq!(follower(&run, id), None, "a call does not");
    let id = run.start("wf", json!({"f": "sorry"}));
    let command = Command::Terminate { reason: "stop".into(), compensate: Compensate::Yes };
    run.apply(id, command).expect("terminated");
    assert!(follower(&run, id).is_some(), "unless it says so");
    let id = run.start("wf", json!({"f": "sorry"}));
    run.complete(id, "a", json!({}));
    assert_eq!((follower(&run, id), run.status(id)), (None, ExecutionStatus::Completed));
}

#[test]
fn failure_workflows_of_failure_workflows_come_to_an_end() {
    let big = node("TERMINATE", "t", json!({"inputParameters": {"terminationStatus": "FAILED"}}));
    let mut run = Run::new();
    run.checks = false;
    run.limits.depth_max = 5;
    run.define(json!({"name": "wf", "tasks": [big], "failureWorkflow": "wf"}));
    run.start("wf", json!({}));
    assert_eq!(run.executions.len(), 6);
    let said = |live: &crate::run::Live| {
        live.execution.output.text().contains("failure workflows nest deeper than 5 levels")
    };
    assert_eq!(run.executions.values().filter(|live| said(live)).count(), 1);
}

#[test]
fn a_completed_parent_stays_completed_when_a_canceled_child_runs_again() {
    let definition = json!({"name": "i", "tasks": [simple("i")]});
    let sub = node("SUB_WORKFLOW", "s", json!({"subWorkflowParam": {"workflowDefinition": definition}}));
    let end = node("TERMINATE", "t", json!({"inputParameters": {"terminationStatus": "COMPLETED"}}));
    let [f, j] = fork("f", &[json!([sub]), json!([simple("b"), end])]);
    let (mut run, id) = Run::of(json!([f, j]), json!({}));
    let child = run.child(id, "s");
    run.complete(id, "b", json!({}));
    assert_eq!(
        (run.status(id), run.status(child)),
        (ExecutionStatus::Completed, ExecutionStatus::Terminated)
    );
    assert_eq!(run.task(id, "s").status, TaskStatus::Canceled);
    run.retry(child);
    assert_eq!((run.status(id), run.status(child)), (ExecutionStatus::Completed, ExecutionStatus::Running));
    let revived = run.records(child).iter().any(|record| {
        record.messages.iter().any(|message| matches!(message.body, MessageBody::ChildRevived { .. }))
    });
    assert!(revived, "the parent was told");
}
