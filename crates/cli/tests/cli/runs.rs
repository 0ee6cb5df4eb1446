//! Saved runs of a project.

use serde_json::{Value, json};

use crate::program::{Output, segue};

const SONG: &str = r#"{"name": "song", "tasks": [
  {"name": "echo", "handler": "lambda", "parameters": {"expression": "input.n * 2", "input": {"n": "${input.n}"}}},
  {"name": "check", "handler": "if", "parameters": {"left": "${echo.output}", "operator": ">", "right": 2},
   "then": [{"name": "fail", "handler": "expect", "parameters": {"match": "toBe", "object": 1, "value": 2}, "retryCount": 0}]}]}"#;

#[test]
fn saved_runs_are_listed_shown_and_deleted() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("song.json"), SONG).expect("written");
    let call = |args: &[&str]| -> Output { segue(folder.path(), args) };
    call(&["run", "song.json", "-s", "-i", r#"{"n": 1}"#]).ok();
    assert_eq!(call(&["run", "song.json", "-s", "-i", r#"{"n": 2}"#]).code, 1);
    // What letrun itself has saved there is no reason to stop.
    std::fs::write(folder.path().join("data/workflow/old.json"), r#"{"id": "old"}"#).expect("written");

    let listed = call(&["runs", "ls", "--json"]).ok();
    assert!(listed.err.contains("old.json is passed over"), "{}", listed.err);
    let listed = listed.json();
    let status = |at: usize| listed["runs"][at]["status"].clone();
    assert_eq!((&listed["total"], status(0), status(1)), (&json!(2), json!("error"), json!("completed")));
    assert_eq!(
        call(&["runs", "ls", "-m", "1", "-o", "1", "--json"]).ok().json()["runs"][0]["status"],
        "completed"
    );
    let table = call(&["runs", "ls", "-w", "input.n,errorMessage"]).ok().out;
    assert!(table.lines().any(|line| line.contains("error") && line.contains(" 2 ")), "{table}");

    let id = |at: usize| -> String { listed["runs"][at]["id"].as_str().expect("an id").to_owned() };
    let shown = call(&["runs", "show", &id(0), "-w", "parameters.object,output"]).ok().out;
    for part in ["song FAILED", "check", "fail", "parameters.object: 1", "output: 4", "reason: "] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("check_branch"), "{shown}");
    let whole: Value = call(&["runs", "show", &id(0), "--json"]).ok().json();
    assert_eq!(whole["input"], json!({"n": 2}));

    let outline = call(&["runs", "show", "song.json", "-w", "retryCount"]).ok().out;
    assert!(
        outline.contains("then:") && outline.contains("fail") && outline.contains("retryCount: 0"),
        "{outline}"
    );

    let refused = call(&["runs", "rm", &id(0), "nobody"]);
    assert_eq!((refused.code, refused.err.contains("no saved run \"nobody\"")), (2, true), "{}", refused.err);
    assert_eq!(call(&["runs", "rm", &id(0)]).ok().out, format!("deleted {}\n", id(0)));
    assert_eq!(call(&["runs", "ls", "--json"]).ok().json()["total"], 1);
    call(&["runs", "clear"]).ok();
    let left: Vec<_> = std::fs::read_dir(folder.path().join("data/workflow"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(left, ["old.json"]);
}
