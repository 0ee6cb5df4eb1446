//! Previews of a restart by another version: what of it runs, what it does once more, and what it no longer has.

use std::collections::BTreeMap;

use segue_core::decide::{Command, Preview, Restart};
use segue_core::execution::Execution;
use segue_core::id::ExecutionId;
use segue_core::plan::EffectClass::{AtLeastOnce, Pure};
use serde_json::{Value, json};

use crate::children::{family, inner, sub};
use crate::run::{Run, node, simple};
use crate::upgrade_table::{INPUT, all, dynamic, fan, looped, static_fan};

/// A version that ran, the one to come, and what the preview says.
struct Case {
    name: &'static str,
    old: Value,
    new: Value,
    runs_again: &'static str,
    may_run: &'static str,
    gone: &'static str,
    at_least_once: &'static str,
    pure: &'static str,
}

fn latest(run: &mut Run, tasks: Value) -> Command {
    run.define(json!({"name": "wf", "version": 2, "tasks": tasks}));
    Command::Restart(Box::new(Restart { plan: Some(run.plan("wf")), ..Restart::default() }))
}

impl Case {
    /// The preview, which the restart itself is held against.
    fn check(self) {
        let name = self.name;
        let mut run = Run::new();
        run.task_def(json!({"name": "work", "retryCount": 0}))
            .define(json!({"name": "wf", "tasks": self.old}));
        let id = run.start("wf", serde_json::from_str(INPUT).expect("JSON"));
        run.work_off();
        let command = latest(&mut run, self.new);
        let preview = run.preview(id, command.clone()).expect("a preview");
        let said = (preview.runs_again.join(" "), preview.may_run.join(" "), preview.gone.join(" "));
        assert_eq!((&*said.0, &*said.1, &*said.2), (self.runs_again, self.may_run, self.gone), "{name}");
        let classes = [(AtLeastOnce, self.at_least_once), (Pure, self.pure)];
        let classes = classes.into_iter().filter(|(_, tasks)| !tasks.is_empty());
        let said = preview.effects.iter().map(|(class, tasks)| (*class, tasks.join(" ")));
        let expected = classes.map(|(class, tasks)| (class, tasks.to_owned()));
        assert_eq!(said.collect::<BTreeMap<_, _>>(), expected.collect(), "{name}");
        assert_eq!(
            (preview.version, preview.hidden.len()),
            (Some(2), run.execution(id).current_tasks().count())
        );
        run.apply(id, command).expect("a restart");
        assert_eq!(preview.scheduled, names(run.execution(id)), "{name}: at once");
        run.work_off();
        foretold(name, &run, id, &preview);
    }
}

/// All that ran was announced.
fn foretold(name: &str, run: &Run, id: ExecutionId, preview: &Preview) {
    let execution = run.execution(id);
    for task in execution.current_tasks() {
        let reference = execution.plan.node(task.node).reference.to_string();
        let is_again = preview.runs_again.contains(&task.frame.name(&reference));
        let was_elsewhere = preview.runs_again.contains(&reference);
        assert!(is_again || was_elsewhere || preview.may_run.contains(&reference), "{name}: {reference}");
    }
}

fn names(execution: &Execution) -> Vec<String> {
    let name =
        |task: &segue_core::execution::Task| task.frame.name(&execution.plan.node(task.node).reference);
    execution.current_tasks().map(name).collect()
}

