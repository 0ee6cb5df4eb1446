//! `--watch`: again whenever something changes, keeping what is still true.

use super::program::Folder;

/// Two handlers that count how often they ran.
const HANDLER: &str = "const fs = require('fs');
module.exports = class { handle({ task }) { fs.appendFileSync('log', `${task.runtimeName} ${task.parameters.v}\\n`); return task.parameters.v; } };";

fn flow(first: u8, second: u8) -> String {
    format!(
        r#"{{"name": "w", "tasks": [
            {{"name": "one", "handler": "one.js", "parameters": {{"v": {first}}}}},
            {{"name": "two", "handler": "two.js", "parameters": {{"v": "${{one.output}}/{second}"}}}}]}}"#
    )
}

#[test]
fn only_what_a_change_touches_runs_again() {
    let folder =
        Folder::new(&[("flow.json", &flow(1, 1)), ("tasks/one.js", HANDLER), ("tasks/two.js", HANDLER)]);
    let mut running = folder.start(&["run", "flow.json", "--watch"]);
    let log = |lines: &str| {
        let lines = lines.to_owned();
        move |text: &str| text == lines
    };
    running.until("waiting for a change");
    folder.until("log", log("one 1\ntwo 1/1\n"));
    folder.write("flow.json", &flow(1, 2));
    running.until("waiting for a change");
    folder.until("log", log("one 1\ntwo 1/1\ntwo 1/2\n"));
    folder.write("flow.json", "{\"name\": ");
    running.until("flow.json:1");
    folder.write("flow.json", &flow(3, 2));
    running.until("COMPLETED");
    folder.until("log", log("one 1\ntwo 1/1\ntwo 1/2\none 3\ntwo 3/2\n"));
    running.until("waiting for a change");
    folder.write("tasks/two.js", &format!("{HANDLER}\n// changed"));
    running.until("waiting for a change");
    folder.until("log", log("one 1\ntwo 1/1\ntwo 1/2\none 3\ntwo 3/2\ntwo 3/2\n"));
    running.interrupt();
    assert_eq!(running.end().code, 0);
}

#[test]
fn a_step_that_was_finished_is_kept_when_a_later_one_fails() {
    let failing = "module.exports = class { handle() { throw new Error('not yet'); } };";
    let folder =
        Folder::new(&[("flow.json", &flow(1, 1)), ("tasks/one.js", HANDLER), ("tasks/two.js", failing)]);
    let mut running = folder.start(&["run", "flow.json", "--watch"]);
    running.until("not yet");
    running.until("waiting for a change");
    folder.write("tasks/two.js", HANDLER);
    folder.until("log", |log| log == "one 1\ntwo 1/1\n");
    running.until("waiting for a change");
    running.interrupt();
    assert_eq!(running.end().code, 0);
}
