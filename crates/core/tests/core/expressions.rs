//! `${…}` as golden tables: `tests/data/expressions/*.golden`, rendered against `document.json` beside them.
//!
//! A row is `template => JSON`; `~>` says that Jayway JsonPath gives something else. A template is a plain text. In
//! `refused.golden` a row is `template => column, what was expected`.

use std::path::{Path, PathBuf};

use segue_core::expression::{Environment, Segment, Template, select};
use serde_json::Value;

/// A document as what expressions see.
struct Document(Value);

impl Environment for Document {
    fn resolve(&self, path: &[Segment]) -> Option<Value> {
        select(&self.0, path)
    }

    fn document(&self) -> Value {
        self.0.clone()
    }

    fn task_id(&self) -> Option<String> {
        Some("task-1".to_owned())
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/expressions")
}

fn document() -> Document {
    let text = std::fs::read_to_string(folder().join("document.json")).expect("document.json");
    Document(serde_json::from_str(&text).expect("JSON"))
}

/// The rows of a table: where it stands, template, outcome.
fn rows(file: &str) -> Vec<(String, String, String)> {
    let text = std::fs::read_to_string(folder().join(file)).expect(file);
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with("# "));
    lines
        .map(|(number, line)| {
            let place = format!("{file}:{number}");
            let parts = line.split_once(" => ").or_else(|| line.split_once(" ~> "));
            let (template, outcome) = parts.unwrap_or_else(|| panic!("{place}: no => in {line}"));
            (place, template.to_owned(), outcome.to_owned())
        })
        .collect()
}

#[test]
fn templates_render_as_the_tables_say() {
    let document = document();
    let mut wrong = Vec::new();
    let mut played = 0;
    for file in ["rules.golden", "paths.golden", "filters.golden", "functions.golden"] {
        for (place, template, expected) in rows(file) {
            let expected: Value =
                serde_json::from_str(&expected).unwrap_or_else(|error| panic!("{place}: {error}"));
            let compiled = Template::compile(&Value::from(template.as_str()));
            let given = compiled.map_err(|error| error.to_string());
            let given = given.and_then(|template| template.render(&document).map_err(|error| error.to_string()));
            if given.as_ref() != Ok(&expected) {
                let given = given.map_or_else(|error| error, |value| value.to_string());
                wrong.push(format!("{place}: {template} => {given}"));
            }
            played += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(played >= 120, "{played} rows");
}

#[test]
fn what_can_never_be_read_is_refused_with_its_place() {
    let mut wrong = Vec::new();
    for (place, template, expected) in rows("refused.golden") {
        let told = match Template::compile(&Value::from(template.as_str())) {
            Ok(_) => "it is read".to_owned(),
            Err(error) => {
                assert!(error.to_string().contains(&template), "{place}: {error}");
                format!("{}, {}", error.column(), error.expected)
            }
        };
        if !told.starts_with(&expected) {
            wrong.push(format!("{place}: {template} => {told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The cells of a line of a table in a document.
fn cells(line: &str) -> Vec<String> {
    let line = line.replace("\\|", "\u{1}");
    line.trim_matches('|').split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
}

#[test]
fn the_reference_page_tells_the_truth() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/expressions.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let document =
        page.split("```json").nth(1).and_then(|rest| rest.split("```").next()).expect("a document");
    let document = Document(serde_json::from_str(document).expect("JSON"));
    let mut played = 0;
    let mut in_examples = false;
    for line in page.lines() {
        let cells = cells(line);
        in_examples = line.starts_with('|') && (in_examples || cells[0] == "Written");
        if !in_examples || !cells[0].starts_with('`') {
            continue;
        }
        let code = |cell: &str| cell.trim_matches('`').to_owned();
        let expected: Value = serde_json::from_str(&code(&cells[1])).unwrap_or_else(|_| panic!("{line}"));
        let template =
            Template::compile(&Value::from(code(&cells[0]))).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(template.render(&document), Ok(expected), "{line}");
        played += 1;
    }
    assert!(played > 30, "{played} examples");
}
