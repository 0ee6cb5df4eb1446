//! SUB_WORKFLOW: executions as tasks of others.

use segue_core::decide::Start;
use segue_core::id::ExecutionId;
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::{Run, node, simple};

/// A task that starts `inner`, with more fields.
pub(crate) fn sub(reference: &str, param: Value, more: Value) -> Value {
    let mut task = node("SUB_WORKFLOW", reference, more);
    task["subWorkflowParam"] = param;
    task
}

pub(crate) fn inner() -> Value {
    json!({"name": "inner"})
}

/// `wf` with these tasks, and `inner` with one worker's task `i`.
pub(crate) fn family(tasks: Value) -> Run {
    let mut run = Run::new();
    run.define(json!({"name": "inner", "tasks": [simple("i")], "inputTemplate": {"t": 1}}));
    run.define(json!({"name": "wf", "tasks": tasks}));
    run
}

fn reason(run: &Run, id: ExecutionId) -> String {
    run.execution(id).reason.as_deref().unwrap_or_default().to_owned()
}

#[test]
fn a_child_runs_and_its_output_is_the_tasks() {
    let mut run = family(json!([
        sub("s", inner(), json!({"inputParameters": {"n": "${workflow.input.n}"}})),
        simple("z")
    ]));
    let start = Start { correlation_id: Some("c1".into()), priority: 9, ..Start::default() };
    let start = Start { input: segue_core::json::Json::of(&json!({"n": 4})), ..start };
    let id = run.start_with("wf", start);
    let child = run.child(id, "s");
    let started = run.execution(child).started.clone();
    assert_eq!(started.input.value(), json!({"n": 4, "t": 1}));
    assert_eq!((started.correlation_id.as_deref(), started.priority, started.depth), (Some("c1"), 0, 1));
    assert_eq!((started.parent, started.root), (Some(id.task(1)), Some(id)));
    run.complete(child, "i", json!({"x": 1}));
    assert_eq!(run.output(id, "s"), json!({"x": 1, "subWorkflowId": child.to_string()}));
    assert_eq!(run.open(id), ["z"]);
}

#[test]
fn definitions_are_named_written_in_place_or_computed() {
    let inline = json!({"name": "here", "tasks": [simple("h")]});
    let tasks = json!([
        sub(
            "named",
            json!({"name": "${workflow.input.name}", "version": "${workflow.input.version}"}),
            json!({})
        ),
        sub("inline", json!({"workflowDefinition": inline}), json!({"inputParameters": {"a": 1}})),
        sub(
            "computed",
            json!({"workflowDefinition": "${workflow.input.def}", "priority": "${workflow.input.p}"}),
            json!({"inputParameters": {"a": 1}})
        ),
    ]);
    let mut run = family(tasks);
    run.define(json!({"name": "inner", "version": 2, "tasks": [simple("i2")]}));
    let def = json!({"name": "made", "tasks": [simple("m")]});
    let id = run.start("wf", json!({"name": "inner", "version": "1", "def": def, "p": "70"}));
    let named = run.child(id, "named");
    assert_eq!(run.trace(named), "i:SCHEDULED");
    // Without parameters of its own a child sees the whole input of the task.
    let whole = json!({
        "subWorkflowName": "inner", "subWorkflowVersion": 1, "subWorkflowTaskToDomain": null, "priority": null,
        "workflowInput": {}, "t": 1,
    });
    assert_eq!(run.execution(named).started.input.value(), whole);
    run.complete(named, "i", json!({}));
    let inline = run.child(id, "inline");
    let dynamic = json!({"a": 1, "_systemMetadata": {"dynamic": true}});
    assert_eq!(
        (run.trace(inline).as_str(), run.execution(inline).started.input.value()),
        ("h:SCHEDULED", dynamic.clone())
    );
    run.complete(inline, "h", json!({}));
    let computed = run.child(id, "computed");
    let started = &run.execution(computed).started;
    assert_eq!((&*started.name, started.priority, started.input.value()), ("made", 70, dynamic));
}

