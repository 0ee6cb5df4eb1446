//! What touches the machine: `exec`, `read-file`, `write-file`, a `lambda` from a file.

use std::path::Path;
use std::time::{Duration, Instant};

use segue_handlers::letrun::Services;
use serde_json::{Value, json};

use crate::{error, result, run, services};

fn services_in(directory: &Path) -> Services {
    Services { directory: Some(directory.to_owned()), ..services() }
}

#[tokio::test]
async fn a_server_offers_no_machine() {
    let services = services();
    for (system, parameters) in [
        ("exec", json!({"cmd": "true"})),
        ("read-file", json!({"path": "/etc/hostname"})),
        ("write-file", json!({"path": "x", "content": ""})),
        ("lambda", json!({"file": "x.js"})),
    ] {
        let (text, terminal) = error(&services, system, &parameters).await;
        assert!(text.contains("`segue worker --project DIR`") && terminal, "{system}: {text}");
    }
}

#[tokio::test]
async fn programs_give_json_or_text() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(directory.path().join("sub")).expect("a directory");
    let services = services_in(directory.path());
    let sub = directory.path().join("sub").canonicalize().expect("a path");
    for (parameters, expected) in [
        (json!({"cmd": "echo", "args": ["hello, world"]}), json!("hello, world\n")),
        (json!({"cmd": "echo", "args": [5]}), json!(5)),
        (json!({"cmd": "echo", "args": ["{\"a\": [1]}"]}), json!({"a": [1]})),
        (json!({"cmd": "true"}), json!("")),
        (json!({"cmd": "cat"}), json!("")),
        (json!({"cmd": "cat", "stdin": {"a": 1}}), json!({"a": 1})),
        (json!({"cmd": "pwd", "cwd": "sub"}), json!(format!("{}\n", sub.display()))),
        (json!({"cmd": "sh", "args": ["-c", "echo $A-$B"], "env": {"A": 1, "B": "x"}}), json!("1-x\n")),
        // Nothing is a shell's unless it is asked for.
        (json!({"cmd": "echo", "args": ["$HOME; ls"]}), json!("$HOME; ls\n")),
    ] {
        assert_eq!(result(&services, "exec", &parameters).await, expected, "{parameters}");
    }
    let failing = json!({"cmd": "sh", "args": ["-c", "echo oops >&2; exit 3"]});
    let failed = run(&services, "exec", &failing).await.expect_err("a failure");
    assert_eq!(
        failed.output(),
        json!({"error": {"name": "Error", "message": "Process failed with code 3: oops\n", "code": 3}})
    );
    let (text, terminal) = error(&services, "exec", &json!({"cmd": "no-such-program"})).await;
    assert!(text.starts_with("Error: Failed to start process: no-such-program: ") && !terminal, "{text}");
}

/// Whether the process that wrote its id there is gone, within a time.
async fn is_gone(file: &Path) -> bool {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        let id = std::fs::read_to_string(file).unwrap_or_default();
        let id = id.trim();
        let state = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        if !id.is_empty() && (state.is_empty() || state.contains(") Z ")) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

const FAMILY: &str = "sleep 600 & echo $! > child.tmp; mv child.tmp child; wait";

#[tokio::test]
async fn a_timeout_ends_the_whole_family() {
    let directory = tempfile::tempdir().expect("a directory");
    let services = services_in(directory.path());
    let parameters = json!({"cmd": "sh", "args": ["-c", FAMILY], "timeoutMs": 3000});
    assert_eq!(error(&services, "exec", &parameters).await.0, "TimeoutError: Command timed out: 3000 ms");
    assert!(is_gone(&directory.path().join("child")).await);
}

#[tokio::test]
async fn nobody_waiting_ends_the_whole_family() {
    let directory = tempfile::tempdir().expect("a directory");
    let services = services_in(directory.path());
    let child = directory.path().join("child");
    let running =
        tokio::spawn(
            async move { run(&services, "exec", &json!({"cmd": "sh", "args": ["-c", FAMILY]})).await },
        );
    let deadline = Instant::now() + Duration::from_secs(20);
    while !child.exists() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.abort();
    assert!(is_gone(&child).await);
}

#[tokio::test]
async fn files_are_read_and_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let services = services_in(directory.path());
    let write = |content: Value, append: bool| json!({"path": "a.txt", "content": content, "append": append});
    let read = |kind: &str| json!({"path": "a.txt", "contentType": kind});
    for parameters in [write(json!("old"), false), write(json!("one\n"), false), write(json!("zwei"), true)] {
        assert_eq!(run(&services, "write-file", &parameters).await.expect("written").output, json!({}));
    }
    assert_eq!(result(&services, "read-file", &json!({"path": "a.txt"})).await, json!("one\nzwei"));
    assert_eq!(result(&services, "read-file", &read("line")).await, json!(["one", "zwei"]));
    let (text, _) = error(&services, "read-file", &read("json")).await;
    assert!(text.starts_with("SyntaxError: a.txt is not JSON: "), "{text}");
    run(&services, "write-file", &write(json!({"a": [1]}), false)).await.expect("written");
    assert_eq!(result(&services, "read-file", &read("text")).await, json!("{\n  \"a\": [\n    1\n  ]\n}"));
    assert_eq!(result(&services, "read-file", &read("json")).await, json!({"a": [1]}));
    for (system, parameters, expected) in [
        ("read-file", json!({"path": "none"}), "Error: none cannot be read: No such file"),
        (
            "write-file",
            json!({"path": "no/where", "content": ""}),
            "Error: no/where cannot be written: No such file",
        ),
    ] {
        let (text, terminal) = error(&services, system, &parameters).await;
        assert!(text.starts_with(expected) && !terminal, "{text}");
    }
}

#[tokio::test]
async fn a_lambda_may_come_from_a_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let services = services_in(directory.path());
    std::fs::write(directory.path().join("up.js"), "input.toUpperCase()").expect("a file");
    assert_eq!(result(&services, "lambda", &json!({"file": "up.js", "input": "x"})).await, json!("X"));
    for (file, expected) in [
        ("none.js", "Error: the script none.js cannot be read: No such file"),
        ("none.rb", "Error: No script engine found for language: rb"),
    ] {
        std::fs::write(directory.path().join("none.rb"), "").expect("a file");
        let (text, _) = error(&services, "lambda", &json!({"file": file})).await;
        assert!(text.starts_with(expected), "{text}");
    }
}
