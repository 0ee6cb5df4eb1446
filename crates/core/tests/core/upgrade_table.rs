//! Upgrades in the middle of every construct: what goes on, what is refused and why, and that the dry run says the same.

use segue_core::decide::{Command, Preview, Refusal, Upgrade};
use segue_core::execution::Task;
use segue_core::id::ExecutionId;
use segue_core::status::ExecutionStatus;
use serde_json::{Map, Value, json};

use crate::run::{Run, node, simple};

/// One upgrade: of what, how far, to what, and what comes of it.
struct Case {
    name: &'static str,
    old: Value,
    /// What workers do before: names to complete, `!name` to fail.
    before: &'static [&'static str],
    new: Value,
    /// The open attempts behind the upgrade, or the reason against it.
    then: Result<&'static [&'static str], &'static str>,
    /// All that counts in the end, when it went on.
    end: &'static str,
}

pub(crate) const INPUT: &str = r#"{"tasks": [{"name": "work", "taskReferenceName": "x1", "type": "SIMPLE", "retryCount": 0},
    {"name": "work", "taskReferenceName": "x2", "type": "SIMPLE", "retryCount": 0}],
    "inputs": {"x1": {"n": 1}, "x2": {"n": 2}}, "same": {"x1": {"n": 1}, "x2": {"n": 2}}, "pick": "work", "list": [1, 2]}"#;

fn fan_from(inputs: &str) -> Vec<Value> {
    let parameters =
        json!({"tasks": "${workflow.input.tasks}", inputs: format!("${{workflow.input.{inputs}}}")});
    vec![
        node(
            "FORK_JOIN_DYNAMIC",
            "fan",
            json!({"inputParameters": parameters,
            "dynamicForkTasksParam": "tasks", "dynamicForkTasksInputParamName": inputs}),
        ),
        node("JOIN", "join", json!({})),
    ]
}

pub(crate) fn fan() -> Vec<Value> {
    fan_from("inputs")
}

/// A sequence of tasks and pieces of several tasks.
pub(crate) fn all(parts: &[&[Value]]) -> Value {
    Value::Array(parts.concat())
}

pub(crate) fn static_fan(branches: &[&str]) -> Vec<Value> {
    let branches: Vec<Value> = branches.iter().map(|name| json!([simple(name)])).collect();
    vec![
        node("FORK_JOIN", "fan", json!({"forkTasks": branches})),
        node(
            "JOIN",
            "join",
            json!({"joinOn": branches.iter().map(|tasks| tasks[0]["taskReferenceName"].clone()).collect::<Vec<_>>()}),
        ),
    ]
}

/// Branches a and b, and one that waits for one of `on`.
fn exclusive(first: &str, on: &[&str]) -> Vec<Value> {
    let joined = node("EXCLUSIVE_JOIN", "xj", json!({"joinOn": on}));
    let branches = json!([[simple(first)], [simple("b")], [joined]]);
    vec![
        node("FORK_JOIN", "f", json!({"forkTasks": branches})),
        node("JOIN", "fj", json!({"joinOn": ["xj"]})),
    ]
}

pub(crate) fn looped(body: Value) -> Vec<Value> {
    vec![node("DO_WHILE", "l", json!({"loopCondition": "$.l['iteration'] < 2", "loopOver": body}))]
}

fn each(body: Value) -> Vec<Value> {
    vec![node(
        "FOR_EACH",
        "e",
        json!({"inputParameters": {"items": "${workflow.input.list}"}, "loopOver": body,
        "concurrency": 2}),
    )]
}

fn tried(sections: Value) -> Vec<Value> {
    vec![node("TRY_CATCH", "t", sections)]
}

pub(crate) fn dynamic() -> Vec<Value> {
    vec![node(
        "DYNAMIC",
        "d",
        json!({"dynamicTaskNameParam": "pick",
        "inputParameters": {"pick": "${workflow.input.pick}"}, "retryCount": 0}),
    )]
}

fn graph(steps: &[(&str, &[&str])]) -> Vec<Value> {
    let step = |(name, on): &(&str, &[&str])| {
        let mut task = simple(name);
        task["dependsOn"] = json!(on);
        task
    };
    vec![node("GRAPH", "g", json!({"graphTasks": steps.iter().map(step).collect::<Vec<_>>()}))]
}

fn z() -> [Value; 1] {
    [simple("z")]
}

