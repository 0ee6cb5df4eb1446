//! `${…}`: any text compiles or is refused, any template renders, and neither takes long or makes much.
//!
//! The first line of an input is the template's text, the rest a JSON document; the document of the golden tables
//! stands in for one that cannot be read. `CONTRIBUTING.md` says how to run it.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use segue_core::expression::{ExpressionStyle, Template};
use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../crates/core/tests/data/expressions/document.json"))
        .expect("JSON")
});

fuzz_target!(|input: &str| {
    let (text, rest) = input.split_once('\n').unwrap_or((input, ""));
    let document = segue_core::expression::Document::new(serde_json::from_str(rest).unwrap_or_else(|_| DOCUMENT.clone()));
    for text in [text.to_owned(), format!("${{{text}}}"), format!("${{w.books[?({text})]}}")] {
        let is_plain = !text.contains("${");
        let value = Value::String(text);
        for style in [ExpressionStyle::Conductor, ExpressionStyle::Lenient, ExpressionStyle::Strict] {
            match Template::compile_in(style, &value) {
                Ok(template) => {
                    let rendered = template.render(&document);
                    assert!(rendered.is_ok() || style == ExpressionStyle::Strict);
                    assert!(!is_plain || rendered == Ok(value.clone()));
                }
                Err(error) => assert!(error.offset <= error.text.len() && error.column() > 0),
            }
        }
    }
});
