//! Constructs in constructs: whatever ends a branch, and wherever the fork stands.

use segue_core::decide::{Command, TaskResult};
use segue_core::execution::Task;
use segue_core::id::ExecutionId;
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::{Run, node, result, simple};

/// What a branch may end with, around a task `inner`; the last of them is what the JOIN waits for.
fn endings() -> Vec<Vec<Value>> {
    let inner = simple("inner");
    let choose = json!({
        "evaluatorType": "value-param", "expression": "c", "inputParameters": {"c": "a"}, "decisionCases": {"a": [inner]},
    });
    let [split, join] = crate::run::fork("deep", &[json!([inner]), json!([simple("beside")])]);
    vec![
        vec![inner.clone()],
        vec![node("SWITCH", "s", choose), node("NOOP", "x", json!({}))],
        vec![node("FOR_EACH", "x", json!({"items": [1, 2], "loopOver": [inner]}))],
        vec![node("DO_WHILE", "x", json!({"loopCondition": "$.x['iteration'] < 2", "loopOver": [inner]}))],
        vec![node("TRY_CATCH", "x", json!({"tryTasks": [simple("first")], "finallyTasks": [inner]}))],
        vec![node("GRAPH", "x", json!({"graphTasks": [inner]}))],
        vec![split, join],
    ]
}

/// A fork of two branches, its JOIN, and `z` behind it.
fn forked(ending: &[Value]) -> Value {
    let last = ending.last().map(|last| last["taskReferenceName"].clone());
    let split = node("FORK_JOIN", "f", json!({"forkTasks": [[simple("b")], ending]}));
    json!([split, node("JOIN", "j", json!({"joinOn": [last, "b"]})), simple("z")])
}

/// The same tasks in all kinds of places; `broken` is a task that fails first where one must.
fn places(tasks: &Value) -> Vec<Value> {
    let choose = json!({
        "evaluatorType": "value-param", "expression": "c", "inputParameters": {"c": true}, "decisionCases": {"true": tasks},
    });
    let behind = |holder: Value| json!([holder, simple("end")]);
    vec![
        tasks.clone(),
        behind(node("SWITCH", "p", choose)),
        behind(node("TRY_CATCH", "p", json!({"tryTasks": tasks, "catchTasks": [simple("caught")]}))),
        behind(node("TRY_CATCH", "p", json!({"tryTasks": [simple("broken")], "catchTasks": tasks}))),
        behind(node("TRY_CATCH", "p", json!({"tryTasks": [simple("first of all")], "finallyTasks": tasks}))),
        behind(node("FOR_EACH", "p", json!({"items": [1, 2], "loopOver": tasks}))),
        behind(node("FOR_EACH", "p", json!({"items": [1, 2], "concurrency": 2, "loopOver": tasks}))),
        behind(node(
            "GRAPH",
            "p",
            json!({"graphTasks": [node("TRY_CATCH", "t", json!({"tryTasks": tasks, "catchTasks": [simple("c")]}))]}),
        )),
    ]
}

/// Works everything off; `broken` fails.
fn work_off(run: &mut Run, id: ExecutionId) {
    for _ in 0..200 {
        let Some((of, task)) = run.next_work() else { return };
        let execution = run.execution(of);
        let is_broken =
            execution.task(task).is_some_and(|task| &*execution.plan.node(task.node).reference == "broken");
        let status = if is_broken { TaskStatus::Failed } else { TaskStatus::Completed };
        let result = TaskResult { task, ..result(status, json!({"of": task})) };
        run.apply(of, Command::Complete(Box::new(result))).expect("never refused");
    }
    panic!("work without end: {}", run.trace(id));
}

#[test]
fn a_join_waits_for_whatever_ends_a_branch_wherever_the_fork_stands() {
    for ending in endings() {
        for tasks in places(&forked(&ending)) {
            let (mut run, id) = Run::of(tasks.clone(), json!({}));
            work_off(&mut run, id);
            let trace = run.trace(id);
            assert_eq!(run.status(id), ExecutionStatus::Completed, "{tasks}: {trace}");
            let execution = run.execution(id);
            for join in
                execution.current_tasks().filter(|task| execution.plan.node(task.node).task_type() == "JOIN")
            {
                let in_frame = |name: &str| execution.latest(execution.plan.find(name)?, &join.frame);
                let Some(z) = in_frame("z").filter(|_| &*execution.plan.node(join.node).reference == "j")
                else {
                    continue;
                };
                let depth = join.frame.0.len();
                let is_inner = |task: &&Task| {
                    execution.plan.find("inner") == Some(task.node) && task.frame.outer(depth) == join.frame
                };
                let last = execution.current_tasks().rfind(is_inner);
                let last = last.unwrap_or_else(|| panic!("inner never ran: {trace}"));
                assert!(
                    last.ordinal < z.ordinal && in_frame("b").is_some_and(|b| b.ordinal < z.ordinal),
                    "{trace}"
                );
            }
        }
    }
}

