//! GRAPH: steps that name the steps that they wait for.

use segue_core::decide::{Command, Upgrade};
use segue_core::status::ExecutionStatus;
use serde_json::{Map, Value, json};

use crate::run::{Run, node, simple};

fn step(mut task: Value, on: &[&str]) -> Value {
    task["dependsOn"] = json!(on);
    task
}

fn graph(steps: Value) -> Value {
    json!([node("GRAPH", "g", json!({"graphTasks": steps})), simple("z")])
}

/// a, b; c behind both; d behind a.
fn diamond() -> Value {
    graph(json!([step(simple("c"), &["a", "b"]), simple("a"), simple("b"), step(simple("d"), &["a"]),]))
}

#[test]
fn a_step_begins_when_what_it_waits_for_has_ended() {
    let (mut run, id) = Run::of(diamond(), json!({}));
    assert_eq!(run.open(id), ["g", "a", "b"]);
    run.complete(id, "a", json!({"n": 1}));
    assert_eq!(run.open(id), ["g", "b", "d"]);
    run.complete(id, "b", json!({}));
    assert_eq!(run.open(id), ["g", "d", "c"]);
    run.complete(id, "c", json!({"n": 3}));
    run.complete(id, "d", json!({}));
    assert_eq!(run.open(id), ["z"]);
    assert_eq!(run.output(id, "g"), json!({"c": {"n": 3}, "a": {"n": 1}}));
}

#[test]
fn a_failing_step_fails_it_and_a_retry_goes_on() {
    let (mut run, id) = Run::of(diamond(), json!({}));
    run.complete(id, "a", json!({}));
    run.fail(id, "b", "no");
    assert_eq!(run.trace(id), "g:FAILED a:COMPLETED b:FAILED d:CANCELED");
    run.retry(id);
    assert_eq!(run.open(id), ["g", "b", "d"]);
    run.complete(id, "b", json!({}));
    assert_eq!(run.open(id), ["g", "d", "c"]);
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn a_tolerated_step_lets_the_others_go_on() {
    for field in ["optional", "permissive"] {
        let mut tolerated = simple("a");
        tolerated[field] = json!(true);
        let (mut run, id) = Run::of(graph(json!([tolerated, step(simple("b"), &["a"])])), json!({}));
        run.fail(id, "a", "no");
        assert_eq!(run.open(id), ["g", "b"], "{field}");
        run.work_off();
        let is_optional = field == "optional";
        assert_eq!(run.status(id) == ExecutionStatus::Completed, is_optional, "{field}");
    }
}

#[test]
fn a_case_belongs_to_its_step() {
    let switch = json!({
        "evaluatorType": "value-param", "expression": "c", "inputParameters": {"c": "${workflow.input.c}"},
        "decisionCases": {"x": [simple("p"), simple("q")], "none": []},
    });
    let steps = json!([node("SWITCH", "s", switch), step(simple("b"), &["s"])]);
    let (mut run, id) = Run::of(graph(steps.clone()), json!({"c": "x"}));
    assert_eq!(run.open(id), ["g", "p"]);
    run.complete(id, "p", json!({}));
    assert_eq!(run.open(id), ["g", "q"]);
    run.complete(id, "q", json!({}));
    assert_eq!(run.open(id), ["g", "b"]);
    let (run, id) = Run::of(graph(steps), json!({"c": "none"}));
    assert_eq!(run.open(id), ["g", "b"]);
}

#[test]
fn any_construct_can_be_a_step() {
    let child =
        json!({"subWorkflowParam": {"workflowDefinition": {"name": "inner", "tasks": [simple("i")]}}});
    let steps = json!([
        node("DO_WHILE", "l", json!({"loopCondition": "$.l['iteration'] < 2", "loopOver": [simple("a")]})),
        step(node("FOR_EACH", "e", json!({"items": [1, 2], "loopOver": [simple("b")]})), &["l"]),
        step(node("TRY_CATCH", "t", json!({"tryTasks": [simple("c")], "catchTasks": [simple("d")]})), &["e"]),
        step(node("SUB_WORKFLOW", "s", child), &["t"]),
        step(node("GRAPH", "h", json!({"graphTasks": [simple("k")]})), &["s"]),
        step(
            node("DYNAMIC", "y", json!({"dynamicTaskNameParam": "of", "inputParameters": {"of": "NOOP"}})),
            &["h"]
        ),
        step(simple("w"), &["y"]),
    ]);
    let (mut run, id) = Run::of(graph(steps), json!({}));
    for name in ["a__1", "a__2", "b__1", "b__2"] {
        run.complete(id, name, json!({}));
    }
    run.fail(id, "c", "caught");
    assert_eq!(run.open(id), ["g", "t", "d"]);
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert!(run.find(id, "w").is_some());
}

#[test]
fn what_cannot_run_is_refused() {
    let table = [
        (json!([step(simple("a"), &["x"])]), "step a depends on x, which is not a step of the same GRAPH"),
        (json!([step(simple("a"), &["a"])]), "step a depends on itself"),
        (
            json!([
                simple("o"),
                step(simple("a"), &["c", "o"]),
                step(simple("b"), &["a"]),
                step(simple("c"), &["b"])
            ]),
            "steps depend on each other in a circle: a -> c -> b -> a",
        ),
        (json!([node("FORK_JOIN", "f", json!({}))]), "FORK_JOIN f cannot be a step of a GRAPH"),
    ];
    for (steps, problem) in table {
        let mut run = Run::new();
        let refused = run.try_define(json!({"name": "wf", "tasks": graph(steps)})).expect_err(problem);
        assert!(refused[0].message.starts_with(problem), "{}", refused[0].message);
    }
}

#[test]
fn a_rerun_takes_along_what_waits_for_the_step() {
    let (mut run, id) = Run::of(diamond(), json!({}));
    run.work_off();
    run.rerun(id, "a");
    assert_eq!(run.trace(id), "g#1:IN_PROGRESS a:SCHEDULED b:COMPLETED");
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    run.rerun(id, "d");
    assert_eq!(run.open(id), ["g", "d"]);
}

#[test]
fn a_skipped_step_is_waited_for_no_longer() {
    let (mut run, id) = Run::of(diamond(), json!({}));
    let skip = segue_core::decide::Skip { reference: "c".into(), ..Default::default() };
    run.apply(id, Command::Skip(Box::new(skip))).expect("skipped");
    run.complete(id, "a", json!({}));
    run.complete(id, "b", json!({}));
    assert_eq!(run.open(id), ["g", "d"]);
    let jump = Command::Jump { reference: "d".into(), input: None };
    run.apply(id, jump).expect("again");
    run.complete(id, "d", json!({}));
    assert_eq!(run.open(id), ["z"]);
}

#[test]
fn an_upgrade_adds_steps() {
    let (mut run, id) = Run::of(diamond(), json!({}));
    run.complete(id, "a", json!({}));
    let mut tasks = diamond();
    let steps = tasks[0]["graphTasks"].as_array_mut().expect("steps");
    steps.push(step(simple("e"), &["a"]));
    steps.push(step(simple("f"), &["e", "b"]));
    run.define(json!({"name": "wf", "version": 2, "tasks": tasks}));
    let plan = run.plan("wf");
    let upgrade = Upgrade { plan, input: Map::new(), outputs: Map::new() };
    run.apply(id, Command::Upgrade(Box::new(upgrade))).expect("an upgrade");
    assert_eq!(run.open(id), ["g", "b", "d", "e"]);
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert!(run.find(id, "f").is_some());
}
