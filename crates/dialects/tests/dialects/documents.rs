//! Definitions from JSON and YAML.

use annotate_snippets::Renderer;
use segue_core::definition::{TaskDef, WorkflowDef, validate};
use segue_dialects::{Diagnostic, Document, Syntax, conductor, json};
use serde_json::Value;

const YAML: &str = "\
name: orders
version: 3
tasks:
  - name: charge
    taskReferenceName: charge
    inputParameters:
      amount: ${workflow.input.amount}
  - name: route
    taskReferenceName: route
    type: SWITCH
    evaluatorType: value-param
    expression: x
    decisionCases:
      a:
        - name: charge
          taskReferenceName: charge
";

fn workflow(text: &str) -> Result<WorkflowDef, Diagnostic> {
    Document::new(text).read()
}

#[test]
fn yaml_and_json_read_alike() {
    assert_eq!(
        (Syntax::of(YAML), Syntax::of(" {}"), Syntax::of("\u{feff}[]")),
        (Syntax::Yaml, Syntax::Json, Syntax::Json)
    );
    let from_yaml = workflow(YAML).expect("reads");
    let json = serde_json::to_string(&from_yaml).expect("writes");
    assert_eq!(workflow(&json).expect("reads"), from_yaml);
    assert_eq!(from_yaml.tasks[0].input_parameters["amount"], "${workflow.input.amount}");
    assert_eq!((from_yaml.version, from_yaml.tasks[1].decision_cases.len()), (3, 1));
}

/// Text, then line, column, path and a part of the message.
const BROKEN: [(&str, usize, usize, &str, &str); 12] = [
    ("{\"name\": \"a\",\n \"version\": \"x\"}", 2, 13, "version", "expected an integer or null"),
    ("{\"tasks\": [{\"type\": 5}]}", 1, 21, "tasks[0].type", "expected a string"),
    (
        "{\"tasks\": [\n  {\"name\": \"a\"},\n  {\"optional\": 3}]}",
        3,
        16,
        "tasks[1].optional",
        "expected true, false or null",
    ),
    ("{\"timeoutPolicy\": \"NEVER\"}", 1, 19, "timeoutPolicy", "expected `TIME_OUT_WF` or `ALERT_ONLY`"),
    ("{\"name\": \"a\"", 1, 13, "name", "EOF"),
    ("{\"name\" \"a\"}", 1, 9, "name", "expected `:`"),
    ("{\"decisionCases\": 1, \"tasks\": {}}", 1, 31, "tasks", "expected a sequence"),
    ("", 1, 1, "", "the document is empty"),
    ("name: a\nversion: x\n", 2, 10, "version", "expected an integer or null"),
    ("name: a\ntasks:\n  - type: [1]\n", 3, 11, "tasks[0].type", ""),
    ("name: a\n  version: 1\n", 2, 0, "", ""),
    ("tasks:\n  - name: b\n    joinMode: SOMETIMES\n", 3, 15, "tasks[0].joinMode", "SOMETIMES"),
];

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, line, column, path, message) in BROKEN {
        let found = workflow(text).expect_err(text);
        let told = found.to_string();
        assert_eq!((found.line, found.path.as_str()), (line, path), "{text:?}: {told}");
        assert!(column == 0 || found.column == column, "{text:?}: {told}");
        assert!(told.contains(message), "{text:?}: {told}");
    }
}

#[test]
fn depth_is_bounded_before_anything_is_parsed() {
    let json = "[".repeat(200_000);
    let found = json::read::<Value>(&json).expect_err("too deep");
    assert_eq!((found.line, found.column), (1, 65));
    assert!(found.message.contains("nested deeper than 64 levels"), "{found}");
    let in_text = format!("[\"{}\\\"[\"]", "[".repeat(100));
    json::read::<Value>(&in_text).expect("brackets in a text do not nest");
    for yaml in [
        "a: ".to_owned() + &json,
        "- ".repeat(10_000),
        format!("a: {}1{}", "{b: ".repeat(70), "}".repeat(70)),
    ] {
        Document::new(&yaml).read::<Value>().expect_err("too deep");
    }
}

#[test]
fn what_is_carried_unread_can_be_read_later() {
    for number in ["1e999", "-1E400", &"9".repeat(400)] {
        let text = format!("{{\"a\": [true, {number}]}}");
        let found = json::read::<segue_core::json::Json>(&text).expect_err("no double holds it");
        assert_eq!((found.line, found.message.as_str()), (1, "number out of range"), "{number}");
    }
    for (text, read) in [
        (r#""\ud83d\ude00""#, "\u{1F600}"),
        (r#""cut \ud83d""#, "cut \u{FFFD}"),
        (r#""\uDE00\ud83d\ud83d\ude00x""#, "\u{FFFD}\u{FFFD}\u{1F600}x"),
        (r#""\\ud83d \ud83d""#, "\\ud83d \u{FFFD}"),
        (r#""1e999 \u00e4""#, "1e999 \u{E4}"),
    ] {
        let carried = json::read::<segue_core::json::Json>(text).expect("JSON");
        assert_eq!(carried.value(), Value::from(read), "{text}");
    }
    json::read::<Value>("[1e-999, 1.5e3, -0, 12345678901234567890]").expect("numbers");
}

#[test]
fn definitions_within_the_depth_fit_the_stack() {
    let mut task = serde_json::json!({"name": "leaf", "taskReferenceName": "leaf"});
    for at in 0..30 {
        task = serde_json::json!({"name": "l", "taskReferenceName": format!("l{at}"), "type": "DO_WHILE",
            "loopCondition": "false", "loopOver": [task]});
    }
    let text = serde_json::json!({"name": "deep", "tasks": [task]}).to_string();
    let definition = conductor::workflow(&text).expect("reads");
    assert_eq!(validate(&definition, &|_| None), []);
    let yaml = serde_saphyr::to_string(&definition).expect("writes");
    assert_eq!(workflow(&yaml).expect("reads"), definition);
}

#[test]
fn yaml_bombs_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for at in 1..12 {
        let list = vec![format!("*a{}", at - 1); 10].join(", ");
        bomb += &format!("a{at}: &a{at} [{list}]\n");
    }
    Document::new(&bomb).read::<Value>().expect_err("expands too far");
}

#[test]
fn a_broken_rule_is_found_in_the_text() {
    let definition = workflow(YAML).expect("reads");
    let found = validate(&definition, &|_| None);
    assert_eq!(found.len(), 1, "{found:?}");
    let document = Document::new(YAML).in_file("orders.yaml");
    let located = document.locate(&found[0]);
    assert_eq!(located.line, 16, "{located}");
    let shown = located.render(YAML, &Renderer::plain());
    assert!(shown.contains("orders.yaml:16") && shown.contains("^"), "{shown}");
    let json = serde_json::to_string_pretty(&definition).expect("writes");
    let located = Document::new(&json).locate(&found[0]);
    assert!(json.lines().nth(located.line - 1).is_some_and(|line| line.contains("charge")), "{located}");
}

#[test]
fn a_diagnostic_is_shown_with_a_caret() {
    let text = "{\n  \"name\": \"a\",\n  \"version\": \"x\"\n}";
    let found = workflow(text).expect_err("no number").in_file("a.json");
    let expected = r#"error: version: invalid value: string "x"
 --> a.json:3:14
  |
3 |   "version": "x"
  |              ^^^ expected an integer or null"#;
    assert_eq!(found.render(text, &Renderer::plain()).trim_end(), expected);
    assert!(Document::new("{\"retryCount\": true}").read::<TaskDef>().is_err());
}
