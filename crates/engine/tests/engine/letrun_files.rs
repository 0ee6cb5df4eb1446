//! letrun files from text to output: what the dialect writes does what the author meant.

use std::sync::Arc;
use std::time::Duration;

use segue_core::decide::Start;
use segue_core::json::Json;
use segue_core::status::TaskStatus;
use segue_core::view::{self, Tasks};
use segue_dialects::Document;
use segue_dialects::letrun::{self, RetryDefaults};
use segue_engine::{BuiltinOptions, Builtins, Engine, Options, Report, StartBy};
use segue_handlers::EvaluatorOptions;
use segue_store::memory::MemoryStore;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

async fn engine() -> Engine {
    let engine = Engine::open(Arc::new(MemoryStore::new()), Options::default()).await.expect("opens");
    Builtins::new(EvaluatorOptions::default()).serve(&engine, BuiltinOptions::default());
    // In place of scripts: `boom…` fails with its parameters, all else gives them.
    engine.serve("letrun.script", |assignment| async move {
        let input = assignment.input().value();
        let parameters = input["parameters"].clone();
        if input["handler"] == "while" {
            let round = input["round"].as_i64().unwrap_or_default();
            let output = json!({"result": {"iteration": round - 1}, "more": round <= 3});
            return Report { output: Some(Json::of(&output)), ..Report::of(TaskStatus::Completed) };
        }
        let fails = input["handler"].as_str().is_some_and(|handler| handler.starts_with("boom"));
        if !fails {
            return Report {
                output: Some(Json::of(&json!({"result": parameters}))),
                ..Report::of(TaskStatus::Completed)
            };
        }
        let output = json!({"error": {"name": "Boom", "message": parameters["say"]}, "result": false});
        let reason = parameters["say"].as_str().unwrap_or("boom").into();
        Report { output: Some(Json::of(&output)), reason: Some(reason), ..Report::of(TaskStatus::Failed) }
    });
    engine
}

/// Status and output of a run of these tasks; after a failure the reason instead of the output.
async fn run(engine: &Engine, file: &Value, how: letrun::Options) -> Value {
    let options = letrun::Options {
        retry: RetryDefaults { count: 0, delay_seconds: 0.0, ..RetryDefaults::default() },
        ..how
    };
    let compiled = letrun::compile(&Document::new(&file.to_string()), &options);
    let definition = compiled.unwrap_or_else(|found| panic!("{file}: {found:?}")).definition;
    let start = Start { input: Json::of(&json!({"n": 2, "list": [0, "a", null]})), ..Start::default() };
    let started = engine.start(StartBy::Definition(definition.into()), start).await.expect("starts");
    engine.wait(started.execution, PATIENCE).await.expect("ends");
    let view = engine.read(started.execution, |execution| view::workflow(execution, Tasks::Included)).await;
    let view = view.expect("an execution");
    match view["status"] == "COMPLETED" {
        true => view["output"]["result"].clone(),
        false => {
            let reason = view["reasonForIncompletion"].as_str().unwrap_or_default();
            let cause =
                reason.rsplit_once("reason: '").map_or(reason, |(_, cause)| cause.trim_end_matches('\''));
            json!({"status": view["status"], "reason": cause})
        }
    }
}

/// A task that gives a value.
fn give(name: &str, value: impl serde::Serialize) -> Value {
    json!({"name": name, "handler": "delay", "parameters": {"time": 0, "data": value}})
}

fn boom(name: &str, say: &str) -> Value {
    json!({"name": name, "handler": "boom.js", "parameters": {"say": say}})
}

