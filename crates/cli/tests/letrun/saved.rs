//! Runs that are kept, while they run and after, and go on where they stopped.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::program::{Folder, Output, PATIENCE};

/// A step that is done once, one that fails until there is a file `ready`, and one behind it.
const FLAKY: &str = r#"{"name": "flaky", "retryCount": 0, "tasks": [
    {"name": "first", "handler": "exec", "parameters": {"cmd": "sh", "args": ["-c", "echo first >> log; echo ${input.n}"]}},
    {"name": "second", "handler": "exec", "parameters": {"cmd": "sh", "args": ["-c", "echo second >> log; test -e ready"]}},
    {"name": "third", "handler": "delay", "parameters": {"time": 1, "data": "got ${first.output}"}}]}"#;

/// The first step ends, the second runs until there is a file `ready`.
const SLOW: &str = r#"{"name": "slow", "tasks": [
    {"name": "first", "handler": "exec", "parameters": {"cmd": "sh", "args": ["-c", "echo first >> log; echo 1"]}},
    {"name": "second", "handler": "exec", "parameters": {"cmd": "sh", "args": ["-c", "echo second >> log; while [ ! -e ready ]; do sleep 0.02; done; echo 2"]}},
    {"name": "third", "handler": "delay", "parameters": {"time": 1, "data": ["${first.output}", "${second.output}"]}}]}"#;

/// The id that a hint names.
fn id(output: &Output) -> String {
    let hint = output.err.split("segue resume ").nth(1).unwrap_or_else(|| panic!("no hint: {}", output.err));
    hint.split_whitespace().next().expect("an id").to_owned()
}

/// The summaries of saved runs.
fn summaries(folder: &Folder) -> Vec<Value> {
    let entries = std::fs::read_dir(folder.path("data/workflow")).into_iter().flatten().flatten();
    let texts =
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "json"));
    texts
        .map(|path| serde_json::from_str(&std::fs::read_to_string(path).expect("a text")).expect("JSON"))
        .collect()
}

/// What is there in the end.
#[track_caller]
fn eventually<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match look() {
            Some(found) => return found,
            None => assert!(Instant::now() < deadline, "{what}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn resume_tries_what_failed_and_skips_what_is_done() {
    let folder = Folder::new(&[("flow.json", FLAKY)]);
    let failed = folder.segue(&["run", "flow.json", "-s", "-p", "-i", r#"{"n": 5}"#]).failed();
    let id = id(&failed);
    assert_eq!((summaries(&folder)[0]["status"].as_str(), summaries(&folder).len()), (Some("error"), 1));
    let again = folder.segue(&["resume", &id, "-p"]).failed();
    assert!(again.err.contains("\"second\" failed"), "{}", again.err);
    assert_eq!(folder.read("log").as_deref(), Some("first\nsecond\nsecond\n"));
    folder.write("ready", "");
    assert_eq!(folder.segue(&["resume", &id, "-p", "-o", "out.json"]).ok().out, "got 5");
    assert_eq!(folder.read("log").as_deref(), Some("first\nsecond\nsecond\nsecond\n"));
    assert_eq!(folder.read("out.json").as_deref(), Some("\"got 5\""));
    let summary = &summaries(&folder)[0];
    assert_eq!((summary["status"].as_str(), &summary["output"]), (Some("completed"), &json!("got 5")));
    assert_eq!(folder.segue(&["resume", &id, "-p"]).ok().out, "got 5", "nothing is left to do");
    assert_eq!(folder.read("log").as_deref(), Some("first\nsecond\nsecond\nsecond\n"));
}

#[test]
fn a_failure_that_is_not_saved_says_how_it_could_be() {
    let folder = Folder::new(&[("flow.json", FLAKY)]);
    let failed = folder.segue(&["run", "flow.json", "-p"]).failed();
    assert!(failed.err.contains("--save") && summaries(&folder).is_empty(), "{}", failed.err);
}

#[test]
fn an_interrupt_saves_what_there_is_and_says_how_to_go_on() {
    for args in [&["run", "flow.json"][..], &["run", "flow.json", "--save"], &["run", "flow.json", "--pipe"]]
    {
        let folder = Folder::new(&[("flow.json", SLOW)]);
        let running = folder.start(args);
        folder.until("log", |log| log.contains("second"));
        running.interrupt();
        let stopped = running.end().failed();
        assert_eq!(summaries(&folder)[0]["status"], "executing", "{args:?}: {}", stopped.err);
        let id = id(&stopped);
        folder.write("ready", "");
        assert_eq!(folder.segue(&["resume", &id, "-p"]).ok().json(), json!([1, 2]), "{args:?}");
        assert_eq!(folder.read("log").as_deref(), Some("first\nsecond\nsecond\n"), "{args:?}");
    }
}

#[test]
fn an_interrupt_at_the_first_moment_counts_too() {
    let folder = Folder::new(&[(
        "flow.json",
        r#"{"name": "w", "tasks": [{"name": "a", "handler": "exec", "parameters": {"cmd": "sh", "args": ["-c", "kill -INT $PPID; sleep 600"]}}]}"#,
    )]);
    let stopped = folder.segue(&["run", "flow.json"]).failed();
    assert_eq!(summaries(&folder)[0]["id"], id(&stopped));
}

#[test]
fn a_run_that_is_killed_goes_on_from_what_was_saved_meanwhile() {
    let folder = Folder::new(&[("flow.json", SLOW)]);
    let running = folder.start(&["run", "flow.json", "--save"]);
    folder.until("log", |log| log.contains("second"));
    // The first step may begin before its run is listed.
    let summary = eventually("it is saved while it runs", || summaries(&folder).pop());
    assert_eq!(summary["status"], "executing");
    running.kill();
    folder.write("ready", "");
    let resumed = folder.segue(&["resume", summary["id"].as_str().expect("an id"), "-p"]).ok();
    assert_eq!(resumed.json(), json!([1, 2]));
    let log = folder.read("log").expect("a log");
    assert_eq!(log.matches("first").count(), 1, "what is done is not done again: {log}");
}

#[test]
fn a_loop_goes_on_in_the_round_that_failed() {
    let folder = Folder::new(&[(
        "flow.json",
        r#"{"name": "loop", "retryCount": 0, "tasks": [{"name": "f", "handler": "for", "parameters": {"from": 1, "to": 3}, "loopOver": [
            {"name": "x", "handler": "exec", "parameters": {"cmd": "sh", "args": ["-c", "echo ${f.output.index} >> log; [ ${f.output.index} -ne 2 ] || test -e ready"]}}]}]}"#,
    )]);
    let id = id(&folder.segue(&["run", "flow.json", "-s", "-p"]).failed());
    folder.write("ready", "");
    assert_eq!(folder.segue(&["resume", &id, "-p"]).ok().json()["iteration"], 3);
    assert_eq!(folder.read("log").as_deref(), Some("1\n2\n2\n3\n"));
}