impl Case {
    fn check(self) {
        let Self { name, old, before, new, then, end } = self;
        let mut run = Run::new();
        run.task_def(json!({"name": "work", "retryCount": 0})).define(json!({"name": "wf", "tasks": old}));
        let id = run.start("wf", serde_json::from_str(INPUT).expect("JSON"));
        for task in before {
            match task.strip_prefix('!') {
                Some(failing) => drop(run.fail(id, failing, "boom")),
                None => drop(run.complete(id, task, json!({"of": task}))),
            }
        }
        run.define(json!({"name": "wf", "version": 2, "tasks": new}));
        let upgrade = Upgrade { plan: run.plan("wf"), input: Map::new(), outputs: Map::new() };
        let command = Command::Upgrade(Box::new(upgrade));
        let dry = run.preview(id, command.clone());
        let earlier: Vec<Task> = run.execution(id).tasks().to_vec();
        let real = run.apply(id, command);
        match (real, then) {
            (Ok(_), Ok(open)) => {
                same(name, &run, id, &earlier, &dry.expect("a preview"));
                assert_eq!(run.open(id), open, "{name}: {}", run.trace(id));
                run.work_off();
                assert_eq!(run.status(id), ExecutionStatus::Completed, "{name}: {}", run.trace(id));
                assert_eq!(run.trace(id).replace(":COMPLETED", ""), end, "{name}");
            }
            (Err(Refusal::CannotUpgrade(reasons)), Err(expected)) => {
                assert_eq!(reasons.join("; "), expected, "{name}");
                assert!(
                    matches!(dry, Err(Refusal::CannotUpgrade(dry)) if dry == reasons),
                    "{name}: the dry run"
                );
                run.work_off();
                assert_eq!(run.execution(id).started.version, 1, "{name}");
            }
            (real, _) => panic!("{name}: {real:?} {}", run.trace(id)),
        }
    }
}

/// The dry run told what became of the attempts.
fn same(name: &str, run: &Run, id: ExecutionId, earlier: &[Task], dry: &Preview) {
    let now = run.execution(id).tasks();
    let ids = |tasks: Vec<&Task>| tasks.iter().map(|task| id.task(task.ordinal)).collect::<Vec<_>>();
    let pairs = earlier.iter().zip(now);
    let hidden = pairs.clone().filter(|(was, is)| !was.hidden && is.hidden).map(|(_, is)| is).collect();
    let canceled =
        pairs.filter(|(was, is)| !was.is_terminal() && is.is_terminal() && !is.status.is_successful());
    let canceled = ids(canceled.map(|(_, is)| is).collect());
    let mut said: Vec<_> = dry.canceled.iter().map(|task| task.task_id).collect();
    said.sort_unstable();
    assert_eq!(said, canceled, "{name}: canceled");
    assert_eq!(dry.hidden.iter().map(|task| task.task_id).collect::<Vec<_>>(), ids(hidden), "{name}: hidden");
    let fresh = now[earlier.len()..].iter();
    let fresh: Vec<String> =
        fresh.map(|task| task.frame.name(&run.execution(id).plan.node(task.node).reference)).collect();
    assert_eq!(dry.scheduled, fresh, "{name}: scheduled");
}

