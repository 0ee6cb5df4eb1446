//! Whatever is put in: a precise error, nothing half done, and a server that goes on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Running, segue};

/// A file's text, and what its error says: place, field, what is wrong, what was expected.
const FILES: [(&str, &str, &[&str]); 9] = [
    (
        "truncated.json",
        "{\"name\": \"x\",\n  \"tasks\": [{\"name\": \"a\",",
        &["truncated.json:2:26", "tasks[0].name", "EOF"],
    ),
    ("list.json", "[1, 2]", &["list.json:1:2", "invalid type"]),
    (
        "type.json",
        r#"{"name": "x", "tasks": [{"name": "a", "taskReferenceName": "a", "type": 7}]}"#,
        &["type.json:1:73", "tasks[0].type", "integer `7`", "expected a string"],
    ),
    (
        "twice.json",
        "{\"name\": \"x\", \"tasks\": [{\"name\": \"a\", \"taskReferenceName\": \"a\"},\n{\"name\": \"b\", \"taskReferenceName\": \"a\"}]}",
        &["twice.json:2:36", "tasks[1].taskReferenceName", "should be unique"],
    ),
    (
        "expression.json",
        r#"{"name": "x", "tasks": [{"name": "a", "taskReferenceName": "a", "inputParameters": {"x": "${workflow.input.[}"}}]}"#,
        &["expression.json:1:90", "tasks[0].inputParameters.x", "at column 19", "expected a list position"],
    ),
    (
        "enum.json",
        r#"{"name": "x", "timeoutPolicy": "LATER", "tasks": [{"name": "a", "taskReferenceName": "a"}]}"#,
        &["enum.json:1:32", "timeoutPolicy", "`LATER`", "expected `TIME_OUT_WF` or `ALERT_ONLY`"],
    ),
    (
        "condition.json",
        r#"{"name": "x", "tasks": [{"name": "l", "taskReferenceName": "l", "type": "DO_WHILE", "loopCondition": "$.l['iteration'] <",
  "loopOver": [{"name": "a", "taskReferenceName": "a"}]}]}"#,
        &["condition.json:1:", "tasks[0].loopCondition"],
    ),
    ("empty.json", "", &["empty.json:1:1"]),
    ("tabs.yaml", "name: x\ntasks:\n  - name: a\n   taskReferenceName: a\n", &["tabs.yaml:4:4"]),
];

#[test]
fn a_wrong_definition_is_told_with_file_line_column_and_field() {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text, told) in FILES {
        std::fs::write(directory.path().join(name), text).expect("written");
        for command in [&["def", "validate", name][..], &["run", name]] {
            let output = segue(directory.path(), command);
            assert_eq!(output.code, 2, "{command:?}: {} / {}", output.out, output.err);
            for part in told {
                let both = format!("{}{}", output.out, output.err);
                assert!(both.contains(part), "{command:?} should say {part}: {both}");
            }
        }
    }
    std::fs::write(directory.path().join("deep.json"), format!("{{\"name\": {}", "[".repeat(100_000)))
        .expect("written");
    let output = segue(directory.path(), &["def", "validate", "deep.json"]);
    assert_eq!(output.code, 2);
    assert!(output.err.contains("nested deeper than"), "{}", output.err);
}

