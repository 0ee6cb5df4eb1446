//! What workers meet: claims, results, queues, domains, priorities.

use segue_core::decide::{Command, Outcome, Refusal, Start};
use segue_core::event::Event;
use segue_core::json::Json;
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::{Run, node, simple};

#[test]
fn an_attempt_is_handed_out_once() {
    let (mut run, id) = Run::of(json!([simple("a")]), json!({}));
    run.claim(id, "a").expect("claimed");
    assert_eq!(run.claim(id, "a"), Err(Refusal::NotReady(TaskStatus::InProgress)));
    let claim = |task| Command::Claim { task, worker: None, lease_ms: None };
    assert_eq!(run.apply(id, claim(2)), Err(Refusal::NoSuchTask(2)));
    assert_eq!(run.apply(id, claim(0)), Err(Refusal::NoSuchTask(0)));
    run.complete(id, "a", json!({}));
    assert_eq!(run.apply(id, claim(1)), Err(Refusal::Ended(ExecutionStatus::Completed)));
}

#[test]
fn late_and_repeated_results_are_recorded_and_ignored() {
    let (mut run, id) = Run::of(json!([simple("a"), simple("b")]), json!({}));
    assert_eq!(run.complete(id, "a", json!({"n": 1})), Outcome::Applied);
    assert_eq!(run.complete(id, "a", json!({"n": 2})), Outcome::Ignored);
    assert_eq!(run.output(id, "a"), json!({"n": 1}));
    run.terminate(id, "stop");
    let before = run.trace(id);
    assert_eq!(run.complete(id, "b", json!({})), Outcome::Ignored);
    assert_eq!(run.trace(id), before);
    let discarded = run.events(id).into_iter().filter_map(|event| match event {
        Event::ResultDiscarded { task, status, worker } => {
            Some((task, status, worker.as_deref().map(str::to_owned)))
        }
        _ => None,
    });
    let worker = Some("w1".to_owned());
    let expected = [(1, TaskStatus::Completed, worker.clone()), (2, TaskStatus::Completed, worker)];
    assert_eq!(discarded.collect::<Vec<_>>(), expected);
}

#[test]
fn reasons_are_cut_in_the_middle() {
    let (mut run, id) = Run::of(json!([simple("a")]), json!({}));
    run.fail(id, "a", &format!("{}{}", "ä".repeat(600), "ö".repeat(250)));
    let cut = format!("{}…{}", "ä".repeat(249), "ö".repeat(250));
    assert_eq!(run.task(id, "a").reason.as_deref(), Some(&*cut));
}

#[test]
fn a_start_delay_puts_off_the_first_attempt() {
    let mut task = simple("a");
    task["startDelay"] = json!(30);
    let (mut run, id) = Run::of(json!([task]), json!({}));
    assert_eq!(run.claim(id, "a"), Err(Refusal::NotYet(run.now.plus_seconds(30))));
    let view = segue_core::view::task(run.execution(id), run.task(id, "a"));
    assert_eq!((&view["startDelayInSeconds"], &view["callbackAfterSeconds"]), (&json!(30), &json!(30)));
    run.pass(30);
    assert_eq!(run.claim(id, "a"), Ok(Outcome::Applied));
}

#[test]
fn priority_goes_to_the_queues_and_not_to_children() {
    let child = node(
        "SUB_WORKFLOW",
        "s",
        json!({"subWorkflowParam": {"workflowDefinition": {"name": "i", "tasks": [simple("i")]}}}),
    );
    let mut run = Run::new();
    run.define(json!({"name": "wf", "tasks": [simple("a"), child]}));
    let id = run.start_with("wf", Start { priority: 200, ..Start::default() });
    let rank = |run: &Run, id| {
        let ready = run.executions[&id].tables.ready.values().next().cloned();
        ready.map(|ready: segue_core::projection::Ready| ready.ready_at.0 - ready.rank)
    };
    assert_eq!(rank(&run, id), Some(99 * segue_core::projection::AGEING_STEP_MS), "99 is the highest");
    run.complete(id, "a", json!({}));
    assert_eq!(rank(&run, run.child(id, "s")), Some(0));
}

