//! Native definitions as letrun files, and what does not carry over.

use segue_core::definition::WorkflowDef;
use segue_dialects::Document;
use segue_dialects::letrun::{Loss, Options, compile, to_letrun, to_native};
use serde_json::{Value, json};

use super::{compiled, shown};

fn native(definition: Value) -> WorkflowDef {
    serde_json::from_value(definition).expect("a definition")
}

fn lines(losses: &[Loss]) -> String {
    losses.iter().map(|loss| format!("{loss}\n")).collect()
}

#[test]
fn a_native_definition_is_said_in_letruns_words() {
    let definition = native(json!({
        "name": "orders", "version": 2, "description": "Orders", "inputTemplate": {"n": 1}, "timeoutSeconds": 60,
        "outputParameters": {"total": "${sum.output.result}", "note": "$${x} ${price.output.note}"},
        "tasks": [
            {"name": "get_price", "taskReferenceName": "price", "retryCount": 2, "optional": true,
             "inputParameters": {"id": "${workflow.input.id}", "by": "${workflow.workflowId}"}},
            {"name": "fork", "taskReferenceName": "fork", "type": "FORK_JOIN", "forkTasks": [
                [{"name": "a", "taskReferenceName": "a1"}, {"name": "a", "taskReferenceName": "a2", "inputParameters": {"x": "${a1.output.x}"}}],
                [{"name": "b", "taskReferenceName": "b"}]]},
            {"name": "join", "taskReferenceName": "both", "type": "JOIN", "joinOn": ["a2", "b"]},
            {"name": "way", "taskReferenceName": "way", "type": "SWITCH", "evaluatorType": "value-param", "expression": "to",
             "inputParameters": {"to": "${both.output.b.country}"},
             "decisionCases": {"NO": [{"name": "c", "taskReferenceName": "post"}]}},
            {"name": "each", "taskReferenceName": "each", "type": "FOR_EACH", "items": "${workflow.variables.list}", "concurrency": 4,
             "loopOver": [{"name": "d", "taskReferenceName": "one", "startDelay": 3, "inputParameters": {"item": "${each.output.loopItem.id}", "at": "${each.output.loopIndex}"}}]},
            {"name": "guard", "taskReferenceName": "guard", "type": "TRY_CATCH",
             "tryTasks": [{"name": "call", "taskReferenceName": "call", "type": "HTTP", "inputParameters": {"http_request": {"uri": "https://example.org", "method": "GET"}}}],
             "catchTasks": [{"name": "e", "taskReferenceName": "sorry", "inputParameters": {"why": "${guard.output.error.message}"}}]},
            {"name": "u", "taskReferenceName": "sub", "type": "SUB_WORKFLOW", "inputParameters": {"k": "${sorry.output.k}"}, "subWorkflowParam": {
                "workflowDefinition": {"name": "inner", "tasks": [{"name": "f", "taskReferenceName": "deep", "inputParameters": {"k": "${workflow.input.k}"}}]}}},
            {"name": "cool", "taskReferenceName": "cool", "type": "WAIT", "inputParameters": {"duration": "2 minutes"}},
            {"name": "sum", "taskReferenceName": "sum", "type": "INLINE",
             "inputParameters": {"evaluatorType": "javascript", "expression": "$.a * 2", "a": "${call.output.response.body.a}"}}]}));
    let (file, losses) = to_letrun(&definition).expect("it can be said");
    let text = serde_json::to_string_pretty(&file).expect("JSON");
    insta::assert_snapshot!(text, @r#"
    {
      "name": "orders",
      "title": "Orders",
      "input": {
        "n": 1
      },
      "tasks": [
        {
          "name": "price",
          "handler": "get_price",
          "parameters": {
            "id": "${input.id}",
            "by": "${workflow.id}"
          },
          "ignoreError": true,
          "retryCount": 2
        },
        {
          "name": "both",
          "handler": "lambda",
          "parameters": {
            "expression": "undefined"
          },
          "tasks": {
            "a2": {
              "handler": "a",
              "parameters": {
                "x": "${a1.output.x}"
              },
              "tasks": [
                {
                  "name": "a1",
                  "handler": "a"
                }
              ]
            },
            "b": {
              "handler": "b"
            }
          }
        },
        {
          "name": "way",
          "handler": "switch",
          "parameters": {
            "expression": "${b.output.country}"
          },
          "decisionCases": {
            "NO": [
              {
                "name": "post",
                "handler": "c"
              }
            ]
          },
          "defaultCase": []
        },
        {
          "name": "each",
          "handler": "iterate",
          "parameters": {
            "items": "${variables.list}"
          },
          "loopOver": [
            {
              "name": "one",
              "handler": "d",
              "parameters": {
                "item": "${each.output.item.id}",
                "at": "${each.output.iteration}"
              }
            }
          ]
        },
        {
          "name": "guard",
          "handler": "catch",
          "tasks": [
            {
              "name": "call",
              "handler": "http",
              "parameters": {
                "url": "https://example.org",
                "method": "GET"
              }
            }
          ],
          "catch": [
            {
              "name": "sorry",
              "handler": "e",
              "parameters": {
                "why": "${guard.output.error.message}"
              }
            }
          ]
        },
        {
          "name": "sub",
          "handler": "workflow",
          "parameters": {
            "workflow": {
              "name": "inner",
              "tasks": [
                {
                  "name": "deep",
                  "handler": "f",
                  "parameters": {
                    "k": "${input.k}"
                  }
                }
              ]
            },
            "input": {
              "k": "${sorry.output.k}"
            }
          }
        },
        {
          "name": "cool",
          "handler": "delay",
          "parameters": {
            "time": 120000
          }
        },
        {
          "name": "sum",
          "handler": "lambda",
          "parameters": {
            "expression": "const $ = input;\n$.a * 2",
            "input": {
              "a": "${call.output.a}"
            }
          }
        },
        {
          "name": "output",
          "handler": "lambda",
          "parameters": {
            "expression": "input",
            "input": {
              "total": "${sum.output}",
              "note": "${'${'}x} ${price.output.note}"
            }
          }
        }
      ]
    }
    "#);
    insta::assert_snapshot!(lines(&losses), @r#"
    price: `get_price` is a worker's task; here a package or file of that name has to do it
    a1: `a` is a worker's task; here a package or file of that name has to do it
    a2: `a` is a worker's task; here a package or file of that name has to do it
    b: `b` is a worker's task; here a package or file of that name has to do it
    post: `c` is a worker's task; here a package or file of that name has to do it
    each: the items are gone through one after the other
    one: `d` is a worker's task; here a package or file of that name has to do it
    one: letrun has no `startDelay`
    sorry: `e` is a worker's task; here a package or file of that name has to do it
    deep: `f` is a worker's task; here a package or file of that name has to do it
    version: letrun has no such field (2)
    timeoutSeconds: letrun has no such field (60)
    "#);
    let again = compile(&Document::new(&text), &Options::default());
    let again = again.unwrap_or_else(|found| panic!("{}", shown(&found)));
    assert!(again.warnings.is_empty(), "{}", shown(&again.warnings));
}

#[test]
fn what_letrun_has_no_words_for_is_refused_as_a_whole() {
    let definition = native(json!({"name": "w", "tasks": [
        {"name": "s", "taskReferenceName": "signal", "type": "WAIT"},
        {"name": "h", "taskReferenceName": "ask", "type": "HUMAN"},
        {"name": "v", "taskReferenceName": "set", "type": "SET_VARIABLE", "inputParameters": {"a": 1}},
        {"name": "log", "taskReferenceName": "worker"},
        {"name": "x", "taskReferenceName": "script", "type": "SWITCH", "evaluatorType": "javascript", "expression": "$.x",
         "decisionCases": {"1": [{"name": "a", "taskReferenceName": "later", "asyncComplete": true}]}},
        {"name": "u", "taskReferenceName": "sub", "type": "SUB_WORKFLOW", "subWorkflowParam": {"name": "other"}}]}));
    insta::assert_snapshot!(lines(&to_letrun(&definition).expect_err("refused")), @r#"
    signal: letrun waits for a time that is written out only, not for a call or an instant
    ask: letrun has nothing like HUMAN
    set: letrun has nothing like SET_VARIABLE
    worker: a worker's task `log` would be letrun's own of that name
    script: a script that chooses the case sees other things in letrun
    sub: letrun runs workflows from files or in place only
    "#);
}

#[test]
fn a_server_is_told_what_it_cannot_do_alone() {
    let compiled = compiled(
        r#"{"name": "w", "icon": "x", "tasks": [
            {"name": "a", "handler": "./greet.js"}, {"name": "b", "handler": "package:p@1.0.0:t", "note": "n"},
            {"name": "c", "handler": "log", "parameters": {"message": "m"}}]}"#,
    );
    let (definition, losses) = to_native(&compiled);
    assert_eq!(definition, compiled.definition);
    insta::assert_snapshot!(lines(&losses), @r#"
    a: `script:./greet.js` runs only on a worker that has the project
    b: `package:p@1.0.0:t` runs only on a worker that has the project
    icon: the field means nothing and is left out
    tasks[1].note: the field means nothing and is left out
    "#);
}

#[test]
fn what_an_author_wrote_comes_back() {
    let file = json!({"name": "w", "title": "T", "input": {"n": 1}, "retryCount": 1, "tasks": [
        {"name": "parent", "title": "P", "handler": "x.js", "ignoreError": true, "retryDelaySeconds": 0.5, "tasks": {
            "one": {"handler": "log", "parameters": {"message": "${input.n} ${nobody.x} ${'a'} $${input.n ?? 'd'} ${open"}},
            "two": {"handler": "if", "parameters": {"left": "${one.output}", "operator": "is defined"}, "then": [], "else": []}}},
        {"name": "f", "handler": "iterate", "ignoreError": true, "parameters": {"items": "${parent.output.list}"}, "loopOver": [
            {"name": "c", "handler": "catch", "parameters": {"errorName": "E"},
             "tasks": [{"name": "g", "handler": "y.js", "parameters": {"i": "${task.output.item}"}}], "catch": [], "finally": []}]},
        {"name": "s", "handler": "workflow", "parameters": {"workflow": {"name": "child", "tasks": []}, "input": {"k": "${f.output}"}}},
        {"name": "t", "handler": "run-workflow", "parameters": {"file": "${s.output}", "input": "${s.output.x}"}}]});
    let compiled = compiled(&file.to_string());
    let (again, losses) = to_letrun(&compiled.definition).expect("it was one");
    assert_eq!((again, losses), (file, Vec::new()));
}