#[test]
fn a_handler_of_a_project_is_tried_again_after_it_was_mended() {
    let folder = Folder::new(&[
        (
            "flow.json",
            r#"{"name": "w", "retryCount": 0, "tasks": [{"name": "a", "handler": "a.js", "parameters": {"x": "${input.x}"}}]}"#,
        ),
        ("tasks/a.js", "export default class { handle() { throw new Error('not yet'); } }"),
    ]);
    let failed = folder.segue(&["run", "flow.json", "-s", "-p", "-i", r#"{"x": 7}"#]).failed();
    assert!(failed.err.contains("not yet"), "{}", failed.err);
    folder.write("tasks/a.js", "export default class { handle({ task }) { return task.parameters.x + 1; } }");
    assert_eq!(folder.segue(&["resume", &id(&failed), "-p"]).ok().out, "8");
}

#[test]
fn nothing_is_left_behind_by_what_an_interrupt_stops() {
    let folder = Folder::new(&[(
        "flow.json",
        r#"{"name": "w", "tasks": [{"name": "a", "handler": "exec", "parameters": {"cmd": "sh", "args": ["-c", "sleep 600 & echo $! > pid; wait"]}}]}"#,
    )]);
    let running = folder.start(&["run", "flow.json", "-p"]);
    folder.until("pid", |pid| pid.ends_with('\n'));
    running.interrupt();
    running.end().failed();
    let pid = folder.read("pid").expect("a pid");
    let proc = std::path::Path::new("/proc").join(pid.trim());
    eventually("what it started ends too", || (!proc.exists() || is_dead(&proc)).then_some(()));
}

/// Dead, though nobody has asked how it ended.
fn is_dead(proc: &std::path::Path) -> bool {
    let stat = std::fs::read_to_string(proc.join("stat")).unwrap_or_default();
    stat.rsplit(')').next().is_none_or(|rest| rest.trim_start().starts_with('Z'))
}

#[test]
fn saved_runs_are_listed_shown_and_deleted() {
    let folder = Folder::new(&[("flow.json", FLAKY), ("other.json", r#"{"name": "other", "tasks": []}"#)]);
    let failed = id(&folder.segue(&["run", "flow.json", "-s", "-p", "-i", r#"{"n": 1}"#]).failed());
    folder.segue(&["run", "other.json", "-s", "-p"]).ok();
    let listed = folder.segue(&["runs", "ls"]).ok().out;
    assert!(listed.contains("flaky") && listed.contains("other") && listed.contains(&failed), "{listed}");
    let shown = folder.segue(&["runs", "show", &failed]).ok().out;
    assert!(
        shown.contains("first") && shown.contains("second") && shown.contains("Process failed"),
        "{shown}"
    );
    folder.segue(&["runs", "rm", &failed]).ok();
    assert_eq!(summaries(&folder).len(), 1);
    assert_ne!(folder.segue(&["runs", "show", &failed]).code, 0);
    folder.segue(&["runs", "clear"]).ok();
    assert!(summaries(&folder).is_empty());
}
