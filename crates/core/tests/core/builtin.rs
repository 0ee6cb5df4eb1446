//! What the engine does itself: WAIT, HUMAN, SET_VARIABLE, TERMINATE, NOOP.

use segue_core::decide::{Command, Merge, Refusal, TaskResult};
use segue_core::json::Json;
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::{Run, T0, fork, node, result, simple};

fn wait(input: Value) -> Value {
    node("WAIT", "w", json!({"inputParameters": input}))
}

#[test]
fn a_wait_ends_by_itself_when_its_time_has_come() {
    // T0 is 2023-11-14 22:13:20 UTC.
    for (input, seconds) in [
        (json!({"duration": "5s"}), 5),
        (json!({"duration": "1 hour 1 minutes"}), 3660),
        (json!({"until": "2023-11-14 22:14"}), 40),
        (json!({"until": "2023-11-14 23:14 Europe/Berlin"}), 40),
        (json!({"until": "2023-11-15"}), 6400),
        (json!({"until": "2001-01-01"}), 0),
        (json!({"duration": "${workflow.input.d}"}), 9),
    ] {
        let (mut run, id) = Run::of(json!([wait(input.clone()), simple("z")]), json!({"d": "9s"}));
        if seconds > 0 {
            assert_eq!(run.task(id, "w").due_at.map(|at| at.0 - T0), Some(seconds * 1000), "{input}");
            run.pass(seconds - 1);
            assert_eq!(run.open(id), ["w"], "{input}");
            run.pass(1);
        }
        run.wake();
        assert_eq!(run.open(id), ["z"], "{input}");
        assert_eq!(run.output(id, "w"), json!({}));
    }
}

#[test]
fn a_wait_that_cannot_be_read_fails() {
    let both = "Both 'duration' and 'until' specified. Please provide only one input";
    for (input, reason) in [
        (json!({"duration": "5s", "until": "2024-01-01"}), both),
        (json!({"duration": "soon"}), "Not valid duration: soon"),
        (json!({"duration": 5}), "Not valid duration: 5"),
        (
            json!({"until": "2024-01-01 25:00"}),
            "Invalid/Unsupported Wait Until format.  Provided: 2024-01-01 25:00",
        ),
    ] {
        let (run, id) = Run::of(json!([wait(input)]), json!({}));
        let task = run.task(id, "w");
        assert_eq!(
            (task.status, task.reason.as_deref()),
            (TaskStatus::FailedWithTerminalError, Some(reason))
        );
        assert_eq!(run.status(id), ExecutionStatus::Failed);
    }
}

#[test]
fn waits_and_humans_end_by_a_signal() {
    for task in [
        wait(json!({})),
        wait(json!({"duration": null})),
        wait(json!({"duration": "9 days"})),
        node("HUMAN", "w", json!({})),
    ] {
        let (mut run, id) = Run::of(json!([task, simple("z")]), json!({}));
        assert_eq!(run.trace(id), "w:IN_PROGRESS");
        run.result(id, "w", TaskStatus::InProgress, json!({"seen": true, "by": "a"}));
        run.result(id, "w", TaskStatus::InProgress, json!({"by": "b"}));
        assert_eq!(run.output(id, "w"), json!({"by": "b"}), "replaced exactly");
        let more = TaskResult {
            task: run.task(id, "w").ordinal,
            merge: Merge::Overlay,
            ..result(TaskStatus::Completed, json!({"ok": 1}))
        };
        run.apply(id, Command::Complete(Box::new(more))).expect("taken");
        assert_eq!(run.output(id, "w"), json!({"by": "b", "ok": 1}), "laid over");
        assert_eq!(run.open(id), ["z"]);
    }
    let (mut run, id) = Run::of(json!([wait(json!({}))]), json!({}));
    run.fail(id, "w", "refused");
    assert_eq!(run.status(id), ExecutionStatus::Failed);
}

#[test]
fn variables_are_set_and_seen() {
    let set = |name: &str, input: Value| node("SET_VARIABLE", name, json!({"inputParameters": input}));
    let mut run = Run::new();
    run.define(json!({
        "name": "wf", "variables": {"a": 0, "c": [1]},
        "tasks": [set("one", json!({"a": 1, "b": "${workflow.input.n}"})), set("two", json!({"a": "${workflow.variables.a}!"}))],
        "outputParameters": {"all": "${workflow.variables}", "c": "${workflow.variables.c[0]}"},
    }));
    let id = run.start("wf", json!({"n": null}));
    assert_eq!(run.trace(id), "one:COMPLETED two:COMPLETED");
    let all = json!({"a": "1!", "b": null, "c": [1]});
    assert_eq!(run.execution(id).output.value(), json!({"all": all, "c": 1}));
    assert_eq!(run.output(id, "one"), json!({}));
}

#[test]
fn variables_have_a_limit() {
    let big = node("SET_VARIABLE", "v", json!({"inputParameters": {"a": "${workflow.input.a}"}}));
    let (run, id) = Run::of(json!([big]), json!({"a": "x".repeat(256 * 1024)}));
    let task = run.task(id, "v");
    assert_eq!(task.status, TaskStatus::FailedWithTerminalError);
    let bytes = 256 * 1024 + r#"{"a":""}"#.len();
    let reason = format!(
        "The variables payload size: {bytes} of workflow: {} is greater than the permissible limit: 256 kilobytes",
        run.execution(id).id
    );
    assert_eq!(task.reason.as_deref(), Some(&*reason));
    assert!(run.execution(id).variables.is_empty(), "nothing was set");
}

