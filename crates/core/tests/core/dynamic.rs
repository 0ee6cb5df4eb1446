//! Dynamic forks in their three forms, and tasks whose type is chosen while they run.

use segue_core::status::ExecutionStatus;
use segue_core::view;
use serde_json::{Value, json};

use crate::run::{Run, simple};

fn dynamic_fork(parameters: Value, fields: Value) -> Value {
    let mut fork = json!({"name": "fan", "taskReferenceName": "fan", "type": "FORK_JOIN_DYNAMIC", "inputParameters": parameters});
    fork.as_object_mut().expect("an object").extend(fields.as_object().expect("fields").clone());
    let join = json!({"name": "join", "taskReferenceName": "join", "type": "JOIN", "joinOn": []});
    json!([fork, join, simple("after")])
}

fn listed() -> Value {
    let parameters = json!({"tasks": "${workflow.input.tasks}", "inputs": "${workflow.input.inputs}"});
    dynamic_fork(
        parameters,
        json!({"dynamicForkTasksParam": "tasks", "dynamicForkTasksInputParamName": "inputs"}),
    )
}

#[test]
fn a_list_of_tasks_runs_at_once_and_is_joined() {
    let tasks = json!([
        {"name": "x", "taskReferenceName": "x1", "type": "SIMPLE", "inputParameters": {"own": "${workflow.input.n}"}},
        {"name": "y", "taskReferenceName": "y1", "type": "SIMPLE"}]);
    let (mut run, id) =
        Run::of(listed(), json!({"n": 7, "tasks": tasks, "inputs": {"x1": {"a": 1}, "y1": {"b": 2}}}));
    assert_eq!(run.open(id), ["x1", "y1", "join"]);
    assert_eq!(run.input(id, "x1"), json!({"own": 7, "a": 1}));
    assert_eq!(run.input(id, "y1"), json!({"b": 2}));
    assert_eq!(run.input(id, "fan")["forkedTasks"], json!(["x1", "y1"]));
    let shown = view::task(run.execution(id), run.task(id, "fan"));
    let defs = shown["inputData"]["forkedTaskDefs"].as_array().expect("definitions");
    let names = |def: &Value| (def["name"].clone(), def["taskReferenceName"].clone());
    assert_eq!(
        defs.iter().map(names).collect::<Vec<_>>(),
        [("x".into(), "x1".into()), ("y".into(), "y1".into())]
    );
    assert_eq!(defs[0]["inputParameters"], json!({"own": "${workflow.input.n}"}), "as it was given");
    run.complete(id, "y1", json!({"r": 2}));
    run.complete(id, "x1", json!({"r": 1}));
    assert_eq!(run.output(id, "join"), json!({"x1": {"r": 1}, "y1": {"r": 2}}));
    assert_eq!(run.open(id), ["after"]);
}

#[test]
fn elements_are_done_by_the_same_task() {
    let parameters = json!({"forkTaskName": "crop", "forkTaskInputs": "${workflow.input.list}"});
    let (run, id) =
        Run::of(dynamic_fork(parameters, json!({})), json!({"list": [{"u": 1}, "plain", {"u": 3}]}));
    assert_eq!(run.open(id), ["_crop_0", "_crop_1", "_crop_2", "join"]);
    assert_eq!(run.input(id, "_crop_0"), json!({"u": 1, "__index": 0}));
    assert_eq!(run.input(id, "_crop_1"), json!({"input": "plain", "__index": 1}));
    assert_eq!(run.task(id, "_crop_2").queue.as_ref().map(|queue| &*queue.0), Some("crop"));
}

#[test]
fn elements_are_done_by_sub_workflows() {
    let parameters = json!({
        "forkTaskName": "each", "forkTaskWorkflow": "child", "forkTaskWorkflowVersion": "1",
        "forkTaskInputs": [{"u": 1}, {"u": 2}]});
    let mut run = Run::new();
    run.define(json!({"name": "child", "tasks": [simple("inner")]}));
    run.define(json!({"name": "wf", "tasks": dynamic_fork(parameters, json!({}))}));
    let id = run.start("wf", json!({}));
    let child = run.child(id, "_each_1");
    assert_eq!(run.execution(child).started.input.value(), json!({"u": 2, "__index": 1}));
    run.work_off();
    assert_eq!(run.execution(id).status, ExecutionStatus::Completed);
}

