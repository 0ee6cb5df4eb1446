//! `${…}` as golden tables: `tests/data/expressions/*.golden`, rendered against `document.json` beside them.
//!
//! A row is `template => JSON`; `~>` says that Jayway JsonPath gives something else, and in `choices.golden` `!>` that
//! nothing is found. A template is a plain text. In `*refused.golden` a row is `template => column, what was expected`.

use std::path::{Path, PathBuf};

use segue_core::expression::{Document, ExpressionStyle, Template};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/expressions")
}

fn document() -> Document {
    let text = std::fs::read_to_string(folder().join("document.json")).expect("document.json");
    Document::new(serde_json::from_str(&text).expect("JSON")).for_task("task-1")
}

/// The rows of a table: where it stands, template, outcome.
fn rows(file: &str) -> Vec<(String, String, String)> {
    let text = std::fs::read_to_string(folder().join(file)).expect(file);
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty() && !line.starts_with("# "));
    lines
        .map(|(number, line)| {
            let place = format!("{file}:{number}");
            let parts = [" => ", " ~> ", " !> "].into_iter().find_map(|sign| line.split_once(sign));
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
            let given =
                given.and_then(|template| template.render(&document).map_err(|error| error.to_string()));
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

/// What a text gives in a style.
fn played(style: ExpressionStyle, template: &str, document: &Document) -> Result<Value, String> {
    let template = Template::compile_in(style, &Value::from(template)).map_err(|error| error.to_string())?;
    template.render(document).map_err(|error| error.to_string())
}

#[test]
fn choices_give_what_the_table_says_or_name_what_is_missing() {
    let document = document();
    let mut wrong = Vec::new();
    let table = std::fs::read_to_string(folder().join("choices.golden")).expect("choices.golden");
    for (place, template, expected) in rows("choices.golden") {
        let expected: Value =
            serde_json::from_str(&expected).unwrap_or_else(|error| panic!("{place}: {error}"));
        let lenient = played(ExpressionStyle::Lenient, &template, &document);
        let strict = played(ExpressionStyle::Strict, &template, &document);
        let is_missing = table.contains(&format!("\n{template} !> "));
        let fits = match &strict {
            Ok(value) => !is_missing && *value == expected,
            Err(error) => is_missing && error.contains("nothing is found for ${"),
        };
        if lenient.as_ref() != Ok(&expected) || !fits {
            wrong.push(format!("{place}: {template} => lenient {lenient:?}, strict {strict:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_can_never_be_read_is_refused_with_its_place() {
    refuses("refused.golden", ExpressionStyle::Conductor);
    refuses("choices-refused.golden", ExpressionStyle::Lenient);
    refuses("choices-refused.golden", ExpressionStyle::Strict);
}

fn refuses(file: &str, style: ExpressionStyle) {
    let mut wrong = Vec::new();
    for (place, template, expected) in rows(file) {
        let told = match Template::compile_in(style, &Value::from(template.as_str())) {
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
    let document = Document::new(serde_json::from_str(document).expect("JSON")).for_task("task-1");
    let mut played = 0;
    let mut styles: &[ExpressionStyle] = &[];
    for line in page.lines() {
        let cells = cells(line);
        styles = match (line.starts_with('|'), cells[0].as_str()) {
            (false, _) => &[],
            (true, "Written") => &[ExpressionStyle::Conductor],
            (true, "Choice") => &[ExpressionStyle::Lenient, ExpressionStyle::Strict],
            _ => styles,
        };
        if styles.is_empty() || !cells[0].starts_with('`') {
            continue;
        }
        let code = |cell: &str| cell.trim_matches('`').to_owned();
        let expected: Value = serde_json::from_str(&code(&cells[1])).unwrap_or_else(|_| panic!("{line}"));
        for style in styles {
            let template = Template::compile_in(*style, &Value::from(code(&cells[0])));
            let template = template.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(template.render(&document).as_ref(), Ok(&expected), "{line}");
        }
        played += 1;
    }
    assert!(played > 30, "{played} examples");
}
