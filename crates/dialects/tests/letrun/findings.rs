//! What is wrong with a file is told all at once, with its place and a hint.

use annotate_snippets::Renderer;
use segue_dialects::Document;
use segue_dialects::letrun::{Options, compile, is_letrun};

use super::{compiled, refused, shown};

#[test]
fn everything_wrong_is_told_at_once() {
    let text = r#"{
  "name": "w",
  "retryCount": -1,
  "tasks": [
    {"name": "a", "handler": "log", "parameters": {"mesage": "x"}, "retryStrategy": "exponential"},
    {"handler": "delay", "parameters": {"time": 5}},
    {"name": "b", "handlr": "log"},
    {"name": "i", "handler": "if", "parameters": {"left": 1, "operator": "=="}, "tasks": []},
    {"name": "l", "handler": "for", "parameters": {"from": "1", "to": "x", "step": 0}},
    {"name": "s", "handler": "switch", "parameters": {"expression": 5}},
    {"name": "c", "handler": "catch", "parameters": {"errorName": "E", "expression": "x"}, "tasks": [{"name": "a", "handler": "x.js"}]},
    {"name": "d", "handler": "scirpt:x.js", "ignoreError": "maybe"},
    {"name": "e", "handler": "log", "parameters": {"message": "m", "level": "warning"}, "loopOver": []},
    {"name": "f", "handler": "workflow"},
    5
  ]
}"#;
    insta::assert_snapshot!(shown(&refused(text)), @r#"
    line 3, column 17: retryCount: `retryCount` cannot be -1, expected a whole number of retries, 0 or more
    line 5, column 51: tasks[0].parameters: Invalid parameters: "message" is required
    line 5, column 62: tasks[0].parameters.mesage: Invalid parameters: "mesage" is not allowed, expected `level`, `message` (did you mean `message`?)
    line 5, column 85: tasks[0].retryStrategy: Unsupported retry strategy: exponential, expected `fixed`, `exponential_backoff` or `linear_backoff`
    line 6, column 5: tasks[1]: "name" is required for a task in a list
    line 7, column 5: tasks[2]: "handler" is required (is `handlr` meant?)
    line 8, column 5: tasks[3]: 'If' task i must have 'then' or 'else'
    line 8, column 90: tasks[3].tasks: 'If' task i can't have a tasks property, use 'then' and 'else' instead
    line 9, column 5: tasks[4]: 'For' task l must have 'loopOver'
    line 9, column 71: tasks[4].parameters.to: Invalid parameters: "to" cannot be a text, expected a number
    line 9, column 84: tasks[4].parameters.step: Invalid parameters: "step" cannot be 0, expected a step other than 0: such a loop never ends
    line 10, column 5: tasks[5]: 'Switch' task s must have 'decisionCases' or 'defaultCase'
    line 10, column 69: tasks[5].parameters.expression: Invalid parameters: "expression" cannot be a number, expected a text that is not empty
    line 11, column 5: tasks[6]: 'Catch' task c must have 'catch' or 'finally'
    line 11, column 53: tasks[6].parameters: Invalid parameters: "errorName" and "expression" exclude each other
    line 11, column 111: tasks[6].tasks[0].name: Task name a is duplicated (another one stands at tasks[0])
    line 12, column 30: tasks[7].handler: nothing is known that runs the handler `scirpt:x.js`, expected a system task, `package:…`, `external:…`, `script:…`, or a task-invoker plugin that knows it (did you mean `script`?)
    line 12, column 60: tasks[7].ignoreError: `ignoreError` cannot be "maybe", expected true or false
    line 13, column 77: tasks[8].parameters.level: Invalid parameters: "level" cannot be "warning", expected `debug`, `info`, `warn`, `error`
    line 13, column 101: tasks[8].loopOver: `loopOver` is a field of `for`, `while`, `iterate` tasks only
    line 14, column 5: tasks[9].parameters: Invalid parameters: "file" or "workflow" is required
    line 15, column 5: tasks[10]: a task cannot be a number, expected an object with `handler`
    "#);
}