/// Status and body of a call with any text as its body.
async fn send(url: &str, path: &str, body: String) -> (u16, Value) {
    let client = segue_testkit::http();
    let request =
        client.post(format!("{url}/api{path}")).header("content-type", "application/json").body(body);
    let response = request.send().await.expect("answers");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[tokio::test]
async fn a_wrong_body_is_a_client_error_and_the_server_goes_on() {
    let server = Running::start();
    let workflow =
        |tasks: Value| json!({"name": "x", "version": 1, "schemaVersion": 2, "tasks": tasks}).to_string();
    let twice = json!([{"name": "a", "taskReferenceName": "a"}, {"name": "b", "taskReferenceName": "a"}]);
    let unknown = json!([{"name": "a", "taskReferenceName": "a", "type": {"of": "object"}}]);
    let expression = json!([{"name": "a", "taskReferenceName": "a", "inputParameters": {"x": "${a.[}"}}]);
    let policy = json!({"name": "x", "tasks": [], "timeoutPolicy": "LATER"}).to_string();
    let cases = [
        ("/metadata/workflow", "{\"name\":".to_owned(), 400, "EOF"),
        ("/metadata/workflow", format!("{{\"name\": {}", "[".repeat(50_000)), 400, "nested deeper"),
        ("/metadata/workflow", workflow(twice), 400, "unique"),
        ("/metadata/workflow", workflow(unknown), 400, "type"),
        ("/metadata/workflow", workflow(expression), 400, "at column"),
        ("/metadata/workflow", policy, 400, "LATER"),
        ("/workflow/x", format!("{{\"a\": \"{}\"}}", "x".repeat(20 << 20)), 413, "larger than"),
        ("/workflow/x", format!("{}{}", "[".repeat(3000), "]".repeat(3000)), 400, "nested deeper"),
        ("/tasks", "{\"workflowInstanceId\": 5}".to_owned(), 400, "taskId"),
        ("/workflow", "{\"name\": \"nobody\"}".to_owned(), 404, "nobody"),
    ];
    for (path, body, status, told) in cases {
        let start = body[..body.len().min(60)].to_owned();
        let (found, answer) = send(&server.url, path, body).await;
        assert_eq!(found, status, "{path} {start}: {answer}");
        assert!(answer.to_string().contains(told), "{path} {start} should say {told}: {answer}");
        assert_eq!(answer["status"], status, "errors are JSON: {answer}");
    }
    let (_, started) = send(&server.url, "/workflow/x", "{}".to_owned()).await;
    assert_eq!(started["status"], 404, "nothing of what was refused is there: {started}");
}

#[tokio::test]
async fn a_workflow_that_starts_itself_ends_at_the_hundredth_level() {
    let server = Running::start();
    let own = json!({"name": "own", "version": 1, "schemaVersion": 2, "tasks": [{"name": "again", "type": "SUB_WORKFLOW",
        "taskReferenceName": "again", "subWorkflowParam": {"name": "own", "version": 1}}]});
    assert_eq!(send(&server.url, "/metadata/workflow", own.to_string()).await.0, 200);
    let (_, id) = send(&server.url, "/workflow/own", "{}".to_owned()).await;
    let id = id.as_str().expect("an id").to_owned();
    let deadline = Instant::now() + Duration::from_secs(60);
    let ended = loop {
        let output = server.call(&["show", &id, "--json"]).ok().json();
        if output["status"] != "RUNNING" {
            break output;
        }
        assert!(Instant::now() < deadline, "{output:#}");
    };
    assert_eq!(ended["status"], "FAILED");
    assert!(ended["reasonForIncompletion"].as_str().is_some_and(|text| text.contains("100")), "{ended:#}");
}

#[test]
fn a_file_that_is_no_database_of_ours_or_newer_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = Running::start_in(directory.path());
    drop(server);
    let good = std::fs::read(directory.path().join("test.db")).expect("a database");
    // The schema's version, big-endian, at byte 60 of an SQLite file.
    let newer: Vec<u8> = good.iter().enumerate().map(|(at, byte)| if at == 60 { 1 } else { *byte }).collect();
    let garbage = b"this is no database at all".repeat(100);
    for (name, bytes, told) in
        [("garbage.db", garbage, "it is not an SQLite database"), ("newer.db", newer, "newer")]
    {
        std::fs::write(directory.path().join(name), &bytes).expect("written");
        for command in [&["server", "--port", "0", "--store", name][..], &["store", "check", "--store", name]]
        {
            let output = segue(directory.path(), command);
            assert_eq!(output.code, 3, "{command:?}: {} / {}", output.out, output.err);
            assert!(output.err.contains(told) && output.err.contains(name), "{command:?}: {}", output.err);
        }
        assert_eq!(
            std::fs::read(directory.path().join(name)).expect("is there"),
            bytes,
            "the file is untouched"
        );
    }
}