#[test]
fn a_version_that_is_none_fails_the_fork() {
    for (version, fails) in [(json!("abc"), true), (json!(-1), true), (json!(""), false), (json!("1"), false)]
    {
        let parameters = json!({"forkTaskName": "each", "forkTaskWorkflow": "child",
            "forkTaskWorkflowVersion": version, "forkTaskInputs": [{}]});
        let mut run = Run::new();
        run.define(json!({"name": "child", "tasks": [simple("inner")]}));
        run.define(json!({"name": "wf", "tasks": dynamic_fork(parameters, json!({}))}));
        let id = run.start("wf", json!({}));
        let reason = run.execution(id).reason.as_deref().unwrap_or_default();
        let expected = format!("forkTaskWorkflowVersion must be a positive integer, found {version}");
        assert_eq!(reason.contains(&expected), fails, "{version}: {reason}");
        assert_eq!(run.execution(id).status == ExecutionStatus::Failed, fails, "{version}");
    }
}

#[test]
fn the_legacy_list_carries_its_inputs() {
    let parameters = json!({"dyn": {"dynamicTasks": [
        {"taskName": "x", "referenceName": "x1", "input": {"a": 1}}, {"taskName": "x", "referenceName": "x2"}]}});
    let (run, id) = Run::of(dynamic_fork(parameters, json!({"dynamicForkJoinTasksParam": "dyn"})), json!({}));
    assert_eq!(run.open(id), ["x1", "x2", "join"]);
    assert_eq!(run.input(id, "x1"), json!({"a": 1}));
}

#[test]
fn an_empty_list_joins_at_once() {
    let (run, id) = Run::of(listed(), json!({"tasks": [], "inputs": {}}));
    assert_eq!(run.trace(id), "fan:COMPLETED join:COMPLETED after:SCHEDULED");
}

#[test]
fn bad_input_fails_the_execution_with_its_reason() {
    let x = json!({"name": "x", "taskReferenceName": "x1"});
    let cases = [
        (json!({"tasks": [x], "inputs": [1]}), "is not a map"),
        (json!({"tasks": null, "inputs": {}}), "has no dynamic tasks to be scheduled"),
        (json!({"tasks": [x, x], "inputs": {}}), "duplicate task reference name: x1"),
        (
            json!({"tasks": [{"name": "x", "taskReferenceName": null}], "inputs": {}}),
            "Cannot deserialize a list",
        ),
        (json!({"tasks": 5, "inputs": {}}), "Cannot deserialize a list"),
        (
            json!({"tasks": [{"name": "x", "taskReferenceName": "after"}], "inputs": {}}),
            "duplicate task reference",
        ),
    ];
    for (input, expected) in cases {
        let (run, id) = Run::of(listed(), input.clone());
        let execution = run.execution(id);
        assert_eq!(execution.status, ExecutionStatus::Failed, "{input}");
        let reason = execution.reason.as_deref().unwrap_or_default();
        assert!(reason.contains(expected), "{input}: {reason}");
    }
}

#[test]
fn in_a_loop_each_iteration_has_branches_of_its_own() {
    let mut body = listed();
    body.as_array_mut().expect("tasks").pop();
    body[0]["inputParameters"] = json!({"tasks": "${pick.output.tasks}", "inputs": {}});
    body.as_array_mut().expect("tasks").insert(0, simple("pick"));
    let (mut run, id) = Run::of(
        json!([{"name": "l", "taskReferenceName": "l", "type": "DO_WHILE", "loopCondition": "$.l['iteration'] < 3", "loopOver": body}]),
        json!({}),
    );
    let one = |name: &str| json!({"tasks": [{"name": name, "taskReferenceName": "b", "type": "SIMPLE"}]});
    for (number, name) in [(1, "x"), (2, "y"), (3, "x")] {
        run.complete(id, &format!("pick__{number}"), one(name));
        let branch = run.task(id, &format!("b__{number}"));
        assert_eq!(branch.queue.as_ref().map(|queue| &*queue.0), Some(name));
        run.complete(id, &format!("b__{number}"), json!({"n": number}));
    }
    assert_eq!(run.execution(id).status, ExecutionStatus::Completed);
    assert_eq!(run.output(id, "l")["2"]["join"], json!({"b": {"n": 2}}));
    assert_eq!(run.output(id, "l")["3"]["join"], json!({"b": {"n": 3}}));
}

