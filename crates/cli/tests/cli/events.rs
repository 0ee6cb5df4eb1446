//! Event handlers from files, and events by hand.

use serde_json::{Value, json};

use crate::program::{Running, segue};

fn handler(name: &str, condition: &str) -> Value {
    json!({"name": name, "event": "kafka:orders", "active": true, "condition": condition,
        "actions": [{"action": "start_workflow", "start_workflow": {"name": "heard", "input": {"id": "${id}"}}}]})
}

#[test]
fn event_handlers_are_kept_and_act() {
    let server = Running::start();
    let file = |name: &str, content: &Value| server.write(name, &content.to_string());
    file(
        "heard.json",
        &json!({"name": "heard", "tasks": [{"name": "n", "taskReferenceName": "n", "type": "NOOP"}]}),
    );
    file("one.json", &handler("one", "$.id > 0"));
    file("two.json", &json!([handler("two", "$.id > 1"), handler("three", "$.id > 2")]));
    let valid = server.call(&["def", "validate", "one.json", "two.json"]).ok();
    assert!(
        valid.out.contains("one.json: one is valid") && valid.out.contains("three is valid"),
        "{}",
        valid.out
    );
    let registered = server.call(&["def", "register", "heard.json", "one.json", "two.json"]).ok();
    assert!(registered.out.ends_with("registered event handler two\nregistered event handler three\n"));

    let again = server.call(&["def", "register", "one.json"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("already exists") && again.err.contains("--overwrite"), "{}", again.err);
    file("one.json", &handler("one", "$.id > 5"));
    server.call(&["def", "register", "one.json", "--overwrite"]).ok();
    let shown = server.call(&["def", "show", "one", "--kind", "event-handler"]).ok().json();
    assert_eq!(shown["condition"], "$.id > 5");
    let all = server.call(&["def", "ls", "--kind", "event-handler", "--json"]).ok().json();
    assert_eq!(all.as_array().map(Vec::len), Some(3));

    let publish = ["events", "publish", "kafka:orders", "--payload", "{\"id\": 2}", "--id", "m-1", "--json"];
    let first = server.call(&publish).ok().json();
    assert_eq!(first["reactions"].as_array().map(Vec::len), Some(3));
    assert_eq!(server.call(&publish).ok().json(), first, "a message is taken once");
    let output = |definition: &str| {
        let reactions = first["reactions"].as_array().expect("reactions").iter();
        let found =
            reactions.clone().find(|reaction| reaction["definition"] == definition).expect("a reaction");
        let id = found["execution"].as_str().expect("an id");
        server.call(&["watch", id, "--json"]).ok().json()["output"].clone()
    };
    assert_eq!(output("event-handler:one")["status"], "SKIPPED");
    assert!(output("event-handler:two")["actions"][0]["workflowId"].is_string());

    for (kind, name) in [("event-handler", "one"), ("event-handler", "two"), ("event-handler", "three")] {
        server.call(&["def", "rm", name, "--kind", kind]).ok();
    }
    assert_eq!(server.call(&["def", "rm", "one", "--kind", "event-handler"]).code, 2);
    let unheard = server.call(&["events", "publish", "kafka:orders"]).ok();
    assert!(unheard.out.is_empty() && unheard.err.contains("no active event handler"), "{}", unheard.err);
    assert_eq!(server.call(&["def", "rm", "heard"]).code, 2, "a version is needed");
    server.call(&["def", "rm", "heard", "--version", "1"]).ok();
    assert_eq!(server.call(&["def", "ls", "--json"]).ok().json(), json!([]));
}

#[test]
fn a_wrong_event_handler_is_told_with_its_place() {
    let directory = tempfile::tempdir().expect("a directory");
    for (content, told) in [
        (handler("h", "$.id >"), ["h.json:1:", "condition"]),
        (
            json!({"name": "h", "event": "orders", "actions": handler("h", "")["actions"]}),
            ["h.json:1:", "Illegal event orders"],
        ),
        (json!({"name": "h", "event": "a:b", "actions": [{"action": "sing"}]}), ["h.json:1:", "`sing`"]),
    ] {
        std::fs::write(directory.path().join("h.json"), content.to_string()).expect("written");
        let output = segue(directory.path(), &["def", "validate", "h.json"]);
        assert_eq!(output.code, 2, "{content}: {}", output.out);
        for part in told {
            assert!(output.err.contains(part), "{content} should say {part}: {}", output.err);
        }
        assert!(!output.err.contains("taskType"), "a handler has no tasks: {}", output.err);
    }
}
