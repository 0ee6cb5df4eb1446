//! The reference of operators: each has a section, and its example can be registered and compiled.

use segue_core::definition::{WorkflowDef, validate};
use segue_core::plan::BUILTIN_TYPES;
use serde_json::{Value, json};

use crate::run::Run;

const PAGE: &str = include_str!("../../../../docs/reference/operators.md");

/// Operators that are no handlers' types.
const OPERATORS: &[&str] = &[
    "SIMPLE",
    "FORK_JOIN",
    "JOIN",
    "EXCLUSIVE_JOIN",
    "FORK_JOIN_DYNAMIC",
    "DYNAMIC",
    "SWITCH",
    "DECISION",
    "DO_WHILE",
    "FOR_EACH",
    "TRY_CATCH",
    "GRAPH",
    "SUB_WORKFLOW",
    "START_WORKFLOW",
    "WAIT",
    "HUMAN",
    "YIELD",
    "PULL_WORKFLOW_MESSAGES",
    "SET_VARIABLE",
    "TERMINATE",
    "NOOP",
    "INLINE",
    "LAMBDA",
    "JSON_JQ_TRANSFORM",
    "EVENT",
];

#[test]
fn every_operator_has_an_example_that_compiles() {
    let mut missing: Vec<&str> = OPERATORS.iter().chain(BUILTIN_TYPES).copied().collect();
    for section in PAGE.split("\n## ").skip(1) {
        let type_ = section.lines().next().unwrap_or_default();
        missing.retain(|name| *name != type_);
        let example = section.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
        let example = example.unwrap_or_else(|| panic!("{type_} has no example"));
        let tasks: Value = serde_json::from_str(example).unwrap_or_else(|error| panic!("{type_}: {error}"));
        let tasks = if tasks.is_array() { tasks } else { json!([tasks]) };
        let is_named = |task: &Value| task["type"] == type_;
        assert!(tasks.as_array().is_some_and(|tasks| tasks.iter().any(is_named)), "{type_} is not used");
        let definition = json!({"name": "wf", "tasks": tasks});
        let read: WorkflowDef = serde_json::from_value(definition.clone()).expect("a definition");
        assert_eq!(validate(&read, &|_| None), [], "{type_}");
        Run::new().try_define(definition).unwrap_or_else(|problems| panic!("{type_}: {problems:?}"));
    }
    assert!(missing.is_empty(), "without a section: {missing:?}");
}