#[test]
fn a_dynamic_task_becomes_the_one_that_its_input_names() {
    let task = json!({"name": "d", "taskReferenceName": "d", "type": "DYNAMIC", "dynamicTaskNameParam": "what",
        "inputParameters": {"what": "${workflow.input.what}", "n": 1}});
    let fork = json!([
        {"name": "f", "taskReferenceName": "f", "type": "FORK_JOIN", "forkTasks": [[task], [simple("b")]]},
        {"name": "j", "taskReferenceName": "j", "type": "JOIN", "joinOn": ["d", "b"]}]);
    let mut run = Run::new();
    run.task_def(json!({"name": "greet", "retryCount": 1, "retryDelaySeconds": 0}));
    run.define(json!({"name": "wf", "tasks": fork}));
    let id = run.start("wf", json!({"what": "greet"}));
    assert_eq!(run.open(id), ["d", "b", "j"]);
    assert_eq!(run.task(id, "d").queue.as_ref().map(|queue| &*queue.0), Some("greet"));
    run.complete(id, "b", json!({}));
    run.fail(id, "d", "no");
    run.wake();
    run.complete(id, "d", json!({"said": "hi"}));
    assert_eq!(run.output(id, "j"), json!({"d": {"said": "hi"}}));
    assert_eq!(run.execution(id).status, ExecutionStatus::Completed);

    for (what, expected) in [("nobody", "Invalid task specified"), ("", "Cannot map a dynamic task")] {
        let id = run.start("wf", json!({"what": what}));
        let reason = run.execution(id).reason.as_deref().unwrap_or_default().to_owned();
        assert!(reason.contains(expected), "{what}: {reason}");
    }
    let id = run.start("wf", json!({"what": "NOOP"}));
    assert_eq!(run.task(id, "d").status.as_str(), "COMPLETED");
}

#[test]
fn a_fork_in_a_branch_has_the_branches_of_its_own_iteration() {
    let inner = |name: &str| {
        let tasks: Value = (1..=2).map(|number| simple(&format!("{name}{number}"))).collect();
        json!([
            {"name": "in", "taskReferenceName": "in", "type": "FORK_JOIN_DYNAMIC", "dynamicForkTasksParam": "tasks",
                "dynamicForkTasksInputParamName": "inputs", "inputParameters": {"tasks": tasks, "inputs": {}}},
            {"name": "in_join", "taskReferenceName": "in_join", "type": "JOIN"}])
    };
    let branch = |name: &str| {
        json!({"tasks": [{"name": "b", "taskReferenceName": "b", "type": "DO_WHILE", "loopCondition": "false",
            "loopOver": inner(name)}]})
    };
    let mut body = listed();
    body.as_array_mut().expect("tasks").pop();
    body[0]["inputParameters"] = json!({"tasks": "${pick.output.tasks}", "inputs": {}});
    body.as_array_mut().expect("tasks").insert(0, simple("pick"));
    let (mut run, id) = Run::of(
        json!([{"name": "l", "taskReferenceName": "l", "type": "DO_WHILE", "loopCondition": "$.l['iteration'] < 3", "loopOver": body}]),
        json!({}),
    );
    for (number, name) in [(1, "x"), (2, "y"), (3, "x")] {
        run.complete(id, &format!("pick__{number}"), branch(name));
        let open = run.open(id);
        for branch in 1..=2 {
            let name = format!("{name}{branch}__{number}__1");
            assert!(open.contains(&name), "{name} in {open:?}");
            run.complete(id, &name, json!({"n": number}));
        }
    }
    assert_eq!(run.execution(id).status, ExecutionStatus::Completed);
}
