//! What `${…}` sees of an execution: `workflow.*`, `<ref>.*`, and paths without a root name.

use segue_core::decide::Start;
use segue_core::json::Json;
use serde_json::{Value, json};

use crate::run::{Run, T0, node, simple};

const WORKFLOW: [&str; 12] = [
    "input",
    "output",
    "status",
    "workflowId",
    "parentWorkflowId",
    "parentWorkflowTaskId",
    "workflowType",
    "version",
    "correlationId",
    "reasonForIncompletion",
    "schemaVersion",
    "variables",
];

const TASK: [&str; 18] = [
    "input",
    "output",
    "taskType",
    "status",
    "referenceTaskName",
    "retryCount",
    "correlationId",
    "pollCount",
    "taskDefName",
    "scheduledTime",
    "startTime",
    "endTime",
    "workflowInstanceId",
    "taskId",
    "reasonForIncompletion",
    "callbackAfterSeconds",
    "workerId",
    "iteration",
];

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn reader(parameters: Value) -> Value {
    let mut task = simple("z");
    task["inputParameters"] = parameters;
    task
}

#[test]
fn a_workflow_and_a_task_are_seen_field_by_field_and_whole() {
    let mut run = Run::new();
    let mut parameters = json!({"workflow": "${workflow}", "a": "${a}", "names": "${keys()}"});
    for (root, fields) in [("workflow", &WORKFLOW[..]), ("a", &TASK[..])] {
        for field in fields {
            parameters[format!("{root}.{field}")] = json!(format!("${{{root}.{field}}}"));
        }
    }
    run.define(json!({"name": "wf", "version": 3, "tasks": [simple("a"), reader(parameters)]}));
    let input = Json::of(&json!({"n": 1}));
    let id = run.start_with("wf", Start { input, correlation_id: Some("c".into()), ..Start::default() });
    run.claim(id, "a").expect("claimed");
    run.complete(id, "a", json!({"o": 2}));
    let seen = run.input(id, "z");
    assert_eq!((keys(&seen["workflow"]), keys(&seen["a"])), (WORKFLOW.to_vec(), TASK.to_vec()));
    assert_eq!(seen["names"], json!(["workflow", "a"]));
    for (root, fields) in [("workflow", &WORKFLOW[..]), ("a", &TASK[..])] {
        for field in fields {
            assert_eq!(seen[root][field], seen[format!("{root}.{field}")], "{root}.{field}");
        }
    }
    let expected = json!({
        "input": {"n": 1}, "output": {}, "status": "RUNNING", "workflowId": id.to_string(), "parentWorkflowId": null,
        "parentWorkflowTaskId": null, "workflowType": "wf", "version": 3, "correlationId": "c",
        "reasonForIncompletion": null, "schemaVersion": 2, "variables": {},
    });
    assert_eq!(seen["workflow"], expected);
    let expected = json!({
        "input": {}, "output": {"o": 2}, "taskType": "work", "status": "COMPLETED", "referenceTaskName": "a",
        "retryCount": 0, "correlationId": "c", "pollCount": 1, "taskDefName": "work", "scheduledTime": T0, "startTime": T0,
        "endTime": T0, "workflowInstanceId": id.to_string(), "taskId": seen["a"]["taskId"],
        "reasonForIncompletion": null, "callbackAfterSeconds": 0, "workerId": "w1", "iteration": 0,
    });
    assert_eq!(seen["a"], expected);
}

#[test]
fn queries_run_on_inputs_outputs_and_variables() {
    let set = node("SET_VARIABLE", "v", json!({"inputParameters": {"limit": 2}}));
    let parameters = json!({
        "wanted": "${a.output.items[?(@.n >= $.workflow.variables.limit)].id}",
        "deep": "${$..id}", "total": "${sum($.a.output.items[*].n)}", "sizes": "${a['input','output'].length()}",
        "text": "ids ${a.output.items[*].id}", "none": "${nobody..x}", "env": "${workflow.env.PATH}", "path": "${PATH}",
        "joined": "${j.output.a.items[-1:].id}", "secret": "Bearer ${workflow.secrets.KEY}",
    });
    let join = node("JOIN", "j", json!({"joinOn": ["a"]}));
    let fork = node("FORK_JOIN", "f", json!({"forkTasks": [[simple("a")]]}));
    let (mut run, id) =
        Run::of(json!([set, fork, join, simple("b"), reader(parameters)]), json!({"id": "w"}));
    run.complete(id, "a", json!({"items": [{"id": "x", "n": 1}, {"id": "y", "n": 2}, {"id": "z", "n": 3}]}));
    run.complete(id, "b", json!({}));
    let expected = json!({
        "wanted": ["y", "z"], "deep": ["w", "x", "y", "z", "x", "y", "z"], "total": 6.0, "sizes": [0, 1],
        "text": "ids [x, y, z]", "none": [], "env": null, "path": null, "joined": ["z"],
        "secret": "Bearer ${workflow.secrets.KEY}",
    });
    assert_eq!(run.input(id, "z"), expected);
}

#[test]
fn a_retry_expands_the_definition_again_and_not_what_it_gave() {
    let mut run = Run::new();
    let mut task = reader(json!({"x": "${workflow.input.x}", "y": "> ${workflow.input.x}"}));
    task["retryCount"] = json!(1);
    run.define(json!({"name": "wf", "tasks": [task]}));
    let id = run.start("wf", json!({"x": "${workflow.input.secret} $${y}", "secret": "s"}));
    let expected = json!({"x": "${workflow.input.secret} $${y}", "y": "> ${workflow.input.secret} $${y}"});
    assert_eq!(run.input(id, "z"), expected);
    run.fail(id, "z", "no");
    assert_eq!((run.task(id, "z").attempt, run.input(id, "z")), (1, expected));
}
