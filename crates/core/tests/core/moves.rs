//! Skip and jump.

use segue_core::decide::{Command, Outcome, Refusal, Skip};
use segue_core::id::ExecutionId;
use segue_core::json::Json;
use segue_core::status::ExecutionStatus;
use serde_json::{Value, json};

use crate::children::{family, inner, sub};
use crate::run::{Run, fork, node, simple};

fn skip(run: &mut Run, id: ExecutionId, reference: &str, output: Value) -> Result<Outcome, Refusal> {
    let output = Some(Json::of(&output));
    let skip = Skip { reference: reference.to_owned(), output, ..Skip::default() };
    run.apply(id, Command::Skip(Box::new(skip)))
}

fn jump(run: &mut Run, id: ExecutionId, reference: &str) -> Result<Outcome, Refusal> {
    run.apply(id, Command::Jump { reference: reference.to_owned(), input: None })
}

fn twice(body: Value) -> Value {
    node("DO_WHILE", "l", json!({"loopCondition": "$.l['iteration'] < 2", "loopOver": body}))
}

#[test]
fn a_skipped_task_is_stepped_over() {
    let mut last = simple("c");
    last["inputParameters"] = json!({"n": "${b.output.n}"});
    let (mut run, id) = Run::of(json!([simple("a"), simple("b"), last]), json!({}));
    skip(&mut run, id, "b", json!({"n": 5})).expect("skipped");
    assert_eq!(run.trace(id), "a:SCHEDULED b:SKIPPED");
    run.complete(id, "a", json!({}));
    assert_eq!(run.trace(id), "a:COMPLETED b:SKIPPED c:SCHEDULED");
    assert_eq!(run.input(id, "c"), json!({"n": 5}));
    for (reference, refusal) in [
        ("c", Refusal::AlreadyReached("c".into())),
        ("b", Refusal::AlreadyReached("b".into())),
        ("none", Refusal::NoSuchReference("none".into())),
    ] {
        assert_eq!(skip(&mut run, id, reference, json!({})), Err(refusal));
    }
    run.pause(id);
    assert_eq!(skip(&mut run, id, "c", json!({})), Err(Refusal::NotRunning(ExecutionStatus::Paused)));
    run.resume(id);
    run.work_off();
    assert_eq!(skip(&mut run, id, "c", json!({})), Err(Refusal::NotRunning(ExecutionStatus::Completed)));
}

#[test]
fn whatever_is_skipped_the_execution_ends() {
    let [f, j] = fork("f", &[json!([simple("b1"), simple("b2")]), json!([simple("c")])]);
    let tasks = json!([simple("a"), f, j, twice(json!([simple("p"), simple("q")])), simple("z")]);
    for (reference, trace) in [
        (
            "f",
            "a:COMPLETED f:SKIPPED f_join:SKIPPED l:COMPLETED p__1:COMPLETED q__1:COMPLETED p__2:COMPLETED q__2:COMPLETED z:COMPLETED",
        ),
        ("b2", "b2:SKIPPED"),
        ("c", "c:SKIPPED"),
        ("l", "l:SKIPPED z:COMPLETED"),
        ("p__2", "p__2:SKIPPED"),
        ("q", "q__1:SKIPPED"),
        ("z", "z:SKIPPED"),
    ] {
        let (mut run, id) = Run::of(tasks.clone(), json!({}));
        skip(&mut run, id, reference, json!({})).expect(reference);
        run.work_off();
        assert_eq!(run.status(id), ExecutionStatus::Completed, "{reference}: {}", run.trace(id));
        for part in trace.split(' ') {
            assert!(run.trace(id).contains(part), "{reference}: {}", run.trace(id));
        }
        run.rerun(id, "a");
        run.work_off();
        assert_eq!(run.status(id), ExecutionStatus::Completed, "{reference}: {}", run.trace(id));
        assert!(!run.trace(id).contains("SKIPPED"), "a rerun does what was skipped: {}", run.trace(id));
    }
}

