//! All of letrun's samples, as they are, to the ends that they were written for.

use serde_json::{Value, json};

use super::program::{Folder, Output, beside};
use super::stand_in::{StandIn, TODO};

/// As letrun's own tree lies: the samples beside `dist`, where they are run.
fn project(stand_in: &StandIn) -> Folder {
    let folder = Folder::new(&[("package.json", "{\"name\": \"letrun\"}\n"), ("dist/here", "")]);
    for sample in std::fs::read_dir(beside("samples")).expect("samples").flatten() {
        let text = std::fs::read_to_string(sample.path()).expect("a text");
        folder.write(&format!("workflow-samples/{}", sample.file_name().display()), &text);
    }
    folder.with(stand_in.environment())
}

fn run(folder: &Folder, sample: &str, more: &[&str]) -> Output {
    let file = format!("../workflow-samples/{sample}.json");
    folder.segue_in("dist", &[&["run", &file, "--pipe"], more].concat())
}

#[test]
fn each_yields_what_its_author_meant() {
    let stand_in = StandIn::start();
    let folder = project(&stand_in);
    let todo: Value = serde_json::from_str(TODO).expect("JSON");
    let package = "{\"name\": \"letrun\"}\n";
    let yields = [
        ("fetch-todo-and-uppercase-title", json!("DELECTUS AUT AUTEM")),
        ("sample-catch", json!({ "handledBlocks": ["finally"] })),
        ("sample-for", json!({ "index": 5, "iteration": 0, "from": 5, "to": 3, "step": 1 })),
        ("sample-if", json!(false)),
        ("sample-log", Value::Null),
        ("sample-nested", Value::Null),
        ("sample-parallel", json!([todo, "hello, world\n"])),
        ("sample-param-expression", json!("delectus aut autem\n")),
        ("sample-read-file", json!(package)),
        ("sample-run-workflow", json!(package)),
        ("sample-sequence", json!("hello, world\n")),
        ("sample-switch", json!("hello, task4\n")),
        ("sample-while", json!({ "iteration": 3 })),
    ];
    for (sample, expected) in yields {
        let output = run(&folder, sample, &[]).ok();
        let found = match &expected {
            Value::String(_) => Value::from(output.out.as_str()),
            Value::Null if output.out.is_empty() => Value::Null,
            _ => output.json(),
        };
        assert_eq!(found, expected, "{sample}");
        assert!(output.err.is_empty(), "{sample}: {}", output.err);
    }
    let asked = stand_in.asked();
    assert!(
        asked.iter().any(|line| line == "CONNECT jsonplaceholder.typicode.com:443 HTTP/1.1"),
        "{asked:?}"
    );
    assert_eq!(asked.iter().filter(|line| *line == "GET /todos/1 HTTP/1.1").count(), 6, "{asked:?}");
}

#[test]
fn an_input_goes_where_its_sample_wants_it() {
    let stand_in = StandIn::start();
    let folder = project(&stand_in);
    let output = run(&folder, "sample-workflow-input", &["-i", r#"{"name": "todos"}"#]).ok();
    assert_eq!(output.json(), serde_json::from_str::<Value>(TODO).expect("JSON"));
    let output = run(&folder, "sample-workflow-input", &["-i", r#"{"name": "nowhere"}"#]).failed();
    assert!(output.err.contains("HTTP request failed with status 404"), "{}", output.err);
}

#[test]
fn two_are_meant_to_fail() {
    let folder = project(&StandIn::start());
    for (sample, reason) in [
        ("sample-expect", "Expected: \"1\"\nReceived: \"2\""),
        ("sample-not-found-handler", "Cannot find handler \"./not-found-handler.js\""),
    ] {
        let output = run(&folder, sample, &[]).failed();
        assert!(output.out.is_empty() && output.err.contains(reason), "{sample}: {}", output.err);
    }
}

#[test]
fn the_order_of_nested_tasks_is_seen_from_outside() {
    let folder = project(&StandIn::start());
    let output = folder.segue_in("dist", &["run", "../workflow-samples/sample-nested.json"]).ok();
    let said = output.err.lines().filter_map(|line| line.trim().strip_prefix("warn: task "));
    assert_eq!(said.collect::<Vec<_>>(), ["2", "4", "3", "1"]);
}
