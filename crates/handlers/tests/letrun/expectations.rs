//! `expect`.

use serde_json::{Value, json};

use crate::{result, run, services};

#[tokio::test]
async fn matchers_hold_as_they_do_in_jest() {
    let services = services();
    for (object, matcher, value, holds) in [
        (json!("1"), "toBe", json!("1"), true),
        (json!("1"), "toBe", json!(1), false),
        (json!([]), "toBe", json!([]), false),
        (json!(null), "toBe", json!(null), true),
        (json!(0), "toBeDefined", json!(null), true),
        (json!(null), "toBeUndefined", json!(null), false),
        (json!(0), "toBeFalsy", json!(null), true),
        (json!("0"), "toBeFalsy", json!(null), false),
        (json!([]), "toBeTruthy", json!(null), true),
        (json!(null), "toBeNull", json!(null), true),
        (json!("x"), "toBeNaN", json!(null), false),
        (json!(2), "toBeGreaterThan", json!(1), true),
        (json!(2), "toBeGreaterThan", json!(2), false),
        (json!(2), "toBeGreaterThanOrEqual", json!(2), true),
        (json!(1.5), "toBeLessThan", json!(2), true),
        (json!(2), "toBeLessThanOrEqual", json!(1), false),
        (json!([1, "a"]), "toContain", json!("a"), true),
        (json!([[1]]), "toContain", json!([1]), false),
        (json!("abc"), "toContain", json!("bc"), true),
        (json!([{"a": [1]}]), "toContainEqual", json!({"a": [1]}), true),
        (json!({"a": 1, "b": [2]}), "toEqual", json!({"b": [2], "a": 1.0}), true),
        (json!({"a": 1}), "toStrictEqual", json!({"a": 1, "b": 2}), false),
        (json!([1, 2]), "toHaveLength", json!(2), true),
        (json!("äöü"), "toHaveLength", json!(3), true),
        (json!("hello, world"), "toMatch", json!("o, w"), true),
        (json!("hello"), "toMatch", json!("x"), false),
        (json!({"a": {"b": 1, "c": 2}, "d": [1, 2]}), "toMatchObject", json!({"a": {"b": 1}}), true),
        (json!({"d": [1, 2]}), "toMatchObject", json!({"d": [1]}), false),
    ] {
        for not in [false, true] {
            let parameters = json!({"object": object, "match": matcher, "value": value, "not": not});
            match run(&services, "expect", &parameters).await {
                Ok(done) => assert!(holds != not && done.output == json!({"result": true}), "{parameters}"),
                Err(failed) => {
                    assert!(holds == not && !failed.terminal, "{parameters}: {failed}");
                    assert_eq!(failed.output()["result"], Value::Bool(false), "{parameters}");
                }
            }
        }
    }
}

#[tokio::test]
async fn failures_read_as_they_do_in_jest() {
    let services = services();
    for (parameters, expected) in [
        (
            json!({"object": "2", "match": "toBe", "value": "1"}),
            "expect(received).toBe(expected) // Object.is equality\n\nExpected: \"1\"\nReceived: \"2\"",
        ),
        (
            json!({"object": 1, "match": "toBe", "value": 1, "not": true}),
            "expect(received).not.toBe(expected) // Object.is equality\n\nExpected: not 1\nReceived: 1",
        ),
        (
            json!({"object": 1, "match": "toBeGreaterThan", "value": 3}),
            "expect(received).toBeGreaterThan(expected)\n\nExpected: > 3\nReceived:   1",
        ),
        (json!({"object": 1, "match": "toBeFalsy"}), "expect(received).toBeFalsy()\n\nReceived: 1"),
        (
            json!({"object": [1, {"a": 2}], "match": "toContain", "value": 3}),
            "expect(received).toContain(expected) // indexOf\n\nExpected value: 3\nReceived array: [1, {\"a\": 2}]",
        ),
        (
            json!({"object": "ab", "match": "toMatch", "value": "c"}),
            "expect(received).toMatch(expected)\n\nExpected substring: \"c\"\nReceived string:    \"ab\"",
        ),
        (
            json!({"object": "2", "match": "toBeLessThan", "value": 1}),
            "expect(received).toBeLessThan(expected)\n\nMatcher error: received value must be a number or bigint\n\n\
             Received has type:  string\nReceived has value: \"2\"",
        ),
        (
            json!({"object": [1], "match": "toHaveLength"}),
            "expect(received).toHaveLength(expected)\n\nMatcher error: expected value must be a non-negative integer\n\n\
             Expected has value: undefined",
        ),
        (json!({"object": "2", "match": "toBe", "value": "1", "message": "2 is not 1"}), "2 is not 1"),
    ] {
        let failed = run(&services, "expect", &parameters).await.expect_err("a failure");
        assert_eq!((failed.name.as_str(), failed.message.as_str()), ("Error", expected), "{parameters}");
    }
    assert_eq!(
        result(&services, "expect", &json!({"object": 1, "match": "toBe", "value": 1})).await,
        json!(true)
    );
}