#[test]
fn forks_whose_branches_were_found_while_running() {
    let plain = || all(&[&fan(), &z()]);
    for case in [
        Case {
            name: "open, more behind it",
            old: plain(),
            before: &["x1"],
            new: all(&[&[simple("a")], &fan(), &[simple("y")], &z()]),
            then: Ok(&["x2", "join"]),
            end: "fan x1 x2 join y z",
        },
        Case {
            name: "ended, its outputs stay",
            old: plain(),
            before: &["x1", "x2"],
            new: all(&[&fan(), &z(), &[simple("y")]]),
            then: Ok(&["z"]),
            end: "fan x1 x2 join z y",
        },
        Case {
            name: "ended, and gone",
            old: plain(),
            before: &["x1", "x2"],
            new: all(&[&z(), &[simple("y")]]),
            then: Ok(&["z"]),
            end: "z y",
        },
        Case {
            name: "open, its inputs come otherwise",
            old: plain(),
            before: &[],
            new: all(&[&fan_from("others"), &z()]),
            then: Err("fan has open branches and gets their inputs otherwise in version 2"),
            end: "",
        },
        Case {
            name: "ended, its inputs come otherwise",
            old: plain(),
            before: &["x1", "x2"],
            new: all(&[&fan_from("same"), &z()]),
            then: Ok(&["z"]),
            end: "fan x1 x2 join z",
        },
        Case {
            name: "open, and written down in the other version",
            old: plain(),
            before: &["x1"],
            new: all(&[&static_fan(&["x1", "x2", "x3"]), &z()]),
            then: Ok(&["x2", "join", "x3"]),
            end: "x1 x2 join x3 z",
        },
        Case {
            name: "written down, and found while running in the other version",
            old: all(&[&static_fan(&["x1", "x2"]), &z()]),
            before: &["x1"],
            new: plain(),
            then: Err("join is open and waits for fan, which has no branches yet"),
            end: "",
        },
        Case {
            name: "open, and gone",
            old: plain(),
            before: &[],
            new: all(&[&z()]),
            then: Err(
                "x1 is open and not in version 2; x2 is open and not in version 2; join is open and not in version 2",
            ),
            end: "",
        },
        Case {
            name: "a task chosen while running",
            old: all(&[&dynamic(), &z()]),
            before: &[],
            new: all(&[&dynamic(), &[simple("y")], &z()]),
            then: Ok(&["d"]),
            end: "d y z",
        },
        Case {
            name: "a task chosen while running, written down in the other version",
            old: all(&[&dynamic(), &z()]),
            before: &[],
            new: all(&[&[simple("d")], &[simple("y")], &z()]),
            then: Ok(&["d"]),
            end: "d y z",
        },
        Case {
            name: "in a loop, in its second iteration",
            old: all(&[&looped(all(&[&fan(), &[simple("p")]])), &z()]),
            before: &["x1__1", "x2__1", "p__1", "x1__2"],
            new: all(&[&looped(all(&[&fan(), &[simple("p"), simple("q")]])), &z()]),
            then: Ok(&["l", "x2__2", "join__2"]),
            end: "l fan__1 x1__1 x2__1 join__1 p__1 fan__2 x1__2 x2__2 join__2 p__2 q__2 z",
        },
    ] {
        case.check();
    }
}

#[test]
fn joins_and_order() {
    for case in [
        Case {
            name: "an EXCLUSIVE_JOIN that may take another branch",
            old: all(&[&exclusive("a", &["a"]), &z()]),
            before: &["b"],
            new: all(&[&exclusive("a", &["a", "b"]), &z()]),
            then: Ok(&["a", "z"]),
            end: "f a b xj fj z",
        },
        Case {
            name: "an EXCLUSIVE_JOIN whose branch is gone",
            old: all(&[&exclusive("a", &["a"]), &z()]),
            before: &[],
            new: all(&[&exclusive("c", &["c"]), &z()]),
            then: Ok(&["b", "xj", "fj", "c"]),
            end: "f b xj fj c z",
        },
        Case {
            name: "an EXCLUSIVE_JOIN that becomes a JOIN",
            old: all(&[&exclusive("a", &["a"]), &z()]),
            before: &[],
            new: {
                let mut tasks = all(&[&exclusive("a", &[]), &z()]);
                tasks[0]["forkTasks"][2][0] = node("JOIN", "xj", json!({"joinOn": ["a", "b"]}));
                tasks
            },
            then: Ok(&["a", "b", "fj", "xj"]),
            end: "f a b fj xj z",
        },
        Case {
            name: "what is done would come behind what is open",
            old: json!([simple("a"), simple("b"), simple("z")]),
            before: &["a"],
            new: json!([simple("b"), simple("a"), simple("z")]),
            then: Err("b is open and comes before a, which is done, in version 2"),
            end: "",
        },
        Case {
            name: "what is open moves to the end",
            old: json!([simple("a"), simple("b"), simple("c")]),
            before: &["a"],
            new: json!([simple("a"), simple("c"), simple("b")]),
            then: Ok(&["b"]),
            end: "a b",
        },
        Case {
            name: "into a branch",
            old: json!([simple("x1"), simple("z")]),
            before: &[],
            new: all(&[&static_fan(&["x1", "x2"]), &z()]),
            then: Err("x1 is open and in other forks in version 2"),
            end: "",
        },
        Case {
            name: "out of a branch",
            old: all(&[&static_fan(&["x1", "x2"]), &z()]),
            before: &["x2"],
            new: all(&[&static_fan(&["x2"]), &[simple("x1")], &z()]),
            then: Err("x1 is open and in other forks in version 2"),
            end: "",
        },
    ] {
        case.check();
    }
}

