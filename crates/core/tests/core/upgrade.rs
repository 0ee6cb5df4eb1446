//! Upgrades of running executions.

use segue_core::decide::{Command, Outcome, Refusal, Upgrade};
use segue_core::id::ExecutionId;
use segue_core::status::ExecutionStatus;
use serde_json::{Map, Value, json};

use crate::run::{Run, fork, node, simple};

fn upgrade(run: &mut Run, id: ExecutionId, tasks: Value, outputs: Value) -> Result<Outcome, Refusal> {
    run.define(json!({"name": "wf", "version": 2, "tasks": tasks}));
    let outputs = outputs.as_object().cloned().unwrap_or_default();
    let upgrade = Upgrade { plan: run.plan("wf"), input: Map::new(), outputs };
    run.apply(id, Command::Upgrade(Box::new(upgrade)))
}

fn looped(body: Value) -> Value {
    node("DO_WHILE", "l", json!({"loopCondition": "$.l['iteration'] < 2", "loopOver": body}))
}

#[test]
fn what_is_in_both_versions_keeps_its_state() {
    let (mut run, id) =
        Run::of(json!([simple("a"), simple("gone"), simple("b"), simple("c")]), json!({"n": 1}));
    run.complete(id, "a", json!({"of": "a"}));
    run.complete(id, "gone", json!({}));
    let open = run.task(id, "b").ordinal;
    let mut last = simple("d");
    last["inputParameters"] = json!({"a": "${a.output.of}", "early": "${early.output.x}"});
    let tasks = json!([simple("a"), simple("early"), simple("b"), simple("late"), last]);
    upgrade(&mut run, id, tasks.clone(), json!({"early": {"x": 3}})).expect("an upgrade");
    assert_eq!(run.execution(id).started.version, 2);
    assert_eq!(run.task(id, "b").ordinal, open);
    assert_eq!(run.trace(id), "a:COMPLETED b:SCHEDULED early:SKIPPED");
    assert_eq!(upgrade(&mut run, id, tasks, json!({})), Ok(Outcome::Ignored));
    run.complete(id, "b", json!({}));
    run.complete(id, "late", json!({}));
    assert_eq!(run.input(id, "d"), json!({"a": "a", "early": 3}));
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert!(matches!(upgrade(&mut run, id, json!([simple("a")]), json!({})), Err(Refusal::NotRunning(_))));
}

#[test]
fn what_is_open_needs_a_counterpart_or_something_around_it() {
    let [f, j] = fork("f", &[json!([simple("b")]), json!([simple("c")])]);
    let old = json!([f, j, looped(json!([simple("p"), simple("q")])), simple("z")]);
    let forked = |branches: &[Value]| {
        let [f, j] = fork("f", branches);
        json!([f, j, looped(json!([simple("p"), simple("q")])), simple("z")])
    };
    let mut renamed = simple("b");
    renamed["name"] = json!("other");
    for (new, refused) in [
        (forked(&[json!([simple("b")]), json!([simple("c")]), json!([simple("d")])]), ""),
        (forked(&[json!([simple("b")])]), ""),
        (forked(&[json!([simple("b2")]), json!([simple("c"), simple("e")])]), ""),
        (json!([simple("b"), simple("c"), simple("z")]), "f_join is open and not in version 2"),
        (json!([simple("z")]), "b is open and not in version 2"),
        (forked(&[json!([renamed]), json!([simple("c")])]), "b is open as work and would be other"),
        (
            json!([looped(json!([simple("b")])), simple("c"), simple("z")]),
            "b is open and in another loop in version 2",
        ),
    ] {
        let (mut run, id) = Run::of(old.clone(), json!({}));
        match upgrade(&mut run, id, new.clone(), json!({})) {
            Ok(_) => assert_eq!(refused, "", "{new}"),
            Err(Refusal::CannotUpgrade(reasons)) => {
                assert!(!refused.is_empty() && reasons.iter().any(|reason| reason == refused), "{reasons:?}");
            }
            Err(other) => panic!("{other}"),
        }
        run.work_off();
        assert_eq!(run.status(id), ExecutionStatus::Completed, "{new}: {}", run.trace(id));
    }
}

#[test]
fn an_iteration_whose_open_task_is_gone_is_over() {
    let (mut run, id) = Run::of(json!([looped(json!([simple("p"), simple("q")])), simple("z")]), json!({}));
    run.complete(id, "p__1", json!({}));
    upgrade(&mut run, id, json!([looped(json!([simple("p")])), simple("z")]), json!({})).expect("an upgrade");
    assert_eq!(run.open(id), ["l", "p__2"]);
    run.work_off();
    assert_eq!(run.trace(id), "l:COMPLETED p__1:COMPLETED p__2:COMPLETED z:COMPLETED");
}