#[test]
fn a_restart_by_another_version_tells_what_runs_and_what_is_gone() {
    let z = || [simple("z")];
    for case in [
        Case {
            name: "a task in place of another",
            old: json!([simple("a"), simple("b")]),
            new: json!([simple("a"), simple("c")]),
            runs_again: "a",
            may_run: "c",
            gone: "b",
            at_least_once: "a",
            pure: "",
        },
        Case {
            name: "a case that was not taken",
            old: json!([simple("a")]),
            new: json!([node(
                "SWITCH",
                "w",
                json!({"evaluatorType": "value-param", "expression": "k",
                "inputParameters": {"k": "no"}, "decisionCases": {"yes": [simple("y")]},
                "defaultCase": [simple("a")]})
            )]),
            runs_again: "a",
            may_run: "w y",
            gone: "",
            at_least_once: "a",
            pure: "",
        },
        Case {
            name: "the same task does something else",
            old: json!([simple("a"), simple("z")]),
            new: json!([node("SET_VARIABLE", "a", json!({"inputParameters": {"n": 1}})), simple("z")]),
            runs_again: "a z",
            may_run: "",
            gone: "",
            at_least_once: "z",
            pure: "a",
        },
        Case {
            name: "into a loop",
            old: json!([simple("a"), simple("z")]),
            new: all(&[&looped(json!([simple("a")])), &z()]),
            runs_again: "a z",
            may_run: "l",
            gone: "",
            at_least_once: "a z",
            pure: "",
        },
        Case {
            name: "out of a loop",
            old: all(&[&looped(json!([simple("p")])), &z()]),
            new: json!([simple("p"), simple("z")]),
            runs_again: "p z",
            may_run: "",
            gone: "l",
            at_least_once: "p z",
            pure: "",
        },
        Case {
            name: "more in a loop",
            old: all(&[&looped(json!([simple("p")])), &z()]),
            new: all(&[&looped(json!([simple("p"), simple("q")])), &z()]),
            runs_again: "l p__1 p__2 z",
            may_run: "q",
            gone: "",
            at_least_once: "p__1 p__2 z",
            pure: "l",
        },
        Case {
            name: "a fork whose branches were found while running",
            old: all(&[&fan(), &z()]),
            new: all(&[&fan(), &[simple("y")], &z()]),
            runs_again: "fan x1 x2 join z",
            may_run: "y",
            gone: "",
            at_least_once: "x1 x2 z",
            pure: "fan join",
        },
        Case {
            name: "such a fork is gone",
            old: all(&[&fan(), &z()]),
            new: json!(z()),
            runs_again: "z",
            may_run: "",
            gone: "fan x1 x2 join",
            at_least_once: "z",
            pure: "",
        },
        Case {
            name: "its branches are written down",
            old: all(&[&fan(), &z()]),
            new: all(&[&static_fan(&["x1", "x3"]), &z()]),
            runs_again: "fan x1 join z",
            may_run: "x3",
            gone: "x2",
            at_least_once: "x1 z",
            pure: "fan join",
        },
        Case {
            name: "a task chosen while running",
            old: all(&[&dynamic(), &z()]),
            new: all(&[&dynamic(), &[simple("y")]]),
            runs_again: "d",
            may_run: "y",
            gone: "z",
            at_least_once: "d",
            pure: "",
        },
    ] {
        case.check();
    }
}

#[test]
fn what_was_not_reached_may_run() {
    let (mut run, id) = Run::of(json!([simple("a"), simple("b"), simple("c")]), json!({}));
    run.fail(id, "a", "boom");
    let pinned = run.preview(id, Command::Restart(Box::default())).expect("a preview");
    assert_eq!((pinned.version, pinned.runs_again.join(" ")), (Some(1), "a".to_owned()));
    assert!(pinned.may_run.is_empty() && pinned.gone.is_empty());
    let command = latest(&mut run, json!([simple("a"), simple("c")]));
    let preview = run.preview(id, command).expect("a preview");
    assert_eq!((preview.runs_again.join(" "), preview.may_run.join(" ")), ("a".to_owned(), "c".to_owned()));
    assert!(preview.gone.is_empty(), "b never ran");
}

#[test]
fn children_are_those_of_the_version_to_come() {
    let named = |name: &str| sub("s", json!({"name": name}), json!({}));
    let mut run = family(json!([sub("s", inner(), json!({}))]));
    run.define(json!({"name": "other", "version": 3, "tasks": [simple("o")]}));
    let id = run.start("wf", json!({"which": "other"}));
    run.work_off();
    let former = run.child(id, "s");
    for (task, expected) in [
        (named("inner"), Some((Some("inner"), Some(1), Some(former)))),
        (named("other"), Some((Some("other"), Some(3), Some(former)))),
        (named("${workflow.input.which}"), Some((None, None, Some(former)))),
        (simple("s"), None),
        (sub("t", inner(), json!({})), None),
    ] {
        let command = latest(&mut run, json!([task, simple("z")]));
        let preview = run.preview(id, command).expect("a preview");
        let children = &preview.children;
        let said =
            children.first().map(|child| (child.name.as_deref(), child.version, child.former_workflow_id));
        assert_eq!(said, expected, "{task}");
    }
}
