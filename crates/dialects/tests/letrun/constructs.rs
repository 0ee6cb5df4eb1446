//! What constructs compile to beyond the samples: outputs, retries, helpers' names, workflow files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use segue_core::definition::{InlineDefinition, RetryLogic};
use segue_dialects::Document;
use segue_dialects::letrun::{Options, compile};
use serde_json::{Value, json};

use super::{compiled, node, of_tasks, outline, shown};

fn log(name: &str) -> Value {
    json!({"name": name, "handler": "log", "parameters": {"message": "m"}})
}

/// The output's template of a workflow of these tasks.
fn output(tasks: &Value) -> Value {
    of_tasks(tasks).definition.output_parameters["result"].clone()
}

#[test]
fn a_workflow_gives_what_its_last_task_gives() {
    let test = json!({"left": 1, "operator": "==", "right": 1});
    let both =
        json!([{"name": "c", "handler": "if", "parameters": test, "then": [log("a")], "else": [log("b")]}]);
    let one = json!([{"name": "c", "handler": "if", "parameters": test, "then": [log("a")]}]);
    let object = json!([{"name": "c", "handler": "if", "parameters": test, "then": {"a": log("x")}, "else": [log("b")]}]);
    let cases = [
        (json!([]), json!(null)),
        (json!([log("a"), log("b")]), json!("${b.output.result ?? null}")),
        (
            json!({"b": log("x"), "say hi": log("x")}),
            json!(["${b.output.result ?? null}", "${['say hi'].output.result ?? null}"]),
        ),
        (both, json!("${a.output.result ?? b.output.result ?? c.output.result ?? null}")),
        (one, json!("${c_then_output.input.result ?? c.output.result ?? null}")),
        (object, json!("${c_then_output.input.result ?? b.output.result ?? c.output.result ?? null}")),
        (
            json!([{"name": "l", "handler": "for", "parameters": {"from": 1, "to": 2}, "loopOver": [log("a")]}]),
            json!("${l_begin.output.result.final ?? null}"),
        ),
    ];
    for (tasks, expected) in cases {
        assert_eq!(output(&tasks), expected, "{tasks}");
    }
}

#[test]
fn an_empty_workflow_and_a_lone_task_run() {
    insta::assert_snapshot!(outline(&compiled("name: nothing\ntasks: {}\n")), @"NOOP nothing");
    let lone = compile(
        &Document::new("{\"handler\": \"log\", \"parameters\": {\"message\": \"hi\"}}")
            .in_file("x/greet.json"),
        &Options::default(),
    );
    let lone = lone.expect("compiles");
    assert_eq!(lone.definition.name, "greet");
    insta::assert_snapshot!(outline(&lone), @"letrun.log greet");
}

#[test]
fn retries_are_inherited_field_by_field() {
    let text = json!({"name": "w", "retryCount": 5, "tasks": [
        {"name": "outer", "handler": "log", "parameters": {"message": "m"}, "retryStrategy": "linear_backoff",
         "tasks": [{"name": "inner", "handler": "log", "parameters": {"message": "m"}, "retryDelaySeconds": 2}]},
        {"name": "alone", "handler": "log", "parameters": {"message": "m"}, "retryCount": 0, "retryStrategy": "exponential_backoff"}]});
    let defs = |options: &Options| {
        let compiled = compile(&Document::new(&text.to_string()), options).expect("compiles");
        ["outer", "inner", "alone"].map(|name| {
            let task = node(&compiled.definition.tasks, name).expect(name).clone();
            let def = task.task_definition.expect("a task definition");
            (task.retry_count, def.retry_logic, def.retry_delay_seconds.ms())
        })
    };
    assert_eq!(
        defs(&Options::default()),
        [
            (Some(5), RetryLogic::LinearBackoff, 4500),
            (Some(5), RetryLogic::LinearBackoff, 3000),
            (Some(0), RetryLogic::ExponentialBackoff, 6000),
        ]
    );
    let attempts = Options { attempts_not_retries: true, ..Options::default() };
    assert_eq!(defs(&attempts).map(|(count, ..)| count), [Some(4), Some(4), Some(0)]);
}

