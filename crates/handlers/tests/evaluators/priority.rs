//! Long scripts give way to quick ones.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use segue_handlers::Language;

use crate::{evaluators, script};

const BUSY: &str = "const until = Date.now() + 1500; while (Date.now() < until) {} 1";

#[tokio::test]
async fn the_thread_that_runs_a_long_script_gets_a_lower_priority() {
    let evaluators = evaluators();
    let long = tokio::spawn(async move { script(&evaluators, Language::JavaScript, BUSY).await });
    let deadline = Instant::now() + Duration::from_secs(20);
    let own = niceness(Path::new("/proc/thread-self")).expect("the system tells");
    while !running_scripts().iter().filter_map(|thread| niceness(thread)).any(|niceness| niceness > own) {
        assert!(Instant::now() < deadline, "no script gave way");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(long.await.expect("it ran").map(|json| json.text().to_owned()).as_deref(), Ok("1"));
}

/// The threads in which children of this process run scripts.
fn running_scripts() -> Vec<PathBuf> {
    let threads = |of: PathBuf| fs::read_dir(of).into_iter().flatten().flatten().map(|entry| entry.path());
    let children: Vec<String> = threads("/proc/self/task".into())
        .filter_map(|thread| fs::read_to_string(thread.join("children")).ok())
        .flat_map(|children| children.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let threads = children.iter().flat_map(|child| threads(format!("/proc/{child}/task").into()));
    threads
        .filter(|thread| fs::read_to_string(thread.join("comm")).is_ok_and(|name| name == "scripts\n"))
        .collect()
}

fn niceness(thread: &Path) -> Option<i32> {
    let stat = fs::read_to_string(thread.join("stat")).ok()?;
    // Behind the name, which may hold anything, the first field is the third of all.
    stat.rsplit_once(')')?.1.split_whitespace().nth(16)?.parse().ok()
}
