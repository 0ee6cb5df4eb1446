//! A worker of a letrun project, with a server and a program each of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::Running;

const SING: &str = "export default class {
  async handle({ task, workflow, context, session }) {
    context.getLogger().info(`singing ${task.parameters.word}`);
    workflow.variables.sung = task.parameters.word;
    const word = await session.resolveParameter('${first.output}');
    return { song: word.repeat(2), seen: workflow.tasks.first.status };
  }
}";

const SLOW: &str = "import fs from 'node:fs';
export default class {
  async handle({ session }) {
    fs.writeFileSync('begun', '');
    await new Promise((resolve) => session.signal.addEventListener('abort', resolve));
    throw new Error('aborted');
  }
}";

const FLOW: &str = r#"{"name": "flow", "tasks": [
  {"name": "first", "handler": "lambda", "parameters": {"expression": "input", "input": "${input.word}"}},
  {"name": "sing", "handler": "sing.js", "parameters": {"word": "${input.word}"}},
  {"name": "try", "handler": "catch", "tasks": [
     {"name": "fail", "handler": "fail.js", "parameters": {}, "retryCount": 0}],
   "catch": [{"name": "keep", "handler": "write-file", "parameters": {"path": "kept.txt", "content": "${task.output.error.message} ${variables.sung}"}}]},
  {"name": "read", "handler": "read-file", "parameters": {"path": "kept.txt"}},
  {"name": "all", "handler": "lambda", "parameters": {"expression": "[input.sung.song, input.sung.seen, input.text]",
    "input": {"sung": "${sing.output}", "text": "${read.output}"}}}]}"#;

/// A worker that is ended by its own process id.
struct Worker(Child);

impl Worker {
    fn start(server: &Running, project: &Path, grace: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_segue"))
            .args(["worker", "--server", &server.url, "--grace", grace, "--project"])
            .arg(project)
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let first = lines.next().expect("a line").expect("text");
        assert!(first.contains("are done for http://127.0.0.1:"), "{first}");
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }

    fn interrupt(&self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("a signal");
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn project(server: &Running) -> std::path::PathBuf {
    let folder = server.directory.join("project");
    std::fs::create_dir_all(folder.join("tasks")).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("written");
    write("letrun.json", "{}");
    write("tasks/sing.js", SING);
    write("tasks/slow.mjs", SLOW);
    write("tasks/fail.js", "module.exports.default = class { handle() { throw new Error('no voice'); } };");
    write("flow.json", FLOW);
    write(
        "long.json",
        r#"{"name": "long", "tasks": [{"name": "slow", "handler": "slow.mjs", "parameters": {}}]}"#,
    );
    folder
}

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_runs_a_letrun_file_with_the_handlers_of_a_worker() {
    let server = Running::start();
    let folder = project(&server);
    let registered = server.call(&["def", "register", "project/flow.json"]).ok();
    assert!(registered.err.contains("does not do sing, fail, keep, read itself"), "{}", registered.err);
    let _worker = Worker::start(&server, &folder, "30");
    let done = server.call(&["start", "flow", "--input", r#"{"word": "la"}"#, "--wait"]).ok();
    assert_eq!(done.json(), json!({"result": ["lala", "completed", "no voice la"]}));
    assert!(folder.join("kept.txt").is_file(), "paths begin in the project");
    let listed = server.call(&["ls", "--name", "flow", "--json"]).ok().json();
    let id = listed["results"][0]["workflowId"].as_str().expect("an id").to_owned();
    let shown = server.call(&["show", &id, "--json"]).ok().json();
    assert_eq!(shown["variables"], json!({"sung": "la"}));
    let tasks = shown["tasks"].as_array().expect("tasks");
    let failed = tasks.iter().find(|task| task["referenceTaskName"] == "fail").expect("the task");
    assert_eq!(failed["outputData"]["error"]["name"], "Error");
}

#[test]
fn a_worker_that_stops_gives_back_what_it_cannot_finish() {
    let server = Running::start();
    let folder = project(&server);
    server.call(&["def", "register", "project/long.json"]).ok();
    let mut worker = Worker::start(&server, &folder, "0");
    let id = server.call(&["start", "long"]).ok().out.trim().to_owned();
    eventually("the task is begun", || folder.join("begun").is_file());
    worker.interrupt();
    let ended = worker.0.wait().expect("it ends");
    assert!(ended.success(), "{ended}");
    let shown: Value = server.call(&["show", &id, "--json"]).ok().json();
    let task = &shown["tasks"][0];
    assert_eq!((&task["status"], &task["retryCount"]), (&json!("SCHEDULED"), &json!(0)), "{task}");
    // Another one does it.
    std::fs::write(folder.join("tasks/slow.mjs"), "export default class { handle() { return 'done'; } }")
        .expect("written");
    let _worker = Worker::start(&server, &folder, "0");
    let done = server.call(&["watch", &id]).ok();
    assert!(done.out.contains("long COMPLETED"), "{}", done.out);
}
