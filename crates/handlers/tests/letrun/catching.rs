//! `catch`, `rethrow` and `caught`.

use serde_json::{Value, json};

use crate::{run_with, services};

/// As TRY_CATCH says it.
fn failure() -> Value {
    json!({
        "message": "no such thing",
        "taskReferenceName": "fetch",
        "status": "FAILED",
        "output": {
            "error": {"name": "NotFound", "message": "no such thing", "stack": "at x"},
            "result": {"half": true},
        },
    })
}

#[tokio::test]
async fn filters_decide_what_is_caught() {
    let services = services();
    let beside = json!({"error": failure()});
    for (parameters, matched) in [
        (json!({}), true),
        (json!({"errorName": "NotFound"}), true),
        (json!({"errorName": "Error"}), false),
        (json!({"expression": "error.name === 'NotFound' && input.error.message.startsWith('no')"}), true),
        (json!({"expression": "error.name == 'Other'"}), false),
        (json!({"expression": "task.name", "language": "javascript"}), true),
    ] {
        let done = run_with(&services, "catch", &parameters, &beside).await.expect("an answer");
        let blocks = if matched { json!(["catch"]) } else { json!([]) };
        let error = json!({"name": "NotFound", "message": "no such thing", "stack": "at x", "task": "fetch"});
        assert_eq!(
            done.output,
            json!({"result": {"handledBlocks": blocks, "error": error}, "matched": matched}),
            "{parameters}"
        );
    }
}

#[tokio::test]
async fn an_error_without_a_name_gets_one() {
    let services = services();
    for (status, name) in [("FAILED", "Error"), ("TIMED_OUT", "TimeoutError")] {
        let error = json!({"message": "why", "status": status, "output": {}});
        let done =
            run_with(&services, "catch", &json!({}), &json!({"error": error})).await.expect("an answer");
        assert_eq!(done.output["result"]["error"], json!({"name": name, "message": "why"}));
    }
}

#[tokio::test]
async fn what_nobody_catches_fails_as_it_did() {
    let services = services();
    let beside = json!({"error": failure()});
    let failed = run_with(&services, "rethrow", &json!({}), &beside).await.expect_err("the error");
    assert!(failed.terminal);
    let error = json!({"name": "NotFound", "message": "no such thing", "stack": "at x", "task": "fetch"});
    assert_eq!(failed.output(), json!({"error": error, "result": {"half": true}}));
}

#[tokio::test]
async fn a_block_says_which_of_its_parts_ran() {
    let services = services();
    let caught = json!({"handledBlocks": ["catch"], "error": {"name": "E"}});
    for (beside, expected) in [
        (json!({"caught": null}), json!({})),
        (json!({"caught": null, "finally": true}), json!({"handledBlocks": ["finally"]})),
        (json!({"caught": caught, "error": null}), json!({})),
        (
            json!({"caught": caught, "error": {"message": "m"}}),
            json!({"handledBlocks": ["catch"], "error": {"name": "E"}}),
        ),
        (
            json!({"caught": caught, "finally": true}),
            json!({"handledBlocks": ["catch", "finally"], "error": {"name": "E"}}),
        ),
    ] {
        let done = run_with(&services, "caught", &json!({}), &beside).await.expect("a result");
        assert_eq!(done.output, json!({"result": expected}), "{beside}");
    }
}