#[test]
fn helpers_never_take_a_name_of_the_author() {
    let compiled = of_tasks(&json!([
        {"name": "l", "handler": "iterate", "parameters": {"items": [1]}, "loopOver": {"a": log("x")}},
        log("l_begin"), log("l_fork"), {"name": "workflow", "handler": "log", "parameters": {"message": "m"}}]));
    insta::assert_snapshot!(outline(&compiled), @r#"
    letrun.iterate l_begin_2
    FOR_EACH l
      - loopOver
        FORK_JOIN l_fork_2
          - forkTasks[0]
            letrun.log a
        JOIN l_join on a
    letrun.log l_begin
    letrun.log l_fork
    letrun.log workflow_task
    "#);
    let owners = segue_dialects::letrun::owners(&compiled.definition);
    assert_eq!(owners.keys().cloned().collect::<std::collections::HashSet<_>>(), compiled.helpers);
    let mut helpers: Vec<_> = owners.into_iter().collect();
    helpers.sort();
    assert_eq!(helpers, ["l_begin_2", "l_fork_2", "l_join"].map(|name| (name.to_owned(), "l".to_owned())));
}

#[test]
fn every_task_goes_to_the_host_that_has_an_invoker() {
    let text = json!({"name": "w", "tasks": [
        {"name": "c", "handler": "catch", "tasks": [{"name": "d", "handler": "docker:alpine"}], "catch": [log("a")]}]});
    let options = Options { host_does_all: true, ..Options::default() };
    let compiled = compile(&Document::new(&text.to_string()), &options).expect("compiles");
    insta::assert_snapshot!(outline(&compiled), @r#"
    TRY_CATCH c
      - tryTasks
        letrun.script d
      - catchTasks
        letrun.script c_caught
        SWITCH c_match
          - decisionCases['true']
            letrun.script a
          - defaultCase
            letrun.rethrow c_rethrow
    letrun.caught c_end
    "#);
    let used: Vec<_> =
        compiled.handlers.iter().map(|used| (used.text.as_str(), used.path.as_str())).collect();
    assert_eq!(used, [("docker:alpine", "tasks[0].tasks[0].handler")]);
}

#[test]
fn errors_that_are_ignored_leave_no_half_of_a_construct() {
    let tasks = json!([
        {"name": "l", "handler": "iterate", "ignoreError": true, "parameters": {"items": "${input.x}"}, "loopOver": [log("a")]},
        {"name": "s", "handler": "switch", "ignoreError": true, "parameters": {"expression": "x"}, "defaultCase": [log("b")]},
        {"name": "c", "handler": "catch", "ignoreError": true, "tasks": [{"name": "t", "handler": "x.js", "ignoreError": true}], "finally": []}]);
    insta::assert_snapshot!(outline(&of_tasks(&tasks)), @r#"
    letrun.iterate l_begin?
    SWITCH l_branch
      - decisionCases['COMPLETED']
        FOR_EACH l
          - loopOver
            letrun.log a
    letrun.switch s?
    SWITCH s_branch
      - defaultCase
        letrun.log b
    TRY_CATCH c?
      - tryTasks
        letrun.script t?
        NOOP c_tried
      - finallyTasks
        NOOP c_finally_nothing
    letrun.caught c_end?
    "#);
}

/// Files by name; `Err` for those that are not there.
fn files(path: &Path) -> io::Result<String> {
    let circle = |next: &str| json!({"name": "c", "tasks": [{"name": "x", "handler": "run-workflow", "parameters": {"file": next}}]});
    match path.to_str().unwrap_or_default() {
        "sub/child.yaml" => Ok("name: child\ninput: {a: 1}\ntasks:\n  - name: t\n    handler: log\n    parameters: {message: '${input.a}'}\n".into()),
        "sub/a.json" => Ok(circle("./b.json").to_string()),
        "sub/b.json" => Ok(circle("../sub/a.json").to_string()),
        "sub/broken.json" => Ok("{\"name\": \"x\", \"tasks\": [{\"name\": \"y\"}]}".into()),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

fn with_file(file: &str) -> Result<segue_dialects::letrun::Compiled, Vec<segue_dialects::Diagnostic>> {
    let text = json!({"name": "w", "tasks": [
        {"name": "x", "handler": "workflow", "parameters": {"file": file, "input": {"b": "${input.c}"}}}]});
    let options =
        Options { base: Some(PathBuf::from("sub")), read: Some(Arc::new(files)), ..Options::default() };
    compile(&Document::new(&text.to_string()).in_file("sub/w.json"), &options)
}

#[test]
fn workflow_files_are_compiled_in_place() {
    let compiled = with_file("child.yaml").expect("compiles");
    let task = &compiled.definition.tasks[0];
    assert_eq!(
        (task.type_.as_str(), &task.input_parameters["b"]),
        ("SUB_WORKFLOW", &json!("${workflow.input.c ?? '${input.c}'}"))
    );
    let child = task.sub_workflow_param.as_ref().and_then(|param| param.workflow_definition.as_ref());
    let Some(InlineDefinition::Definition(child)) = child else { panic!("in place") };
    assert_eq!((child.name.as_str(), &child.input_template["a"]), ("child", &json!(1)));
}

#[test]
fn a_workflow_that_is_not_known_yet_is_loaded_by_its_task() {
    for (file, warnings) in [("${input.file}", 0), ("later.json", 1)] {
        let compiled = with_file(file).expect("compiles");
        assert_eq!(outline(&compiled), "letrun.script x_load\nSUB_WORKFLOW x\n");
        assert_eq!(compiled.warnings.len(), warnings, "{}", shown(&compiled.warnings));
    }
}

#[test]
fn circles_and_broken_files_are_told_where_they_are() {
    let told = |file: &str| shown(&with_file(file).expect_err(file));
    insta::assert_snapshot!(told("a.json"), @"sub/b.json: line 1, column 80: tasks[0].parameters.file: workflow files run each other in a circle: sub/w.json -> sub/a.json -> sub/b.json -> sub/a.json");
    insta::assert_snapshot!(told("broken.json"), @r#"
    sub/broken.json: line 1, column 25: tasks[0]: "handler" is required
    "#);
}
