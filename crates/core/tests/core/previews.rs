//! Previews: what a command would do again, and whose effects would repeat.

use segue_core::decide::{Command, Preview, done};
use segue_core::id::ExecutionId;
use segue_core::plan::EffectClass;
use segue_core::status::TaskStatus;
use serde_json::json;

use crate::children::{family, inner, sub};
use crate::run::{Run, fork, simple};

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
