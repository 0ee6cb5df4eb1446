//! Previews: what a command would do again, and whose effects would repeat.

use segue_core::decide::{Command, Preview, Upgrade, done};
use segue_core::id::ExecutionId;
use segue_core::plan::EffectClass;
use segue_core::status::TaskStatus;
use serde_json::{Map, Value, json};

use crate::children::{family, inner, sub};
use crate::run::{Run, fork, node, simple};

fn of(run: &Run, id: ExecutionId, command: Command) -> Preview {
    run.preview(id, command).expect("a preview")
}

#[test]
fn a_retry_names_what_is_attempted_again_and_what_goes_on_in_place() {
    let [f, j] = fork("f", &[json!([simple("b")]), json!([simple("c")])]);
    let (mut run, id) = Run::of(json!([simple("a"), f, j, simple("z")]), json!({}));
    run.complete(id, "a", json!({}));
    run.complete(id, "c", json!({}));
    run.fail_as(id, "b", TaskStatus::FailedWithTerminalError, "no");
    let preview = of(&run, id, Command::Retry);
    assert_eq!((preview.runs_again.join(" ").as_str(), preview.reopened.join(" ").as_str()), ("b", "f_join"));
    assert_eq!(preview.effects.get(&EffectClass::AtLeastOnce), Some(&vec!["b".to_owned()]));
    assert_eq!(preview.effects.len(), 1);
    assert!(preview.hidden.is_empty());
}

#[test]
fn a_child_that_would_be_started_anew_is_named() {
    let mut run = family(json!([simple("a"), sub("s", inner(), json!({})), simple("z")]));
    let id = run.start("wf", json!({}));
    run.work_off();
    let child = run.child(id, "s");
    run.define(json!({"name": "inner", "version": 2, "tasks": [simple("i")]}));
    for command in
        [Command::Restart(Box::default()), Command::Rerun { task: run.task(id, "s").ordinal, input: None }]
    {
        let preview = of(&run, id, command);
        let [anew] = &preview.children[..] else { panic!("{:?}", preview.children) };
        assert_eq!((anew.reference_task_name.as_str(), anew.former_workflow_id), ("s", Some(child)));
        assert_eq!((anew.name.as_deref(), anew.version), (Some("inner"), Some(2)));
    }
    let did = done(run.execution(child));
    assert_eq!((did.executions, did.effects.get(&EffectClass::AtLeastOnce)), (1, Some(&1)));
    let did = done(run.execution(id));
    assert_eq!((did.children, did.effects.get(&EffectClass::AtLeastOnce)), (vec![child], Some(&2)));
}

#[test]
fn a_parent_says_what_it_would_do_again_behind_its_child() {
    let mut run = family(json!([simple("a"), sub("s", inner(), json!({})), simple("z")]));
    let id = run.start("wf", json!({}));
    run.work_off();
    let child = run.child(id, "s");
    let own = of(&run, child, Command::Rerun { task: 1, input: None });
    assert_eq!((own.runs_again.join(" ").as_str(), own.parent_workflow_id), ("i", Some(id)));
    let told = own.told.expect("the parent is told");
    let parent = run.hear(id, child, told.body).expect("a preview").expect("the parent runs again");
    assert_eq!((parent.runs_again.join(" ").as_str(), parent.reopened.join(" ").as_str()), ("z", "s"));
    assert_eq!(parent.effects.get(&EffectClass::AtLeastOnce), Some(&vec!["z".to_owned()]));
}

#[test]
fn an_upgrade_names_what_the_flow_is_past() {
    let [f, j] = fork("f", &[json!([simple("b"), simple("c")])]);
    let looped = |body: Value| {
        node("DO_WHILE", "l", json!({"loopCondition": "$.l['iteration'] < 2", "loopOver": body}))
    };
    let (mut run, id) =
        Run::of(json!([simple("a"), f, j, looped(json!([simple("p")])), simple("z")]), json!({}));
    run.complete(id, "a", json!({}));
    run.complete(id, "b", json!({}));
    let [f, j] = fork("f", &[json!([simple("b"), simple("b2"), simple("c"), simple("c2")])]);
    let newer = |fork: Value, join: Value, body: Value| {
        json!([simple("early"), simple("a"), fork, join, looped(body), simple("late"), simple("z")])
    };
    let preview = |run: &mut Run, tasks: Value| {
        run.define(json!({"name": "wf", "version": 2, "tasks": tasks}));
        let upgrade = Upgrade { plan: run.plan("wf"), input: Map::new(), outputs: Map::new() };
        of(run, id, Command::Upgrade(Box::new(upgrade))).never_runs.join(" ")
    };
    let tasks = newer(f, j, json!([simple("n"), simple("p")]));
    assert_eq!(preview(&mut run, tasks.clone()), "early b2");
    run.complete(id, "c", json!({}));
    assert_eq!(run.open(id), ["l", "p__1"]);
    // The loop may come round again.
    assert_eq!(preview(&mut run, tasks), "early b2 c2");
}
