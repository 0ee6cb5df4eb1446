//! TRY_CATCH: a sequence, what to do when it fails, and what to do in any case.

use segue_core::decide::{Command, Outcome};
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::{Run, fork, node, simple};

fn tried(body: Value, catch: Value, finally: Value) -> Value {
    node("TRY_CATCH", "t", json!({"tryTasks": body, "catchTasks": catch, "finallyTasks": finally}))
}

/// try: a, b; catch: c; finally: f; and z behind it.
fn plain() -> Value {
    let mut caught = simple("c");
    caught["inputParameters"] =
        json!({"why": "${t.output.error.message}", "who": "${t.output.error.taskReferenceName}"});
    json!([tried(json!([simple("a"), simple("b")]), json!([caught]), json!([simple("f")])), simple("z")])
}

#[test]
fn without_a_failure_nothing_is_caught() {
    let (mut run, id) = Run::of(plain(), json!({}));
    run.complete(id, "a", json!({"n": 1}));
    run.complete(id, "b", json!({"n": 2}));
    assert_eq!(run.open(id), ["t", "f"]);
    run.complete(id, "f", json!({"n": 3}));
    assert_eq!(run.open(id), ["z"]);
    assert_eq!(run.output(id, "t"), json!({"n": 2}));
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn a_failure_is_caught_and_forgotten() {
    let (mut run, id) = Run::of(plain(), json!({}));
    run.fail(id, "a", "broken");
    assert_eq!(run.open(id), ["t", "c"]);
    assert_eq!(run.input(id, "c"), json!({"why": "broken", "who": "a"}));
    run.complete(id, "c", json!({}));
    run.complete(id, "f", json!({}));
    let error = json!({
        "message": "broken", "taskReferenceName": "a", "taskType": "work", "status": "FAILED", "retryCount": 0, "output": {},
    });
    assert_eq!(run.output(id, "t"), json!({"error": error, "caught": true}));
    run.complete(id, "z", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert_eq!(run.trace(id), "t:COMPLETED a:FAILED c:COMPLETED f:COMPLETED z:COMPLETED");
}

#[test]
fn a_retry_leaves_what_was_caught() {
    let (mut run, id) = Run::of(plain(), json!({}));
    run.fail(id, "a", "broken");
    run.complete(id, "c", json!({}));
    run.complete(id, "f", json!({}));
    run.fail(id, "z", "later");
    assert_eq!(run.status(id), ExecutionStatus::Failed);
    run.retry(id);
    assert_eq!(run.open(id), ["z"]);
    run.work_off();
    assert_eq!(run.trace(id), "t:COMPLETED a:FAILED c:COMPLETED f:COMPLETED z:FAILED z#1:COMPLETED");
}

#[test]
fn what_else_is_open_is_canceled() {
    let child =
        json!({"subWorkflowParam": {"workflowDefinition": {"name": "inner", "tasks": [simple("i")]}}});
    let branches = [json!([simple("a")]), json!([node("SUB_WORKFLOW", "s", child)])];
    let [split, join] = fork("k", &branches);
    let (mut run, id) =
        Run::of(json!([tried(json!([split, join]), json!([simple("c")]), json!([]))]), json!({}));
    let child = run.child(id, "s");
    run.fail(id, "a", "broken");
    assert_eq!(run.open(id), ["t", "c"]);
    assert_eq!(run.status(child), ExecutionStatus::Terminated);
    assert_eq!(run.task(id, "s").reason.as_deref(), Some("canceled because a failed"));
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    // The child is of no concern any more.
    run.retry(child);
    run.work_off();
    assert_eq!(run.task(id, "s").status, TaskStatus::Canceled);
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn without_a_catch_the_failure_goes_on_after_finally() {
    let (mut run, id) = Run::of(
        json!([tried(json!([simple("a"), simple("b")]), json!([]), json!([simple("f")]))]),
        json!({}),
    );
    run.complete(id, "a", json!({}));
    run.fail(id, "b", "broken");
    assert_eq!(run.open(id), ["t", "f"]);
    assert_eq!(run.output(id, "t")["caught"], json!(false));
    run.complete(id, "f", json!({}));
    assert_eq!(run.trace(id), "t:FAILED a:COMPLETED b:FAILED f:COMPLETED");
    assert!(run.execution(id).reason.as_deref().is_some_and(|reason| reason.contains("broken")));
    assert_eq!(run.execution(id).failed, [run.task(id, "b").ordinal]);
    run.retry(id);
    assert_eq!(run.open(id), ["t", "b"]);
    run.complete(id, "b", json!({"n": 2}));
    assert_eq!(run.open(id), ["t", "f"], "finally runs again");
    run.complete(id, "f", json!({}));
    assert_eq!((run.status(id), run.output(id, "t")), (ExecutionStatus::Completed, json!({"n": 2})));
}

#[test]
fn a_failure_of_the_catch_goes_on_after_finally() {
    let (mut run, id) = Run::of(plain(), json!({}));
    run.fail(id, "a", "broken");
    run.fail(id, "c", "worse");
    assert_eq!(run.open(id), ["t", "f"]);
    run.complete(id, "f", json!({}));
    assert_eq!(run.execution(id).failed, [run.task(id, "c").ordinal]);
    run.retry(id);
    assert_eq!(run.open(id), ["t", "c"], "what was caught stays caught");
    run.complete(id, "c", json!({}));
    run.complete(id, "f", json!({}));
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn a_failure_of_finally_goes_on() {
    let (mut run, id) = Run::of(plain(), json!({}));
    run.fail(id, "a", "broken");
    run.complete(id, "c", json!({}));
    run.fail(id, "f", "worst");
    assert_eq!(run.execution(id).failed, [run.task(id, "f").ordinal]);
    run.retry(id);
    assert_eq!(run.open(id), ["t", "f"]);
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn the_next_one_around_catches() {
    let inner = tried(json!([simple("a")]), json!([]), json!([simple("f")]));
    let outer =
        node("TRY_CATCH", "o", json!({"tryTasks": [inner, simple("b")], "catchTasks": [simple("c")]}));
    let (mut run, id) = Run::of(json!([outer]), json!({}));
    run.fail(id, "a", "broken");
    assert_eq!(run.open(id), ["o", "t", "f"]);
    run.complete(id, "f", json!({}));
    assert_eq!(run.open(id), ["o", "c"]);
    run.work_off();
    assert_eq!(run.trace(id), "o:COMPLETED t:FAILED a:FAILED f:COMPLETED c:COMPLETED");
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn a_list_says_what_is_caught() {
    let table = [
        (json!(["FAILED"]), TaskStatus::Failed, true),
        (json!(["FAILED"]), TaskStatus::FailedWithTerminalError, false),
        (json!(["TIMED_OUT", "a"]), TaskStatus::Failed, true),
        (json!(["TIMED_OUT", "b"]), TaskStatus::Failed, false),
        (json!([]), TaskStatus::Failed, false),
    ];
    for (list, status, is_caught) in table {
        let mut tasks = plain();
        tasks[0]["inputParameters"] = json!({"catch": list});
        let (mut run, id) = Run::of(tasks, json!({}));
        run.fail_as(id, "a", status, "broken");
        let next = if is_caught { "c" } else { "f" };
        assert_eq!(run.open(id), ["t", next], "{list} {status}");
    }
}

#[test]
fn loops_graphs_and_joins_fail_into_it() {
    let each = node("FOR_EACH", "e", json!({"items": [1, 2], "concurrency": 2, "loopOver": [simple("a")]}));
    let (mut run, id) = Run::of(json!([tried(json!([each]), json!([simple("c")]), json!([]))]), json!({}));
    run.fail(id, "a__2", "broken");
    assert_eq!(run.trace(id), "t:IN_PROGRESS e:FAILED a__1:CANCELED a__2:FAILED c:SCHEDULED");
    assert_eq!(run.output(id, "t")["error"]["taskReferenceName"], json!("a__2"));
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);

    let mut permissive = simple("a");
    permissive["permissive"] = json!(true);
    let [split, join] = fork("k", &[json!([permissive]), json!([simple("b")])]);
    let (mut run, id) =
        Run::of(json!([tried(json!([split, join]), json!([simple("c")]), json!([]))]), json!({}));
    run.fail(id, "a", "broken");
    assert_eq!(run.open(id), ["t", "b", "k_join"]);
    run.complete(id, "b", json!({}));
    assert_eq!(run.open(id), ["t", "c"], "the JOIN failed");
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn ends_of_the_execution_are_not_caught() {
    let stop = node("TERMINATE", "x", json!({"inputParameters": {"terminationStatus": "FAILED"}}));
    let (run, id) =
        Run::of(json!([tried(json!([stop]), json!([simple("c")]), json!([simple("f")]))]), json!({}));
    assert_eq!(
        (run.status(id), run.trace(id)),
        (ExecutionStatus::Failed, "t:CANCELED x:COMPLETED".to_owned())
    );
    let (mut run, id) = Run::of(plain(), json!({}));
    run.terminate(id, "enough");
    assert_eq!(run.trace(id), "t:CANCELED a:CANCELED");
    run.retry(id);
    assert_eq!(run.open(id), ["t", "a"]);
}

#[test]
fn attempts_come_before_the_catch_and_a_pause_holds_it() {
    let mut run = Run::new();
    run.task_def(json!({"name": "work", "retryCount": 1, "retryDelaySeconds": 5}));
    let again = json!({"name": "work", "taskReferenceName": "a"});
    run.define(json!({"name": "wf", "tasks": [tried(json!([again]), json!([simple("c")]), json!([]))]}));
    let id = run.start("wf", json!({}));
    run.fail(id, "a", "once");
    assert_eq!(run.task(id, "a").attempt, 1);
    run.pause(id);
    run.fail(id, "a", "twice");
    assert_eq!(run.open(id), ["t"]);
    run.resume(id);
    assert_eq!(run.open(id), ["t", "c"]);
    assert_eq!(run.output(id, "t")["error"]["retryCount"], json!(1));
}

#[test]
fn a_rerun_takes_it_back_to_the_part() {
    let caught = || {
        let (mut run, id) = Run::of(plain(), json!({}));
        run.complete(id, "a", json!({}));
        run.fail(id, "b", "broken");
        run.complete(id, "c", json!({}));
        run.complete(id, "f", json!({}));
        run.complete(id, "z", json!({}));
        (run, id)
    };
    let table = [
        ("a", "t#1:IN_PROGRESS a:SCHEDULED"),
        ("b", "t#1:IN_PROGRESS a:COMPLETED b:SCHEDULED"),
        ("c", "t#1:IN_PROGRESS a:COMPLETED b:FAILED c:SCHEDULED"),
        ("f", "t#1:IN_PROGRESS a:COMPLETED b:FAILED c:COMPLETED f:SCHEDULED"),
        ("t", "t:IN_PROGRESS a:SCHEDULED"),
    ];
    for (at, trace) in table {
        let (mut run, id) = caught();
        run.rerun(id, at);
        assert_eq!(run.trace(id), trace, "from {at}");
        run.work_off();
        assert_eq!(run.status(id), ExecutionStatus::Completed, "from {at}");
    }
}

#[test]
fn a_jump_stays_in_the_present_part() {
    let (mut run, id) = Run::of(plain(), json!({}));
    let jump = |run: &mut Run, to: &str| run.apply(id, Command::Jump { reference: to.into(), input: None });
    assert!(jump(&mut run, "c").is_err(), "nothing has failed");
    assert_eq!(jump(&mut run, "b"), Ok(Outcome::Applied));
    assert_eq!(run.trace(id), "t:IN_PROGRESS a:SKIPPED b:SCHEDULED");
    run.fail(id, "b", "broken");
    assert_eq!(jump(&mut run, "z"), Ok(Outcome::Applied));
    assert_eq!(run.open(id), ["z"]);
}

#[test]
fn an_optional_one_ends_with_errors() {
    let mut task = tried(json!([simple("a")]), json!([]), json!([simple("f")]));
    task["optional"] = json!(true);
    let (mut run, id) = Run::of(json!([task, simple("z")]), json!({}));
    run.fail(id, "a", "broken");
    run.complete(id, "f", json!({}));
    assert_eq!(run.trace(id), "t:COMPLETED_WITH_ERRORS a:FAILED f:COMPLETED z:SCHEDULED");
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}
