//! Commands that talk to a server.

use serde_json::json;

use crate::program::{Running, segue};

const APPROVAL: &str = r#"{"name": "approval", "version": 1, "tasks": [
  {"name": "ask", "taskReferenceName": "ask", "type": "HUMAN"},
  {"name": "ship", "taskReferenceName": "ship", "inputParameters": {"by": "${ask.output.by}"}}]}"#;

#[test]
fn an_execution_is_followed_from_registration_to_its_end() {
    let server = Running::start();
    server.write("approval.json", APPROVAL);
    assert_eq!(
        server.call(&["def", "register", "approval.json"]).ok().out,
        "registered workflow approval version 1\n"
    );
    let again = server.call(&["def", "register", "approval.json"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("hint: --overwrite"), "{}", again.err);
    assert!(server.call(&["def", "ls"]).ok().out.contains("approval"));
    assert_eq!(server.call(&["def", "show", "approval"]).ok().json()["name"], "approval");

    let id = server
        .call(&["start", "approval", "--correlation-id", "c-1", "--key", "k-1"])
        .ok()
        .out
        .trim()
        .to_owned();
    let same = server.call(&["start", "approval", "--key", "k-1"]).ok().out.trim().to_owned();
    assert_eq!(id, same, "one key starts one execution");
    assert!(server.call(&["why", &id]).ok().out.contains("ask waits for a signal"));
    server.call(&["task", "complete", &format!("{id}/ask"), "--output", r#"{"by": "Ada"}"#]).ok();
    let why = server.call(&["why", &id]).ok().out;
    assert!(why.contains("no worker ever polled it"), "{why}");

    server.call(&["pause", &id]).ok();
    assert!(server.call(&["why", &id]).ok().out.contains("paused"));
    let shown = server.call(&["show", &id, "--json"]).ok().json();
    assert_eq!(
        (&shown["status"], &shown["tasks"][1]["inputData"]),
        (&json!("PAUSED"), &json!({"by": "Ada"}))
    );
    server.call(&["resume", &id]).ok();

    let task = shown["tasks"][1]["taskId"].as_str().expect("an id").to_owned();
    server.call(&["task", "complete", &task, "--output", r#"{"sent": true}"#]).ok();
    let watched = server.call(&["watch", &id]).ok();
    assert!(watched.out.contains("approval COMPLETED") && watched.out.contains("ship"), "{}", watched.out);
    let listed = server.call(&["ls", "--name", "approval", "--status", "completed", "--json"]).ok().json();
    assert_eq!((&listed["totalHits"], &listed["results"][0]["workflowId"]), (&json!(1), &json!(id)));
    let either = ["ls", "--query", "status = RUNNING OR priority = 0", "--name", "nobody", "--json"];
    assert_eq!(server.call(&either).ok().json()["totalHits"], 0);
    let unknown = server.call(&["ls", "--query", "zzz=1", "--name", "approval"]);
    assert_eq!(unknown.code, 2, "{}", unknown.err);
    assert!(unknown.err.contains("unknown field 'zzz' at column 1 "), "{}", unknown.err);
}

#[test]
fn unsuccessful_ends_exit_with_1_and_can_be_retried() {
    let server = Running::start();
    server.write("approval.json", APPROVAL);
    server.call(&["def", "register", "approval.json"]).ok();
    let id = server.call(&["start", "approval"]).ok().out.trim().to_owned();
    server.call(&["terminate", &id, "--reason", "ordered twice"]).ok();
    let watched = server.call(&["watch", &id]);
    assert_eq!(watched.code, 1);
    assert!(watched.err.contains("TERMINATED: ordered twice"), "{}", watched.err);
    server.call(&["retry", &id]).ok();
    assert_eq!(server.call(&["show", &id, "--json"]).ok().json()["status"], "RUNNING");
    let unknown = server.call(&["show", "00000000-0000-7000-8000-000000000000"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("No such workflow found by id"), "{}", unknown.err);
}

#[test]
fn a_second_process_is_told_who_has_the_file() {
    let server = Running::start();
    let second = segue(&server.directory, &["server", "--port", "0", "--store", "test.db"]);
    assert_eq!(second.code, 3);
    assert!(second.err.contains("is in use by process"), "{}", second.err);
    assert!(second.err.contains(&server.url), "{}", second.err);
}