#[test]
fn queues_follow_the_domains() {
    for (domains, polled, queue) in [
        (json!({}), &[][..], "work"),
        (json!({"work": "x"}), &[], "x:work"),
        (json!({"*": "any"}), &[], "any:work"),
        (json!({"*": "any", "work": "x"}), &[], "x:work"),
        (json!({"work": "x, y ,z"}), &[], "z:work"),
        (json!({"work": "x,y,z"}), &["y:work", "z:work"], "y:work"),
        (json!({"work": "x,NO_DOMAIN"}), &[], "work"),
        (json!({"work": "NO_DOMAIN,x"}), &["work"], "work"),
        (json!({"work": ""}), &[], "work"),
        (json!({"work": {"no": "text"}}), &[], "work"),
    ] {
        let mut run = Run::new();
        run.polled.extend(polled.iter().map(|queue| (*queue).to_owned()));
        run.define(json!({"name": "wf", "tasks": [simple("a")]}));
        let Value::Object(map) = domains.clone() else { panic!("a map") };
        let id = run.start_with("wf", Start { domains: map, ..Start::default() });
        assert_eq!(run.task(id, "a").queue.as_ref().map(|queue| &*queue.0), Some(queue), "{domains}");
    }
}

#[test]
fn children_inherit_domains_unless_they_have_their_own() {
    let child = |name: &str, own: Value| {
        let definition = json!({"name": name, "tasks": [simple("i")]});
        let mut task =
            node("SUB_WORKFLOW", name, json!({"subWorkflowParam": {"workflowDefinition": definition}}));
        task["subWorkflowParam"]["taskToDomain"] = own;
        task
    };
    let mut run = Run::new();
    let tasks = json!([child("heir", json!(null)), child("own", json!({"work": "${workflow.input.d}"}))]);
    run.define(json!({"name": "wf", "tasks": tasks}));
    let domains = serde_json::from_value(json!({"*": "d1"})).expect("a map");
    let id =
        run.start_with("wf", Start { domains, input: Json::of(&json!({"d": "d2"})), ..Start::default() });
    let queue =
        |run: &Run, name| run.task(run.child(id, name), "i").queue.clone().map(|queue| queue.to_string());
    assert_eq!(queue(&run, "heir").as_deref(), Some("d1:work"));
    run.complete(run.child(id, "heir"), "i", json!({}));
    assert_eq!(queue(&run, "own").as_deref(), Some("d2:work"));
}

#[test]
fn a_types_template_fills_what_is_missing_or_null() {
    let mut run = Run::new();
    run.task_def(json!({"name": "work", "inputTemplate": {"a": 1, "b": 2, "c": "${workflow.input.x}"}}));
    let mut task = simple("t");
    task["inputParameters"] = json!({"a": "${workflow.input.none}", "b": 5});
    run.define(json!({"name": "wf", "tasks": [task]}));
    let id = run.start("wf", json!({"x": "y"}));
    assert_eq!(run.input(id, "t"), json!({"a": 1, "b": 5, "c": "y"}));
}

#[test]
fn a_limited_type_takes_a_slot() {
    let mut run = Run::new();
    run.task_def(json!({"name": "work", "concurrentExecLimit": 2}));
    run.define(json!({"name": "wf", "tasks": [simple("t")]}));
    let id = run.start("wf", json!({}));
    run.claim(id, "t").expect("claimed");
    let lease = run.executions[&id].tables.leases.values().next().cloned().expect("a lease");
    assert_eq!((lease.slot.as_deref(), lease.worker.as_deref()), (Some("work"), Some("w1")));
    assert_eq!(lease.until, Some(run.now.plus_seconds(3600)));
}