#[test]
fn what_nests_too_deep_to_be_read_again_is_refused() {
    let set = node("SET_VARIABLE", "v", json!({"inputParameters": {"v": {"in": "${workflow.variables.v}"}}}));
    let body = json!({"loopCondition": "true", "loopOver": [set]});
    let (run, id) = Run::of(json!([node("DO_WHILE", "l", body)]), json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Failed);
    let said = run.execution(id).reason.clone().unwrap_or_default();
    assert!(said.contains("the input nests deeper than 100 levels of JSON"), "{said}");
    assert!(run.task(id, "l").iteration > 90);

    let deep = format!("{}1{}", "[".repeat(126), "]".repeat(126));
    let mut run = Run::new();
    run.define(json!({"name": "wf", "tasks": [{"name": "t", "taskReferenceName": "t", "inputParameters": {"x": "${workflow.input}"}}]}));
    let plan_input = Json::parse(deep).expect("JSON");
    let id = run.start_with("wf", segue_core::decide::Start { input: plan_input, ..Default::default() });
    assert_eq!(run.task(id, "t").status, TaskStatus::FailedWithTerminalError);
}

#[test]
fn terminate_ends_the_execution_with_its_status() {
    let task = |input: Value| node("TERMINATE", "t", json!({"inputParameters": input}));
    for (input, status, reason, output) in [
        (json!({"terminationStatus": "COMPLETED"}), ExecutionStatus::Completed, None, json!({})),
        (
            json!({"terminationStatus": "FAILED", "terminationReason": "enough", "workflowOutput": {"a": 1}}),
            ExecutionStatus::Failed,
            Some("enough"),
            json!({"a": 1}),
        ),
        (
            json!({"terminationStatus": "TERMINATED", "workflowOutput": [1]}),
            ExecutionStatus::Terminated,
            None,
            json!({"output": [1]}),
        ),
    ] {
        let [fork, join] =
            fork("f", &[json!([simple("a")]), json!([simple("b"), task(input), simple("never")])]);
        let (mut run, id) = Run::of(json!([fork, join]), json!({}));
        run.complete(id, "b", json!({}));
        assert_eq!(run.status(id), status);
        assert_eq!(run.trace(id), "f:COMPLETED a:CANCELED b:COMPLETED f_join:CANCELED t:COMPLETED");
        let own = format!("Workflow is {status} by TERMINATE task: {}", run.execution(id).id.task(5));
        assert_eq!(run.execution(id).reason.as_deref(), Some(reason.unwrap_or(&own)));
        assert_eq!(run.execution(id).output.value(), output);
    }
    let (run, id) =
        Run::of(json!([task(json!({"terminationStatus": "${workflow.input.s}"}))]), json!({"s": "DONE"}));
    assert_eq!(run.task(id, "t").reason.as_deref(), Some("given termination status is not valid"));
    assert_eq!(run.status(id), ExecutionStatus::Failed);
}

#[test]
fn a_noop_is_over_at_once_and_an_unknown_type_is_not_run() {
    let (run, id) = Run::of(json!([node("NOOP", "n", json!({})), simple("a")]), json!({}));
    assert_eq!(run.trace(id), "n:COMPLETED a:SCHEDULED");
    let (run, id) = Run::of(json!([node("MYSTERY", "m", json!({}))]), json!({}));
    assert_eq!(run.trace(id), "");
    let reason = "Invalid task specified. Cannot find task by name m in the task definitions";
    assert_eq!(
        (run.status(id), run.execution(id).reason.as_deref()),
        (ExecutionStatus::Failed, Some(reason))
    );
    let mut run = Run::new();
    run.task_def(json!({"name": "m"}))
        .define(json!({"name": "wf", "tasks": [node("MYSTERY", "m", json!({}))]}));
    let id = run.start("wf", json!({}));
    assert_eq!(run.trace(id), "m:SCHEDULED", "a registered name is a worker's task whatever its type");
}

#[test]
fn messages_wait_for_the_task_that_takes_them() {
    let pull = |name: &str, parameters: Value| json!({"name": name, "taskReferenceName": name, "type": "PULL_WORKFLOW_MESSAGES", "inputParameters": parameters});
    let push = |run: &mut Run, id, n: i32| {
        let command = Command::Push { id: format!("m{n}").into(), payload: Json::of(&json!({"n": n})) };
        run.apply(id, command)
    };
    let tasks = json!([
        pull("none", json!({"blocking": false})),
        pull("one", json!({})),
        pull("some", json!({"batchSize": 5})),
        simple("after")
    ]);
    let (mut run, id) = Run::of(tasks, json!({}));
    assert_eq!(run.output(id, "none"), json!({"messages": [], "count": 0}));
    assert_eq!(run.open(id), ["one"]);
    push(&mut run, id, 1).expect("taken");
    assert_eq!(run.output(id, "one")["messages"][0]["payload"], json!({"n": 1}));
    run.pause(id);
    assert!(matches!(push(&mut run, id, 2), Err(Refusal::NotRunning(_))));
    run.resume(id);
    push(&mut run, id, 2).expect("taken at once");
    assert_eq!(run.output(id, "some")["count"], json!(1));
    run.limits.inbox_max = 2;
    push(&mut run, id, 3).expect("waits");
    push(&mut run, id, 4).expect("waits");
    assert!(matches!(push(&mut run, id, 5), Err(Refusal::InboxFull(2))));
    run.complete(id, "after", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn a_yield_waits_for_a_signal() {
    let (mut run, id) = Run::of(json!([{"name": "y", "taskReferenceName": "y", "type": "YIELD"}]), json!({}));
    assert_eq!(run.task(id, "y").status, TaskStatus::InProgress);
    run.complete(id, "y", json!({"said": 1}));
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}
