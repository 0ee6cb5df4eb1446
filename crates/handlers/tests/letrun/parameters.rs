//! Strict parameters.

use serde_json::json;

use crate::{error, result, services};

#[tokio::test]
async fn what_is_wrong_is_said_at_once_and_named() {
    let services = services();
    for (system, parameters, expected) in [
        ("log", json!({"message": "x", "foo": 1}), r#"of task "t" (log): "foo" is not allowed"#),
        ("log", json!({}), r#""message" is required"#),
        ("log", json!({"message": ""}), r#""message" is not allowed to be empty"#),
        (
            "log",
            json!({"level": "loud", "bar": 1}),
            r#""level" must be one of [debug, info, warn, error], found "loud", "message" is required, "bar" is not allowed"#,
        ),
        ("for", json!([1]), "they must be an object, found [1]"),
        ("http", json!({"url": "nowhere"}), r#""url" must be a valid uri, found "nowhere""#),
        ("http", json!({"url": "http://x", "timeoutMs": -1}), r#""timeoutMs" must be a whole number"#),
        ("http", json!({"url": "http://x", "body": 1}), r#"a GET request has no "body""#),
        ("lambda", json!({}), r#"exactly one of "expression" and "file" is required"#),
        ("lambda", json!({"expression": "1", "file": "x.js"}), "exactly one of"),
        (
            "catch",
            json!({"errorName": "E", "expression": "1"}),
            r#"only one of "errorName" and "expression""#,
        ),
        ("expect", json!({"match": "toFly", "object": 1}), r#""match" must be one of [toBe, "#),
        ("exec", json!({"args": "ls"}), r#""cmd" is required, "args" must be an array, found "ls""#),
    ] {
        let (text, terminal) = error(&services, system, &parameters).await;
        assert!(text.starts_with("InvalidParameterError: Invalid parameters of") && terminal, "{text}");
        assert!(text.contains(expected), "{system} {parameters}: {text}");
    }
    let (text, terminal) = error(&services, "fly", &json!({})).await;
    assert_eq!((text.as_str(), terminal), ("InvalidParameterError: fly is no system task", true));
}

#[tokio::test]
async fn texts_that_read_as_what_is_wanted_are_taken_for_it() {
    let services = services();
    let found = result(&services, "for", &json!({"from": "5", "to": "6"})).await;
    assert_eq!(found["rounds"][0]["from"], json!(5));
    let held =
        result(&services, "expect", &json!({"match": "tobe", "object": 1, "value": 2, "not": "True"})).await;
    assert_eq!(held, json!(true));
}