#[test]
fn a_jump_forward_abandons_what_is_open_and_skips_what_is_between() {
    let [f, j] = fork("f", &[json!([simple("b")]), json!([simple("c")])]);
    let tasks = json!([simple("a"), f, j, simple("m"), simple("z")]);
    let (mut run, id) = Run::of(tasks, json!({}));
    run.complete(id, "a", json!({}));
    run.complete(id, "b", json!({}));
    jump(&mut run, id, "z").expect("a jump");
    let trace = "a:COMPLETED f:COMPLETED b:COMPLETED c:SKIPPED f_join:SKIPPED m:SKIPPED z:SCHEDULED";
    assert_eq!(run.trace(id), trace);
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert_eq!(jump(&mut run, id, "a"), Err(Refusal::NotRunning(ExecutionStatus::Completed)));

    // To a JOIN: its branches are given up, also what was not reached of them.
    let [f, j] = fork("f", &[json!([simple("b"), simple("b2")]), json!([simple("c")])]);
    let (mut run, id) = Run::of(json!([f, j, simple("z")]), json!({}));
    jump(&mut run, id, "f_join").expect("a jump");
    assert_eq!(run.open(id), ["z"]);
    assert!(run.trace(id).contains("b2:SKIPPED f_join:COMPLETED"), "{}", run.trace(id));
}

#[test]
fn a_jump_stays_within_its_branch_or_iteration() {
    let [f, j] = fork("f", &[json!([simple("b1"), simple("b2"), simple("b3")]), json!([simple("c")])]);
    let (mut run, id) =
        Run::of(json!([f, j, twice(json!([simple("p"), simple("q"), simple("r")]))]), json!({}));
    for unreachable in ["q", "p__2"] {
        let refusal = Refusal::Unreachable(unreachable.into());
        assert_eq!(jump(&mut run, id, unreachable), Err(refusal));
    }
    jump(&mut run, id, "b3").expect("a jump");
    assert_eq!(run.open(id), ["c", "f_join", "b3"]);
    run.complete(id, "b3", json!({}));
    run.complete(id, "c", json!({}));
    assert_eq!(run.open(id), ["l", "p__1"]);
    assert_eq!(jump(&mut run, id, "b1"), Err(Refusal::Unreachable("b1".into())));
    run.complete(id, "p__1", json!({}));
    jump(&mut run, id, "r").expect("a jump");
    assert!(run.trace(id).ends_with("p__1:COMPLETED q__1:SKIPPED r__1:SCHEDULED"), "{}", run.trace(id));
    run.complete(id, "r__1", json!({}));
    run.complete(id, "p__2", json!({}));
    jump(&mut run, id, "p").expect("a jump back");
    assert_eq!(run.open(id), ["l", "p__2"]);
    assert!(!run.trace(id).contains("q__2"), "{}", run.trace(id));
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn a_jump_back_does_again_what_lies_behind() {
    let mut run = family(json!([simple("a"), simple("b"), sub("s", inner(), json!({})), simple("z")]));
    let id = run.start("wf", json!({}));
    run.complete(id, "a", json!({}));
    run.complete(id, "b", json!({}));
    let child = run.child(id, "s");
    let key = run.execution(id).effect_key(run.task(id, "b"));
    let input = Some(Json::of(&json!({"again": true})));
    run.apply(id, Command::Jump { reference: "b".to_owned(), input }).expect("a jump");
    assert_eq!(
        (run.trace(id).as_str(), run.status(child)),
        ("a:COMPLETED b:SCHEDULED", ExecutionStatus::Terminated)
    );
    assert_eq!(run.input(id, "b"), json!({"again": true}));
    assert_ne!(run.execution(id).effect_key(run.task(id, "b")), key);
    run.complete(id, "b", json!({}));
    assert_ne!(run.child(id, "s"), child);
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn what_was_skipped_ahead_of_its_loop_is_no_place_to_go_on_from() {
    let body = json!([simple("a"), simple("b")]);
    let (mut run, id) = Run::of(
        json!([simple("first"), {"name": "l", "taskReferenceName": "l", "type": "DO_WHILE", "loopCondition": "false", "loopOver": body}]),
        json!({}),
    );
    skip(&mut run, id, "a", json!({})).expect("skipped");
    run.terminate(id, "enough");
    let skipped = run.task(id, "a__1").ordinal;
    let refusal = run.apply(id, Command::Rerun { task: skipped, input: None });
    assert_eq!(refusal, Err(Refusal::Unreachable("a__1".to_owned())));
}
