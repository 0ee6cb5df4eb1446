//! The `http` task on the wire.

use serde_json::{Value, json};

use super::echo;
use super::program::{Folder, Output};

fn call(url: &str, parameters: &Value) -> Output {
    let mut parameters = parameters.clone();
    let path = parameters["url"].as_str().unwrap_or_default().to_owned();
    parameters["url"] = format!("{url}{path}").into();
    let tasks = json!([{ "name": "call", "handler": "http", "retryCount": 0, "parameters": parameters }]);
    let folder = Folder::new(&[("flow.json", &json!({ "name": "flow", "tasks": tasks }).to_string())]);
    folder.segue(&["run", "flow.json", "-p"])
}

#[test]
fn requests_are_sent_as_they_are_meant() {
    let url = echo::start();
    let get = |path: &str| json!({ "method": "GET", "path": path, "headers": {}, "body": "" });
    let cases = [
        (json!({ "url": "/a" }), get("/a")),
        (
            json!({ "url": "/a?x=0", "params": { "n": null, "b": "x y", "i": 5, "t": true } }),
            get("/a?x=0&b=x+y&i=5&t=true"),
        ),
        (
            json!({ "url": "/a", "method": "POST", "body": { "k": [1, null] } }),
            json!({ "method": "POST", "path": "/a", "headers": { "content-type": "application/json" }, "body": "{\"k\":[1,null]}" }),
        ),
        (
            json!({ "url": "/a", "method": "PUT", "body": "plain", "headers": { "X-Own": "mine", "X-Number": 5 } }),
            json!({ "method": "PUT", "path": "/a", "body": "plain",
                "headers": { "content-type": "text/plain;charset=UTF-8", "x-own": "mine", "x-number": "5" } }),
        ),
        (
            json!({ "url": "/a", "method": "PATCH", "body": { "k": 1 }, "headers": { "Content-Type": "application/merge-patch+json" } }),
            json!({ "method": "PATCH", "path": "/a", "headers": { "content-type": "application/merge-patch+json" }, "body": "{\"k\":1}" }),
        ),
    ];
    for (parameters, expected) in cases {
        assert_eq!(call(&url, &parameters).ok().json(), expected, "{parameters}");
    }
}

#[test]
fn answers_are_read_as_they_are_wanted() {
    let url = echo::start();
    let text = call(&url, &json!({ "url": "/a", "responseType": "text" })).ok().out;
    assert!(text.starts_with('{') && text.contains("\"path\":\"/a\"") && !text.contains('\n'), "{text}");
    let blob = call(&url, &json!({ "url": "/a", "responseType": "blob" })).ok().json();
    assert_eq!((&blob["type"], blob["size"].as_u64()), (&json!("application/json"), Some(text.len() as u64)));
    assert_eq!(
        call(&url, &json!({ "url": "/status/204" })).ok().out,
        "",
        "nothing instead of a syntax error"
    );
    let late = call(&url, &json!({ "url": "/never", "timeoutMs": 50 })).failed();
    assert!(late.err.contains("The operation was aborted due to timeout"), "{}", late.err);
    let missing = call(&url, &json!({ "url": "/status/404" })).failed();
    assert!(missing.err.contains("HTTP request failed with status 404"), "{}", missing.err);
    let nobody = call("http://127.0.0.1:1", &json!({ "url": "/" })).failed();
    assert!(nobody.err.contains("fetch failed"), "{}", nobody.err);
}