#[test]
fn loops_and_other_scopes() {
    let caught =
        json!({"tryTasks": [simple("a")], "catchTasks": [simple("c")], "finallyTasks": [simple("f")]});
    for case in [
        Case {
            name: "a loop gets more in its first iteration",
            old: all(&[&looped(json!([simple("p"), simple("q")])), &z()]),
            before: &["p__1"],
            new: all(&[&looped(json!([simple("p"), simple("q"), simple("r")])), &z()]),
            then: Ok(&["l", "q__1"]),
            end: "l p__1 q__1 r__1 p__2 q__2 r__2 z",
        },
        Case {
            name: "a loop becomes one of another kind",
            old: all(&[&looped(json!([simple("p")])), &z()]),
            before: &[],
            new: all(&[
                &[node(
                    "FOR_EACH",
                    "l",
                    json!({"inputParameters": {"items": [1]}, "loopOver": [simple("p")]}),
                )],
                &z(),
            ]),
            then: Err(
                "l is open and a task of type FOR_EACH in version 2; p__1 is open and in another loop, TRY_CATCH or GRAPH in version 2",
            ),
            end: "",
        },
        Case {
            name: "a loop that was over is gone",
            old: all(&[&looped(json!([simple("p")])), &z(), &[simple("y")]]),
            before: &["p__1", "p__2"],
            new: all(&[&z(), &[simple("y")]]),
            then: Ok(&["z"]),
            end: "z y",
        },
        Case {
            name: "an open loop is in a TRY_CATCH",
            old: all(&[&looped(json!([simple("p")])), &z()]),
            before: &[],
            new: all(&[&tried(json!({"tryTasks": looped(json!([simple("p")]))})), &z()]),
            then: Err(
                "l is open and in another loop, TRY_CATCH or GRAPH in version 2; p__1 is open and in another loop, TRY_CATCH or GRAPH in version 2",
            ),
            end: "",
        },
        Case {
            name: "items at once, whose open tasks are gone",
            old: all(&[&each(json!([simple("p"), simple("q")])), &z()]),
            before: &["p__1", "p__2"],
            new: all(&[&each(json!([simple("p")])), &z()]),
            then: Ok(&["z"]),
            end: "e p__1 p__2 z",
        },
        Case {
            name: "a TRY_CATCH gets a last part",
            old: all(&[&tried(json!({"tryTasks": [simple("a")], "catchTasks": [simple("c")]})), &z()]),
            before: &["!a"],
            new: all(&[&tried(caught.clone()), &z()]),
            then: Ok(&["t", "c"]),
            end: "t a:FAILED c f z",
        },
        Case {
            name: "a TRY_CATCH at its catch, which is gone",
            old: all(&[&tried(caught.clone()), &z()]),
            before: &["!a"],
            new: all(&[&tried(json!({"tryTasks": [simple("a")], "finallyTasks": [simple("f")]})), &z()]),
            then: Err("t is at its catch and has none in version 2"),
            end: "",
        },
        Case {
            name: "a TRY_CATCH whose failed task is gone",
            old: all(&[&tried(caught.clone()), &z()]),
            before: &["!a"],
            new: all(&[&tried(json!({"tryTasks": [simple("b")], "catchTasks": [simple("c")]})), &z()]),
            then: Err("t is open with the failure of a, which is not in version 2"),
            end: "",
        },
        Case {
            name: "an open task in another part",
            old: all(&[&tried(caught), &z()]),
            before: &[],
            new: all(&[&tried(json!({"tryTasks": [simple("b")], "finallyTasks": [simple("a")]})), &z()]),
            then: Ok(&["t", "a"]),
            end: "t a z",
        },
        Case {
            name: "a GRAPH without an open step",
            old: all(&[&graph(&[("a", &[]), ("b", &[]), ("c", &["a", "b"])]), &z()]),
            before: &["a"],
            new: all(&[&graph(&[("a", &[]), ("c", &["a"]), ("e", &["c"])]), &z()]),
            then: Ok(&["g", "c"]),
            end: "g a c e z",
        },
        Case {
            name: "a GRAPH whose open step has to wait for another",
            old: all(&[&graph(&[("a", &[]), ("b", &[])]), &z()]),
            before: &["a"],
            new: all(&[&graph(&[("a", &["n"]), ("b", &["n"]), ("n", &[])]), &z()]),
            then: Ok(&["g", "b", "n"]),
            end: "g a b n z",
        },
        Case {
            name: "a step outside of its GRAPH",
            old: all(&[&graph(&[("a", &[]), ("b", &[])]), &z()]),
            before: &["a"],
            new: json!([simple("b"), simple("z")]),
            then: Err(
                "g is open and not in version 2; b is open and in another loop, TRY_CATCH or GRAPH in version 2",
            ),
            end: "",
        },
    ] {
        case.check();
    }
}