#[test]
fn what_cannot_start_fails_the_task() {
    for (param, more, status, said) in [
        (
            json!({"name": "gone"}),
            json!({}),
            TaskStatus::Failed,
            "The Task s defined as a sub-workflow has no workflow definition available ",
        ),
        (
            json!({"name": "gone", "version": 3}),
            json!({}),
            TaskStatus::Failed,
            "No such workflow defined. name=gone, version=3",
        ),
        (
            json!({"name": "gone"}),
            json!({"optional": true}),
            TaskStatus::CompletedWithErrors,
            "The Task s defined",
        ),
        (
            json!({"workflowDefinition": "${workflow.input.def}"}),
            json!({}),
            TaskStatus::Failed,
            "the expression of subWorkflowParam.workflowDefinition yields no definition",
        ),
    ] {
        let mut run = family(json!([sub("s", param, more)]));
        let id = run.start("wf", json!({"def": 5}));
        let task = run.task(id, "s");
        assert_eq!((task.status, task.child), (status, None));
        assert!(task.reason.as_deref().unwrap_or_default().starts_with(said), "{:?}", task.reason);
        assert_eq!(run.executions.len(), 1);
    }
}

#[test]
fn a_definition_that_contains_itself_stops_at_the_depth_limit() {
    let mut run = Run::new();
    run.checks = false;
    run.define(json!({"name": "wf", "tasks": [sub("s", json!({"name": "wf"}), json!({}))]}));
    let id = run.start("wf", json!({}));
    assert_eq!(run.executions.len(), 101, "the root and 100 levels");
    assert!(run.executions.values().all(|live| live.execution.status == ExecutionStatus::Failed));
    let deepest =
        run.executions.values().find(|live| live.execution.started.depth == 100).expect("a deepest");
    let task = &deepest.execution.tasks()[0];
    assert_eq!(task.status, TaskStatus::FailedWithTerminalError);
    assert_eq!(task.reason.as_deref(), Some("sub-workflows nest deeper than 100 levels"));
    assert!(reason(&run, id).chars().count() < 700, "reasons do not pile up");
}

#[test]
fn the_childs_end_decides_the_tasks() {
    let mut run = family(json!([sub("s", inner(), json!({}))]));
    let id = run.start("wf", json!({}));
    let child = run.child(id, "s");
    run.fail(child, "i", "no");
    let said = format!("Sub workflow {child} failure reason: {}", reason(&run, child));
    assert_eq!(
        (run.task(id, "s").status, run.task(id, "s").reason.as_deref()),
        (TaskStatus::Failed, Some(&*said))
    );
    assert_eq!(run.status(id), ExecutionStatus::Failed);

    let id = run.start("wf", json!({}));
    let child = run.child(id, "s");
    run.terminate(child, "stop");
    assert_eq!(
        (run.task(id, "s").status, run.status(id)),
        (TaskStatus::Canceled, ExecutionStatus::Terminated)
    );
}

#[test]
fn the_end_of_a_parent_ends_its_children() {
    let mut run = family(json!([sub("s", inner(), json!({}))]));
    run.define(json!({"name": "top", "tasks": [sub("t", json!({"name": "wf"}), json!({}))]}));
    let id = run.start("top", json!({}));
    let middle = run.child(id, "t");
    let bottom = run.child(middle, "s");
    run.terminate(id, "stop");
    for id in [id, middle, bottom] {
        assert_eq!(run.status(id), ExecutionStatus::Terminated);
    }
    assert_eq!(reason(&run, middle), "Parent workflow has been terminated with reason: stop");
    assert_eq!(run.task(bottom, "i").status, TaskStatus::Canceled);
}

