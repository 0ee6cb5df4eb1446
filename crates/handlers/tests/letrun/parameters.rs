//! Strict parameters.

use proptest::prelude::*;
use segue_handlers::letrun::{self, ANYWHERE};
use serde_json::{Map, Value, json};

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
        ("http", json!({"url": "http://me:word@x"}), "belong in the header Authorization"),
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

/// Values of all kinds, numbers at their ends and texts that are nearly something included.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "-?[0-9.]{0,4} ?(ms|s|h|years|x)?".prop_map(Value::from),
        prop::sample::select(vec!["0x", "1e999", "toBe", "toHaveLength", "in", "contains", "<", "[", "{}"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z]{1,8}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Names that some task knows, and that none of them runs a script or makes a call by.
const NAMES: [&str; 14] = [
    "message", "level", "time", "data", "from", "to", "step", "items", "left", "operator", "right", "match",
    "object", "value",
];

proptest! {
    /// Whatever comes, each task yields or fails with a name and a message.
    #[test]
    fn no_input_breaks_a_task(
        fields in prop::collection::vec((prop::sample::select(NAMES.to_vec()), any_value()), 0..5),
        beside in any_value(),
        system in prop::sample::select(ANYWHERE.to_vec()),
    ) {
        let parameters: Map<String, Value> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let input = json!({"parameters": parameters, "error": beside, "caught": beside, "round": beside});
        let _entered = runtime.enter();
        match runtime.block_on(letrun::run(system, &input, &services())) {
            Ok(done) => prop_assert!(done.output.is_object()),
            Err(failed) => prop_assert!(!failed.name.is_empty() && failed.output()["error"].is_object()),
        }
        // The same object as the whole input.
        let _ = runtime.block_on(letrun::run(system, &beside, &services()));
    }
}
