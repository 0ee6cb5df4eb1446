//! Commands that need no server.

use crate::program::segue;

const GREET: &str = r#"{"name": "greet", "version": 1, "tasks": [
  {"name": "set", "taskReferenceName": "set", "type": "SET_VARIABLE",
   "inputParameters": {"text": "Hello ${workflow.input.name}"}},
  {"name": "nap", "taskReferenceName": "nap", "type": "WAIT", "inputParameters": {"duration": "1s"}}],
  "outputParameters": {"greeting": "${workflow.variables.text}"}}"#;

#[test]
fn run_prints_the_output_and_exits_by_the_outcome() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).expect("written");
    write("greet.json", GREET);
    let ran = segue(directory.path(), &["run", "greet.json", "--input", r#"{"name": "Ada"}"#]).ok();
    assert_eq!(ran.json(), serde_json::json!({"greeting": "Hello Ada"}));
    assert!(ran.err.contains("nap") && ran.err.contains("COMPLETED"), "{}", ran.err);
    let whole = segue(directory.path(), &["run", "greet.json", "--json", "--save=kept.db"]).ok().json();
    assert_eq!((&whole["status"], &whole["workflowName"]), (&"COMPLETED".into(), &"greet".into()));
    assert_eq!(whole["tasks"].as_array().map(Vec::len), Some(2));
    let checked = segue(directory.path(), &["store", "check", "--store", "kept.db"]).ok();
    assert_eq!(checked.out, "no damage found\n");
    let rebuilt = segue(directory.path(), &["store", "rebuild", "--store", "kept.db"]).ok();
    assert!(rebuilt.out.starts_with("rebuilt every table from "), "{}", rebuilt.out);
    write(
        "fail.json",
        r#"{"name": "fail", "tasks": [{"name": "t", "taskReferenceName": "t", "type": "TERMINATE",
        "inputParameters": {"terminationStatus": "FAILED", "terminationReason": "no"}}]}"#,
    );
    let failed = segue(directory.path(), &["run", "fail.json"]);
    assert_eq!(failed.code, 1);
    assert!(failed.err.contains("error: the workflow ended as FAILED: no"), "{}", failed.err);
}

#[test]
fn bad_input_names_its_place_and_exits_with_2() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).expect("written");
    write("cut.json", "{\"name\": \"x\",\n \"tasks\": [");
    write("deep.json", &format!("{}{}", "[".repeat(500), "]".repeat(500)));
    write(
        "twice.json",
        r#"{"name": "x", "tasks": [{"name": "a", "taskReferenceName": "a"}, {"name": "a", "taskReferenceName": "a"}]}"#,
    );
    write(
        "unknown.json",
        r#"{"name": "x", "tasks": [{"name": "a", "taskReferenceName": "a", "type": "SWITCH",
        "evaluatorType": "perl", "expression": "1", "decisionCases": {"1": [{"name": "b", "taskReferenceName": "b"}]}}]}"#,
    );
    write("worker.json", r#"{"name": "x", "tasks": [{"name": "charge", "taskReferenceName": "a"}]}"#);
    for (args, said) in [
        (vec!["def", "validate", "cut.json"], "cut.json:2:"),
        (vec!["def", "validate", "deep.json"], "deep.json:1:"),
        (vec!["def", "validate", "twice.json"], "unique"),
        (vec!["def", "validate", "unknown.json"], "No evaluator registered for type: perl"),
        (vec!["run", "worker.json"], "no worker in this process does charge"),
        (vec!["run", "worker.json", "--input", "{nope"], "--input:1:2"),
        (vec!["start"], "required arguments"),
        (vec!["show", ""], "an id or a name is empty"),
        (vec!["schedule", "next", ""], "an id or a name is empty"),
        (vec!["--server", "127.0.0.1:9", "ls"], "'127.0.0.1:9' is no address"),
        (vec!["--server", "ftp://127.0.0.1:9", "ls"], "expected http://HOST:PORT or https://HOST"),
        (vec!["server", "--host", "0.0.0.0", "--port", "0", "--store", "memory:"], "--insecure-no-auth"),
    ] {
        let refused = segue(directory.path(), &args);
        assert_eq!(refused.code, 2, "{args:?}: {}", refused.err);
        assert!(refused.err.contains(said), "{args:?}: {}", refused.err);
        assert_eq!(refused.out, "", "{args:?}");
    }
}

#[test]
fn a_cron_that_never_comes_says_so() {
    let directory = tempfile::tempdir().expect("a directory");
    let never = segue(directory.path(), &["schedule", "next", "0 0 0 31 2 *"]);
    assert_eq!((never.code, never.out.as_str()), (0, ""));
    assert!(never.err.contains("no such time comes"), "{}", never.err);
}

#[test]
fn what_cannot_be_reached_exits_with_3() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("other.db"), "this is no database at all, it is a text")
        .expect("written");
    for (args, said) in [
        (vec!["--server", "http://127.0.0.1:9", "ls"], "no server at http://127.0.0.1:9"),
        (vec!["run", "missing.json"], "missing.json"),
        (vec!["store", "check", "--store", "missing.db"], "there is no file missing.db"),
        (vec!["server", "--store", "other.db", "--port", "0"], "not a usable Segue database"),
    ] {
        let failed = segue(directory.path(), &args);
        assert_eq!(failed.code, 3, "{args:?}: {}", failed.err);
        assert!(failed.err.contains(said), "{args:?}: {}", failed.err);
    }
    let as_json = segue(directory.path(), &["--json", "--server", "http://127.0.0.1:9", "ls"]);
    let error: serde_json::Value = serde_json::from_str(&as_json.err).expect("an error object");
    assert_eq!(error["exitCode"], 3);
}

#[test]
fn every_command_has_help_with_an_example() {
    let directory = tempfile::tempdir().expect("a directory");
    for command in [
        "server",
        "run",
        "def",
        "start",
        "ls",
        "show",
        "watch",
        "why",
        "pause",
        "resume",
        "terminate",
        "retry",
        "task",
        "bench",
        "runs",
        "handler",
        "plugin",
        "convert",
        "worker",
        "store",
        "completions",
    ] {
        let help = segue(directory.path(), &[command, "--help"]).ok().out;
        assert!(help.contains("Example"), "{command}: {help}");
        assert!(help.contains("--json"), "{command}: {help}");
    }
    assert!(segue(directory.path(), &["completions", "bash"]).ok().out.contains("_segue"));
}
