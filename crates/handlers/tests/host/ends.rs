//! How attempts end that do not end by themselves.

use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};
use segue_handlers::host::{Attempt, Host, Outcome};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::{Project, attempt, run, said};

const ENDLESS: &str = "import { writeFileSync } from 'fs';
export default class { handle({ task }) { writeFileSync(task.parameters.file, 'yes'); for (;;) {} } }";
const LISTENS: &str = "import { writeFileSync } from 'fs';
export default class { async handle({ task, session }) {
  writeFileSync(task.parameters.file, 'begun');
  await new Promise((resolve) => session.signal.addEventListener('abort', resolve));
  writeFileSync(task.parameters.file, 'aborted'); } }";
const FINE: &str = "export default () => 'fine';";
const CRASHES: &str = "export default class { handle() { console.error('about to'); process.kill(process.pid, 'SIGSEGV'); return new Promise(() => {}); } }";
/// Waits for a file; counts how often it was begun.
const WAITS: &str = "import { appendFileSync, existsSync } from 'fs';
export default class { async handle({ task }) {
  const { file } = task.parameters;
  appendFileSync(file, 'x');
  while (!existsSync(file + '.go')) await new Promise((resolve) => setTimeout(resolve, 5));
  return 'went'; } }";
const PARENT: &str = "import { spawn } from 'child_process'; import { writeFileSync } from 'fs';
export default class { async handle({ task }) {
  const child = spawn('sleep', ['1000']); writeFileSync(task.parameters.file, String(child.pid));
  for (;;) {} } }";

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), waiting).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}

fn holds(path: &Path, text: &str) -> bool {
    std::fs::read_to_string(path).is_ok_and(|held| held == text)
}

fn start(host: &Host, attempt: Attempt) -> JoinHandle<Outcome> {
    let host = host.clone();
    tokio::spawn(async move { host.run(attempt).await })
}

/// Time enough to begin in a host that runs.
fn soon() -> Option<Instant> {
    Some(Instant::now() + Duration::from_secs(2))
}

#[tokio::test]
async fn an_endless_loop_is_killed_and_disturbs_nobody() {
    let project = Project::new(&[("tasks/endless.js", ENDLESS), ("tasks/waits.js", WAITS)]);
    let host = project.host().await;
    let file = project.path().join("file");
    let waiting = start(&host, attempt("waits.js", json!({"file": file})));
    until("begun", || holds(&file, "x")).await;
    let looping = project.path().join("looping");
    let endless = attempt("endless.js", json!({"file": looping}));
    let running = start(&host, endless.clone());
    until("looping", || holds(&looping, "yes")).await;
    running.abort();
    until("begun again", || holds(&file, "xx")).await;
    std::fs::write(project.path().join("file.go"), "").unwrap();
    assert_eq!(waiting.await.unwrap().result, Some(json!("went")));
    let late = Attempt { deadline: Some(Instant::now() + Duration::from_millis(200)), ..endless };
    assert_eq!(host.run(late).await.error.unwrap().name, "TimeoutError");
}

#[tokio::test]
async fn children_of_a_handler_die_with_it() {
    let project = Project::new(&[("tasks/parent.js", PARENT)]);
    let host = project.host().await;
    let file = project.path().join("pid");
    let running = start(&host, attempt("parent.js", json!({"file": file})));
    until("begun", || file.metadata().is_ok_and(|file| file.len() > 0)).await;
    running.abort();
    let child = std::fs::read_to_string(&file).unwrap().parse().unwrap();
    until("dead", || is_dead(child)).await;
}

const HOLDER: &str = "SEGUE_TEST_HOLDER";

/// A program with a host, to be killed by [`nothing_outlives_a_killed_program`]. In the tests' own process it does nothing.
#[tokio::test]
async fn holder() {
    let Some(folder) = std::env::var_os(HOLDER) else { return };
    let project = Project::new(&[("tasks/parent.js", PARENT)]);
    let host = project.host().await;
    run(&host, "parent.js", json!({"file": Path::new(&folder).join("pid")})).await;
}

#[tokio::test]
async fn nothing_outlives_a_killed_program() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("pid");
    let mut program = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["ends::holder", "--exact", "--nocapture"])
        .env(HOLDER, folder.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    until("begun", || file.metadata().is_ok_and(|file| file.len() > 0)).await;
    program.kill().unwrap();
    program.wait().unwrap();
    let child = std::fs::read_to_string(&file).unwrap().parse().unwrap();
    until("dead", || is_dead(child)).await;
}

/// Nobody may have asked yet how it died.
fn is_dead(pid: i32) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    state.contains(") Z ") || test_kill_process(Pid::from_raw(pid).unwrap()).is_err()
}

#[tokio::test]
async fn an_attempt_is_told_that_it_is_aborted() {
    let project = Project::new(&[("tasks/listens.js", LISTENS), ("tasks/fine.js", FINE)]);
    let host = project.host().await;
    // It must have begun by its deadline.
    assert_eq!(said(&host, "fine.js", json!({})).await, json!("fine"));
    let [at_deadline, when_dropped] = ["one", "two"].map(|name| project.path().join(name));
    let mut late = attempt("listens.js", json!({"file": at_deadline}));
    late.deadline = soon();
    assert_eq!(host.run(late).await.error.unwrap().name, "TimeoutError");
    assert!(holds(&at_deadline, "aborted"));
    let running = start(&host, attempt("listens.js", json!({"file": when_dropped})));
    until("begun", || holds(&when_dropped, "begun")).await;
    running.abort();
    until("aborted", || holds(&when_dropped, "aborted")).await;
}

#[tokio::test]
async fn a_crash_fails_what_ran_and_nothing_else() {
    let project = Project::new(&[("tasks/crashes.js", CRASHES), ("tasks/fine.js", FINE)]);
    let host = project.host().await;
    let error = run(&host, "crashes.js", json!({})).await.error.unwrap();
    assert!(error.message.contains("crashes.js") && error.message.contains("signal"), "{error}");
    assert!(!error.is_terminal());
    assert_eq!(said(&host, "fine.js", json!({})).await, json!("fine"));
    host.stop().await;
    assert_eq!(said(&host, "fine.js", json!({})).await, json!("fine"));
}

#[tokio::test]
async fn without_node_the_error_says_who_needs_it() {
    let project = Project::new(&[
        ("tasks/fine.js", ""),
        (
            "old",
            "#!/bin/sh\nexec node -e \"Object.defineProperty(process.versions, 'node', { value: '16.1.0' }); $2\"\n",
        ),
    ]);
    for (node, words) in [("/nowhere/node", "cannot be started"), ("old", "is Node.js 16")] {
        let mut options = project.options();
        options.node = project.path().join(node);
        if node == "old" {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&options.node, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let host = Host::start(options).await.unwrap();
        let error = run(&host, "fine.js", json!({})).await.error.unwrap();
        assert!(error.is_terminal());
        for word in ["fine.js", "Node.js 18", words, "nodejs.org"] {
            assert!(error.message.contains(word), "{error}");
        }
    }
}
