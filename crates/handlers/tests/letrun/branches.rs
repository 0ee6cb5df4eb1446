//! `if` and `switch`.

use serde_json::{Value, json};

use crate::{error, result, run_with, services};

#[tokio::test]
async fn operators_compare_as_javascript_does() {
    let services = services();
    let absent = json!("\0absent");
    for (left, operator, right, holds) in [
        (json!(1), "==", json!(1), true),
        (json!(1), "==", json!("1"), false),
        (json!(1), "==", json!(1.0), true),
        (json!([1, {"a": 2}]), "==", json!([1, {"a": 2}]), true),
        (json!(null), "==", json!(null), true),
        (json!(1), "!=", json!("1"), true),
        (json!(1), "<>", json!(1), false),
        (json!(1), "=", json!("1"), true),
        (json!(null), "=", json!(0), false),
        (json!(true), "=", json!("1"), true),
        (json!([10, 20]), "=", json!("10,20"), true),
        (json!("x"), "=", json!(0), false),
        (json!(""), "=", json!(0), true),
        (json!(10), ">", json!(9), true),
        (json!("10"), ">", json!("9"), false),
        (json!("10"), ">", json!(9), true),
        (json!("x"), ">", json!(9), false),
        (json!("x"), "<=", json!(9), false),
        (json!(null), ">=", json!(0), true),
        (json!(9), "<", json!(10), true),
        (json!(9), "<", absent.clone(), false),
        (json!("b"), "in", json!("abc"), true),
        (json!(2), "in", json!([1, 2]), true),
        (json!("2"), "in", json!([1, 2]), false),
        (json!("a"), "in", json!({"a": 1}), true),
        (json!("a"), "in", json!(7), false),
        (json!("a"), "not in", json!(["b"]), true),
        // The left contains the right.
        (json!("abc"), "contains", json!("b"), true),
        (json!("b"), "contains", json!("abc"), false),
        (json!(["a"]), "contains", json!("a"), true),
        (json!({"a": 1}), "CONTAINS", json!("a"), true),
        (json!("abc"), "not contains", json!("b"), false),
        (json!("build-42"), "matches regex", json!("^[a-z]+-(?=\\d)"), true),
        (json!("build"), "Matches  Regex", json!("\\d"), false),
        (json!(""), "is empty", absent.clone(), true),
        (json!({}), "is empty", absent.clone(), true),
        (json!([0]), "is empty", absent.clone(), false),
        (json!(0), "is empty", absent.clone(), false),
        (json!([0]), "is not empty", absent.clone(), true),
        (json!(0), "is defined", absent.clone(), true),
        (json!(null), "is defined", absent.clone(), false),
        (json!(null), "is not defined", absent.clone(), true),
        (json!([]), "truly", absent.clone(), true),
        (json!("0"), "is truly", absent.clone(), true),
        (json!(""), "is truly", absent.clone(), false),
        (json!(0), "falsy", absent.clone(), true),
        (json!(null), "is falsy", absent.clone(), true),
    ] {
        let mut parameters = json!({"left": left, "operator": operator});
        if right != absent {
            parameters["right"] = right;
        }
        assert_eq!(result(&services, "if", &parameters).await, Value::Bool(holds), "{parameters}");
    }
}

#[tokio::test]
async fn conditions_that_make_no_sense_are_named() {
    let services = services();
    for (parameters, expected, is_final) in [
        (
            json!({"left": 1, "operator": "~"}),
            "InvalidParameterError: task \"t\" (if): Invalid operator: ~",
            true,
        ),
        (
            json!({"left": null, "operator": "is empty"}),
            "TypeError: task \"t\" (if): null is neither empty",
            false,
        ),
        (
            json!({"operator": "truly"}),
            "InvalidParameterError: Invalid parameters of task \"t\" (if): \"left\" is required",
            true,
        ),
        (json!({"left": "x", "operator": "matches regex", "right": "("}), "SyntaxError: ", false),
    ] {
        let (text, terminal) = error(&services, "if", &parameters).await;
        assert!(text.starts_with(expected) && terminal == is_final, "{parameters}: {text}");
    }
}

#[tokio::test]
async fn a_case_is_a_text_or_the_value_of_a_script() {
    let services = services();
    let beside = json!({"cases": ["case1", "2", "true"], "workflow": {"input": {"n": 2}}});
    for (parameters, case) in [
        (json!({"expression": " case1 "}), "case1"),
        (json!({"expression": 2}), "2"),
        (json!({"expression": "'case' + (3-2)", "evaluatorType": "javascript"}), "case1"),
        (json!({"expression": "1 + 1", "language": "javascript"}), "2"),
        (
            json!({"expression": "workflow.input.n === input.workflow.input.n", "language": "JavaScript"}),
            "true",
        ),
    ] {
        let done = run_with(&services, "switch", &parameters, &beside).await.expect("a case");
        assert_eq!(done.output, json!({"result": case}), "{parameters}");
    }
    let parameters = json!({"expression": "nowhere"});
    let failed = run_with(&services, "switch", &parameters, &beside).await.expect_err("no case");
    assert_eq!(failed.output()["error"]["name"], "IllegalStateError");
    assert_eq!(failed.message, "No case found for target nowhere, the default case is missing");
    assert!(failed.terminal);
    let beside = json!({"cases": ["case1"], "hasDefault": true});
    let done = run_with(&services, "switch", &parameters, &beside).await.expect("the default");
    assert_eq!(done.output, json!({"result": "nowhere"}));
    let unknown = json!({"expression": "1", "language": "cobol"});
    assert_eq!(
        error(&services, "switch", &unknown).await.0,
        "Error: No script engine found for language: cobol"
    );
}