#[test]
fn yaml_is_told_like_json() {
    let text =
        "name: w\ntasks:\n  a:\n    handler: http\n    parameters: {url: x, methd: GET}\n    then: []\n";
    insta::assert_snapshot!(shown(&refused(text)), @r#"
    line 5, column 33: tasks.a.parameters.methd: Invalid parameters: "methd" is not allowed, expected `url`, `method`, `headers`, `body`, `timeoutMs`, `params`, `responseType` (did you mean `method`?)
    line 6, column 11: tasks.a.then: `then` is a field of `if` tasks only
    "#);
}

#[test]
fn a_finding_is_shown_in_its_line() {
    let text = "name: w\ntasks:\n  - name: a\n    handler: log\n    parameters: {mesage: hi}\n";
    let found = refused(text);
    insta::assert_snapshot!(found[0].render(text, &Renderer::plain()), @r#"
    error: tasks[0].parameters: Invalid parameters: "message" is required
      |
    5 |     parameters: {mesage: hi}
      |                 ^
    "#);
}

#[test]
fn what_is_not_a_definition_is_refused() {
    let cases = [
        (r#"{"name": "w", "status": "error", "tasks": {}}"#, "segue resume ID"),
        (
            r#"{"tasks": [{"name": "a", "handler": "x.js"}]}"#,
            "Invalid workflow definition: \"name\" is required",
        ),
        (r#"{"name": "w", "tasks": 5}"#, "tasks cannot be a number"),
        ("[]", "a workflow is an object, found a list"),
        (
            r#"{"name": "w", "tasks": [{"name": "a", "handler": "x.js"}, {"name": "b", "handler": "x.js", "tasks": [{"name": "a", "handler": "x.js"}]}]}"#,
            "Task name a is duplicated",
        ),
        ("{\"name\": \"w\"", "EOF"),
    ];
    for (text, message) in cases {
        let told = shown(&refused(text));
        assert!(told.contains(message), "{text}: {told}");
    }
}

#[test]
fn what_can_hardly_be_meant_is_warned_of() {
    let compiled = compiled(
        r#"{"name": "a:b", "taks": [], "tasks": [
            {"name": "x", "handler": "delya", "paramters": {}, "note": "mine"},
            {"name": "y", "handler": "y.js", "then": [], "parameters": {"p": "${input.a || 'b'}"}}]}"#,
    );
    insta::assert_snapshot!(shown(&compiled.warnings), @r#"
    line 1, column 10: name: a colon cannot stand in the name of a definition; `-` takes its place
    line 2, column 38: tasks[0].handler: `delya` is no system task, so a package or file of that name runs it (did you mean `delay`?)
    line 2, column 60: tasks[0].paramters: `paramters` is no field of a task and is ignored (did you mean `parameters`?)
    line 3, column 54: tasks[1].then: `then` is a field of `if` tasks only and is ignored
    line 3, column 78: tasks[1].parameters.p: `${input.a || 'b'}` stays as it is: `input.a || 'b'` is no path of names and positions (a default is written `${a.b ?? 'x'}`)
    "#);
    assert_eq!(compiled.definition.name, "a-b");
}

#[test]
fn letrun_files_are_known_by_their_content() {
    let cases = [
        (r#"{"name": "w", "tasks": [{"name": "a", "handler": "log"}]}"#, true),
        ("name: w\ntasks:\n  a: {handler: log}\n", true),
        (r#"{"handler": "log"}"#, true),
        (r#"{"name": "w", "tasks": []}"#, true),
        (r#"{"name": "w", "version": 1, "tasks": []}"#, false),
        (r#"{"name": "w", "tasks": [{"name": "a", "taskReferenceName": "a", "type": "SIMPLE"}]}"#, false),
        (r#"{"name": "h", "step_templates": []}"#, false),
        ("not: [a", false),
        ("5", false),
    ];
    for (text, expected) in cases {
        assert_eq!(is_letrun(text), expected, "{text}");
    }
}

#[test]
fn too_many_nodes_are_refused() {
    let tasks: Vec<String> =
        (0..10_001).map(|n| format!(r#"{{"name": "t{n}", "handler": "x.js"}}"#)).collect();
    let text = format!(r#"{{"name": "w", "tasks": [{}]}}"#, tasks.join(","));
    let found = compile(&Document::new(&text), &Options::default()).expect_err("too many");
    assert!(shown(&found).contains("more than 10000 nodes"), "{}", shown(&found));
}
