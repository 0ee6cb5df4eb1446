//! Expressions in the engine's names.

use segue_dialects::Document;
use segue_dialects::letrun::{Options, compile};
use serde_json::{Value, json};

use super::{of_tasks, parameters, shown};

/// A workflow whose last task has a message; other tasks are there to be named.
fn workflow(message: &Value) -> Value {
    json!({"name": "w", "title": "A title", "tasks": [
        {"name": "a", "handler": "log", "title": "T", "parameters": {"message": "m", "n": [1, {"k": "v"}]}},
        {"name": "say hello", "handler": "x.js"},
        {"name": "my-dash", "handler": "x.js"},
        {"name": "task2.1", "handler": "x.js"},
        {"name": "it's", "handler": "x.js"},
        {"name": "f", "handler": "for", "parameters": {"from": 1, "to": 2}, "loopOver": [{"name": "in_f", "handler": "x.js"}]},
        {"name": "wl", "handler": "while", "parameters": {"expression": "true"}, "loopOver": [{"name": "in_w", "handler": "x.js"}]},
        {"name": "c", "handler": "catch", "tasks": [{"name": "in_c", "handler": "x.js"}], "finally": []},
        {"name": "last", "handler": "y.js", "parameters": {"message": message}}]})
}

fn rewritten(message: &Value, strict: bool) -> Value {
    let options = Options { strict, ..Options::default() };
    // The unknown parameter of a log task is nothing that matters here.
    let text = workflow(message).to_string().replace("\"handler\":\"log\"", "\"handler\":\"l.js\"");
    let compiled = compile(&Document::new(&text), &options);
    let compiled = compiled.unwrap_or_else(|found| panic!("{message}: {}", shown(&found)));
    parameters(&compiled, "last")["message"].clone()
}

#[test]
fn paths_lead_to_where_the_engine_keeps_things() {
    let cases = [
        ("${a.output.x}", "${a.output.result.x}"),
        ("${a.output}", "${a.output.result}"),
        ("${ a.output.x[0]['b c'] }", "${a.output.result.x[0]['b c']}"),
        ("${['a'].output}", "${a.output.result}"),
        ("${a.output.b.0}", "${a.output.result.b['0'] ?? a.output.result.b[0]}"),
        ("${a.output.b.*}", "${a.output.result.b[*]}"),
        ("${a.output.b.length}", "${a.output.result.b.length ?? a.output.result.b.length()}"),
        ("${a.parameters.message}", "${a.input.parameters.message}"),
        ("${a.status}-${a.id}", "${a.status}-${a.taskId}"),
        ("${say hello.output}", "${['say hello'].output.result}"),
        ("${my-dash.output.x}", "${['my-dash'].output.result.x}"),
        ("${task2.1.output}", "${['task2.1'].output.result}"),
        ("${['it\\'s'].output}", "${['it\\'s'].output.result}"),
        ("${input.x}", "${workflow.input.x}"),
        ("${input}", "${workflow.input}"),
        ("${workflow.input.x}", "${workflow.input.x}"),
        ("${variables.v}", "${workflow.variables.v}"),
        ("${workflow.id} ${workflow.name}", "${workflow.workflowId} ${workflow.workflowType}"),
        ("${workflow.status} ${a.name}", "executing a"),
        ("${f.output.index}", "${f_begin.output.result.final.index}"),
        ("${wl.output.iteration}", "${wl_test.output.result.iteration}"),
        ("${c.output.error.message}", "${c_end.output.result.error.message}"),
        ("${in_f__1.output.x}", "${f.output['2'].in_f.result.x}"),
        ("${a.output.x ?? 'd'}", "${a.output.result.x ?? 'd'}"),
        ("${a.output.x ?? input.y ?? 5}", "${a.output.result.x ?? workflow.input.y ?? 5}"),
        ("${a.output ?? \"it's\"}", "${a.output.result ?? 'it\\'s'}"),
        ("$${input.x}", "$${workflow.input.x}"),
        ("${'lit'}", "${'lit'}"),
    ];
    for (written, native) in cases {
        assert_eq!(rewritten(&json!(written), true), json!(native), "{written}");
    }
}