#[test]
fn a_retry_starts_a_new_child_after_its_delay() {
    let mut run = Run::new();
    run.task_def(json!({"name": "s", "retryCount": 1, "retryDelaySeconds": 10}));
    run.define(json!({"name": "inner", "tasks": [simple("i")]}));
    run.define(json!({"name": "wf", "tasks": [sub("s", inner(), json!({}))]}));
    let id = run.start("wf", json!({}));
    let first = run.child(id, "s");
    run.fail(first, "i", "no");
    assert_eq!(run.trace(id), "s:FAILED s#1:SCHEDULED");
    assert_eq!((run.task(id, "s").child, run.executions.len()), (None, 2));
    run.pass(9);
    assert_eq!(run.executions.len(), 2, "not yet");
    run.pass(1);
    assert_eq!(run.trace(id), "s:FAILED s#1:IN_PROGRESS");
    let second = run.child(id, "s");
    assert_ne!(first, second);
    run.complete(second, "i", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn many_retries_of_what_cannot_start_take_their_time() {
    let mut run = Run::new();
    run.task_def(json!({"name": "s", "retryCount": 2_000_000_000, "retryDelaySeconds": 0}));
    run.define(json!({"name": "wf", "tasks": [sub("s", json!({"name": "gone"}), json!({}))]}));
    run.checks = false;
    run.limits.transitions_max = 300;
    let id = run.start("wf", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Running);
    assert!(run.execution(id).tasks().len() < 200, "one record does only so much");
    run.limits.tasks_max = 1_000;
    run.wake();
    assert_eq!(run.status(id), ExecutionStatus::Failed, "and an execution has only so many tasks");
}

#[test]
fn an_attempt_that_times_out_stops_its_child() {
    let mut run = Run::new();
    run.task_def(json!({"name": "s", "retryCount": 1, "retryDelaySeconds": 0, "timeoutSeconds": 30, "responseTimeoutSeconds": 30, "timeoutPolicy": "RETRY"}));
    run.define(json!({"name": "inner", "tasks": [simple("i")]}));
    run.define(json!({"name": "wf", "tasks": [sub("s", inner(), json!({}))]}));
    let id = run.start("wf", json!({}));
    let first = run.child(id, "s");
    run.pass(30);
    assert_eq!(run.trace(id), "s:TIMED_OUT s#1:IN_PROGRESS");
    assert_eq!(
        (run.status(first), reason(&run, first).as_str()),
        (ExecutionStatus::Terminated, "Parent task has ended with status TIMED_OUT")
    );
    assert_eq!(run.status(run.child(id, "s")), ExecutionStatus::Running);
}

#[test]
fn a_start_that_says_something_else_than_a_start_fails_with_the_field() {
    let define = |run: &mut Run| {
        let start =
            node("START_WORKFLOW", "s", json!({"inputParameters": {"startWorkflow": "${workflow.input}"}}));
        run.define(json!({"name": "wf", "tasks": [start]}));
        run.define(json!({"name": "inner", "tasks": [simple("i")]}));
    };
    for (request, field) in [
        (json!({"name": "inner", "input": [1]}), "input"),
        (json!({"name": "inner", "priority": 100}), "priority"),
        (json!({"name": "inner", "priority": -1}), "priority"),
        (json!({"name": "inner", "priority": "high"}), "priority"),
        (json!({"name": "inner", "version": "abc"}), "version"),
        (json!({"name": "inner", "version": 0}), "version"),
        (json!({"name": "inner", "version": 1.5}), "version"),
        (json!({"name": ""}), "name"),
        (json!({"workflowDef": {"name": "x", "tasks": []}}), "workflowDef.tasks"),
        (json!({"name": "inner", "input": null, "priority": "7", "version": "1"}), ""),
    ] {
        let mut run = Run::new();
        define(&mut run);
        let id = run.start("wf", request.clone());
        let task = run.task(id, "s");
        let reason = task.reason.as_deref().unwrap_or_default();
        match field {
            "" => assert_eq!(task.status, TaskStatus::Completed, "{reason}"),
            field => {
                assert_eq!(task.status, TaskStatus::Failed, "{request}");
                let start = format!("startWorkflow validation failed. '{field}' -> ");
                assert!(reason.starts_with(&start), "{request}: {reason}");
            }
        }
    }
}

#[test]
fn a_child_of_no_version_and_a_child_of_no_tasks_do_not_start() {
    let computed = json!({"workflowDefinition": "${workflow.input.d}"});
    for (param, input, expected) in [
        (
            json!({"name": "inner", "version": "${workflow.input.v}"}),
            json!({"v": "abc"}),
            "subWorkflowParam.version must be a positive integer, found \"abc\"",
        ),
        (computed, json!({"d": {"name": "x", "tasks": []}}), "WorkflowTask list cannot be empty"),
    ] {
        let mut run = family(json!([sub("s", param, json!({}))]));
        let id = run.start("wf", input);
        assert_eq!(run.status(id), ExecutionStatus::Failed);
        assert!(reason(&run, id).contains(expected), "{}", reason(&run, id));
    }
}