#[tokio::test]
async fn files_give_what_they_say() {
    let test = json!({"left": "${input.n}", "operator": "==", "right": 2});
    let cases = [
        // Order, nesting and concurrency.
        (json!([]), json!(null)),
        (
            json!([
                give("a", "${input.n}"),
                give("b", "${a.output}"),
                give("c", "n=${b.output}, ${input.list}")
            ]),
            json!("n=2, [0,\"a\",null]"),
        ),
        (
            json!({"x": give("", 1), "say hi": give("", "${x.output ?? 'early'}")})
                .as_object()
                .map(|tasks| json!({"say hi": tasks["say hi"], "x": tasks["x"]}))
                .unwrap_or_default(),
            json!(["early", 1]),
        ),
        (
            json!([{"name": "p", "handler": "delay", "parameters": {"time": 0, "data": "${c.output}!"}, "tasks": [give("b", "in"), give("c", "${b.output}side")]}]),
            json!("inside!"),
        ),
        (
            json!([give("workflow", 5), give("b", "${['workflow'].output} ${workflow.status}")]),
            json!("5 executing"),
        ),
        // Branches.
        (
            json!([{"name": "i", "handler": "if", "parameters": test, "then": [give("t", "then")], "else": [give("e", "else")]}]),
            json!("then"),
        ),
        (
            json!([{"name": "i", "handler": "if", "parameters": test, "then": {"t": give("", 1), "u": give("", 2)}, "else": []}]),
            json!([1, 2]),
        ),
        (json!([{"name": "i", "handler": "if", "parameters": test, "else": [give("e", 1)]}]), json!(true)),
        (
            json!([{"name": "i", "handler": "if", "parameters": test, "then": [{"name": "l", "handler": "log", "parameters": {"message": "m"}}]}]),
            json!(null),
        ),
        (
            json!([{"name": "s", "handler": "switch", "parameters": {"expression": "${input.n}"}, "decisionCases": {"2": [give("t", "two")]}, "defaultCase": [give("d", "other")]}]),
            json!("two"),
        ),
        (
            json!([{"name": "s", "handler": "switch", "parameters": {"expression": "x"}, "decisionCases": {}, "defaultCase": [give("d", "other")]}]),
            json!("other"),
        ),
        // Loops.
        (
            json!([{"name": "f", "handler": "for", "parameters": {"from": 1, "to": "3"}, "loopOver": [give("a", "${task.output.index}")]}, give("b", "${a__0.output}${a__1.output}${a__2.output} ${f.output.iteration}")]),
            json!("123 3"),
        ),
        (
            json!([{"name": "f", "handler": "iterate", "parameters": {"items": "${input.list}"}, "loopOver": [
            {"name": "g", "handler": "for", "parameters": {"from": 1, "to": 2}, "loopOver": [give("a", "${f.output.item}/${task.output.index}")]},
            give("b", "${a.output}")]}, give("c", ["${b__0.output}", "${b__1.output}", "${b__2.output}"])]),
            json!(["0/2", "a/2", "null/2"]),
        ),
        (
            json!([{"name": "f", "handler": "for", "parameters": {"from": 5, "to": 3}, "loopOver": [boom("a", "never")]}]),
            json!({"index": 5, "iteration": 0, "from": 5, "to": 3, "step": 1}),
        ),
        // Errors.
        (json!([{"name": "i", "handler": "boom.js", "ignoreError": true, "parameters": {}}]), json!(false)),
        (
            json!([{"name": "c", "handler": "catch", "tasks": [boom("x", "ouch")], "catch": [give("a", "${task.output.error.message} ${c.output.error.name}")], "finally": [give("z", 1)]}, give("b", "${a.output} ${c.output.handledBlocks}")]),
            json!("ouch Boom [\"catch\",\"finally\"]"),
        ),
        (
            json!([{"name": "c", "handler": "catch", "tasks": [give("x", 1)], "finally": [give("z", 1)]}]),
            json!({"handledBlocks": ["finally"]}),
        ),
        (
            json!([{"name": "o", "handler": "catch", "tasks": [
            {"name": "c", "handler": "catch", "parameters": {"errorName": "Other"}, "tasks": [boom("x", "ouch")], "catch": [give("a", 1)]}], "catch": [give("b", "${task.output.error.name}")]},
            give("d", "${b.output}")]),
            json!("Boom"),
        ),
        (
            json!([{"name": "f", "handler": "iterate", "parameters": {"items": [1, 2]}, "loopOver": [
            {"name": "c", "handler": "catch", "tasks": [
                {"name": "i", "handler": "if", "parameters": {"left": "${f.output.item}", "operator": "==", "right": 1}, "then": [boom("x", "first")]}], "catch": []},
            give("a", "${c.output.error.message ?? 'none'}")]},
            give("b", "${a__0.output} ${a__1.output}")]),
            json!("first none"),
        ),
        (
            json!([{"name": "f", "handler": "for", "parameters": {"from": 1, "to": 2}, "loopOver": [boom("x", "deep")]}]),
            json!({"status": "FAILED", "reason": "deep"}),
        ),
        (
            json!({"slow": {"handler": "delay", "parameters": {"time": "1h"}}, "x": boom("x", "at once")}),
            json!({"status": "FAILED", "reason": "at once"}),
        ),
        // Workflows in workflows.
        (
            json!([{"name": "w", "handler": "workflow", "parameters": {"input": {"k": "${input.n}"}, "workflow": {"name": "child", "input": {"d": 7}, "tasks": [give("a", ["${input.k}", "${input.d}"])]}}}, give("b", "${w.output[0]}-${w.output[1]}")]),
            json!("2-7"),
        ),
        (
            json!([give("x", json!({"whole": 1})), {"name": "w", "handler": "run-workflow", "parameters": {"input": "${x.output}", "workflow": {"name": "child", "tasks": [give("a", "${input.whole}")]}}}]),
            json!(1),
        ),
        // What is missing.
        (json!([give("a", "${input.nope} ${nobody.x} ${input.n}")]), json!("${input.nope} ${nobody.x} 2")),
    ];
    let engine = engine().await;
    for (tasks, expected) in cases {
        let given = run(&engine, &json!({"name": "w", "tasks": tasks}), letrun::Options::default()).await;
        assert_eq!(given, expected, "{tasks}");
    }
    let strict = letrun::Options { strict: true, ..letrun::Options::default() };
    let missing = run(&engine, &json!({"name": "w", "tasks": [give("a", "${input.nope}")]}), strict).await;
    assert_eq!(missing["status"], "FAILED", "{missing}");
    engine.shutdown().await.expect("closes");
}

#[tokio::test]
async fn a_loop_with_a_test_goes_on_while_it_holds() {
    let engine = engine().await;
    // The test of the loop is a stand-in, too: three rounds.
    let host = letrun::Options { host_does_all: true, ..letrun::Options::default() };
    let round = json!({"name": "a", "handler": "x.js", "parameters": {"round": "${task.output.iteration}"}});
    let file = json!({"name": "w", "tasks": [
        {"name": "l", "handler": "while", "parameters": {"expression": "task.output.iteration < 3"}, "loopOver": [round]},
        {"name": "b", "handler": "x.js", "parameters": {"all": ["${a__0.output.round}", "${a__2.output.round}", "${l.output.iteration}"]}}]});
    assert_eq!(run(&engine, &file, host.clone()).await, json!({"all": [0, 2, 3]}));
    let last = json!({"name": "w", "tasks": [file["tasks"][0]]});
    assert_eq!(run(&engine, &last, host).await, json!({"iteration": 3}));
    engine.shutdown().await.expect("closes");
}