#[test]
fn what_is_missing_stays_as_it_is_written_unless_that_is_an_error() {
    let cases = [
        ("n=${input.x}!", "n=${workflow.input.x ?? '${input.x}'}!"),
        ("${input['it\\'s']}", "${workflow.input['it\\'s'] ?? '${input[\\'it\\\\\\'s\\']}'}"),
        ("${nobody.output}", "${'${nobody.output}'}"),
        ("${nobody.output ?? 'd'}", "${'d'}"),
        ("${}", "${'${}'}"),
        ("${a.output || 'd'}", "${'${a.output || \\'d\\'}'}"),
        ("${f(a)}", "${'${f(a)}'}"),
        ("${task.output}", "${'${task.output}'}"),
        ("`${x}` and ${open", "`${'${x}'}` and ${'${'}open"),
    ];
    for (written, native) in cases {
        assert_eq!(rewritten(&json!(written), false), json!(native), "{written}");
    }
    let text = workflow(&json!("${nobody.output} ${inptu.x}")).to_string();
    let text = text.replace("\"handler\":\"log\"", "\"handler\":\"l.js\"");
    let strict = Options { strict: true, ..Options::default() };
    let found = compile(&Document::new(&text), &strict).expect_err("strict");
    assert!(shown(&found).contains("did you mean `input`?"), "{}", shown(&found));
}

#[test]
fn what_the_file_says_is_filled_in_at_once() {
    assert_eq!(rewritten(&json!("${a.taskDef.parameters.n}"), true), json!([1, {"k": "v"}]));
    assert_eq!(
        rewritten(&json!("is ${a.taskDef.parameters.n[0]}, ${a.taskDef.title}"), true),
        json!("is 1, T")
    );
    assert_eq!(rewritten(&json!("${workflow.title}"), true), json!("A title"));
    assert_eq!(
        rewritten(&json!({"k": ["${a.output}", 5, null]}), true),
        json!({"k": ["${a.output.result}", 5, null]})
    );
}

#[test]
fn task_is_the_container_that_has_what_is_asked_for() {
    let leaf = |name: &str, asked: &str| json!({"name": name, "handler": "x.js", "parameters": {"p": asked}});
    let compiled = of_tasks(&json!([
        {"name": "f", "handler": "iterate", "parameters": {"items": [1]}, "loopOver": [
            leaf("own", "${task.output.item} ${f.output.iteration} ${task.parameters.items}"),
            {"name": "i", "handler": "if", "parameters": {"left": "${task.output.item}", "operator": "is defined"},
             "then": [leaf("deep", "${task.output.item} ${task.output} ${task.name}")]},
            {"name": "c", "handler": "catch",
             "tasks": [leaf("tried", "${task.output.item}")],
             "catch": [leaf("caught", "${task.output.error.message} ${task.output.item}")],
             "finally": [leaf("always", "${task.output.error.message}")]}]},
        leaf("after", "${f.output.iteration}")]));
    let p = |name: &str| parameters(&compiled, name)["p"].as_str().map(plain).unwrap_or_default();
    assert_eq!(
        p("own"),
        "${f.output.loopItem.item} ${f.output.loopItem.iteration} ${f_begin.input.parameters.items}"
    );
    assert_eq!(p("deep"), "${f.output.loopItem.item} ${i.output.result} i");
    assert_eq!(p("tried"), "${f.output.loopItem.item}");
    assert_eq!(p("caught"), "${c_caught.output.result.error.message} ${f.output.loopItem.item}");
    assert_eq!(p("always"), "${c.output.error.output.error.message ?? c.output.error.message}");
    assert_eq!(p("after"), "${f_begin.output.result.final.iteration}");
}

/// Without the text that a missing path leaves.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(" ?? '${") {
        plain.push_str(&rest[..start]);
        let end = rest[start..].find("}'}").map_or(rest.len(), |end| start + end + 2);
        rest = &rest[end..];
    }
    plain + rest
}