#[test]
fn a_failing_branch_cancels_the_other_wherever_the_fork_stands() {
    for ending in endings() {
        for (place, tasks) in places(&forked(&ending)).into_iter().enumerate() {
            let (mut run, id) = Run::of(tasks.clone(), json!({}));
            let is_before = |name: &String| name.starts_with("first") || name == "broken";
            while let Some(before) = run.open(id).into_iter().find(is_before) {
                match before == "broken" {
                    true => run.fail(id, &before, "on purpose"),
                    false => run.complete(id, &before, json!({})),
                };
            }
            let open = run.open(id);
            let inner = open
                .iter()
                .find(|name| name.starts_with("inner"))
                .unwrap_or_else(|| panic!("{tasks}: {open:?}"));
            let ordinal = run.task(id, inner).ordinal;
            let failed = TaskResult {
                reason: Some("no luck".into()),
                ..result(TaskStatus::Failed, json!({"code": 7}))
            };
            run.apply(id, Command::Complete(Box::new(TaskResult { task: ordinal, ..failed })))
                .expect("taken");
            let execution = run.execution(id);
            // What the handler left survives its failure.
            let blamed = execution.task(ordinal).expect("the attempt");
            assert_eq!(
                (blamed.output.value(), blamed.reason.as_deref()),
                (json!({"code": 7}), Some("no luck"))
            );
            let sibling = run.find(id, "b").or_else(|| run.find(id, "b__1")).expect("the other branch");
            assert_eq!(sibling.status, TaskStatus::Canceled, "{tasks}: {}", run.trace(id));
            let caught = place == 2 || place == 7;
            assert_eq!(execution.status == ExecutionStatus::Running, caught, "{tasks}: {}", run.trace(id));
            if caught {
                let holder = if place == 2 { "p" } else { "t" };
                assert_eq!(run.output(id, holder)["error"]["output"], json!({"code": 7}));
            } else {
                assert!(execution.reason.as_deref().is_some_and(|why| why.ends_with("reason: 'no luck'")));
                assert_eq!(execution.failed, [ordinal]);
                assert!(run.open(id).is_empty(), "{}", run.trace(id));
            }
        }
    }
}

#[test]
fn a_join_on_a_switch_waits_for_the_choice_alone() {
    let ending = &endings()[1][..1];
    let (run, id) = Run::of(forked(ending), json!({}));
    assert_eq!(run.open(id), ["b", "inner", "j"]);
    let (mut run, id) = Run::of(forked(ending), json!({}));
    run.complete(id, "b", json!({}));
    assert_eq!(run.open(id), ["inner", "z"]);
}

#[test]
fn a_child_that_an_expression_gives_may_use_every_extension_and_is_repeated() {
    let body = with_input(simple("a"), json!({"x": "${workflow.input.x ?? 'none'} ${e.output.loopItem}"}));
    let tried = node("TRY_CATCH", "t", json!({"tryTasks": [body], "catchTasks": [simple("c")]}));
    let child = json!({
        "name": "made", "expressionStyle": "strict", "outputParameters": {"result": "${c.output.code ?? a.output.code ?? null}"},
        "tasks": [node("FOR_EACH", "e", json!({"items": [1], "loopOver": [tried]})), simple("last")],
    });
    let start = json!({
        "subWorkflowParam": {"workflowDefinition": "${load.output.result}"}, "retryCount": 1,
        "taskDefinition": {"retryDelaySeconds": 0.25, "retryLogic": "FIXED"},
    });
    for style in ["conductor", "lenient", "strict"] {
        let mut run = Run::new();
        let tasks = json!([
            simple("load"),
            node("SUB_WORKFLOW", "s", start.clone()),
            with_input(simple("z"), json!({"r": "${s.output.result}"}))
        ]);
        run.define(json!({"name": "wf", "expressionStyle": style, "tasks": tasks}));
        let id = run.start("wf", json!({}));
        run.complete(id, "load", json!({"result": child}));
        let first = run.child(id, "s");
        assert!(
            run.input(first, "a__1")["x"].as_str().is_some_and(|x| x.ends_with(" 1")),
            "{}",
            run.trace(first)
        );
        run.fail(first, "a__1", "no");
        run.complete(first, "c__1", json!({"code": 1}));
        run.fail(first, "last", "no");
        assert_eq!(run.trace(id), "load:COMPLETED s:FAILED s#1:SCHEDULED");
        run.pass_ms(250);
        let second = run.child(id, "s");
        assert_ne!(first, second);
        run.complete(second, "a__1", json!({"code": 2}));
        run.complete(second, "last", json!({}));
        assert_eq!(run.input(id, "z"), json!({"r": 2}), "{style}");
    }
}

fn with_input(mut task: Value, parameters: Value) -> Value {
    task["inputParameters"] = parameters;
    task
}
