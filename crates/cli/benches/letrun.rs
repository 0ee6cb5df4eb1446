//! letrun files from the start of the process to its end: what a person at a terminal waits for.
//!
//! ```text
//! cargo bench -p segue-cli --bench letrun
//! ```

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

/// Runs of each file; the median counts. Under `cargo test` one is enough to see that they work.
fn runs() -> usize {
    if std::env::args().any(|argument| argument == "--bench") { 7 } else { 1 }
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).expect("a file");
    write("hello.js", "export default class { handle() { return 'hello'; } }\n".to_owned());
    write("log.json", sequence(1).to_string());
    write(
        "script.json",
        json!({"name": "script", "tasks": [{"name": "a", "handler": "hello.js"}]}).to_string(),
    );
    for count in [1_000, 3_000] {
        write(&format!("sequence-{count}.json"), sequence(count).to_string());
        write(&format!("at-once-{count}.json"), at_once(count).to_string());
    }
    println!("median of {} runs, process start included", runs());
    for (name, goal) in [("log", "30 ms"), ("script", "200 ms")] {
        println!("{name:<16} {:>7.1} ms   goal {goal}", median(folder.path(), name).as_secs_f64() * 1e3);
    }
    for shape in ["sequence", "at-once"] {
        let few = median(folder.path(), &format!("{shape}-1000"));
        let many = median(folder.path(), &format!("{shape}-3000"));
        let growth = many.as_secs_f64() / few.as_secs_f64();
        println!(
            "{shape:<8} of 3,000 {:>6.0} ms   goal 1000 ms; {growth:.2} times 1,000",
            many.as_secs_f64() * 1e3
        );
    }
}

fn log(name: &str) -> Value {
    json!({"name": name, "handler": "log", "parameters": {"message": "hello", "level": "debug"}})
}

fn sequence(count: usize) -> Value {
    let tasks: Vec<Value> = (0..count).map(|at| log(&format!("t{at}"))).collect();
    json!({"name": "sequence", "tasks": tasks})
}

fn at_once(count: usize) -> Value {
    let tasks: Map<String, Value> = (0..count).map(|at| (format!("t{at}"), log("ignored"))).collect();
    json!({"name": "at_once", "tasks": tasks})
}

fn median(folder: &Path, name: &str) -> Duration {
    let mut times: Vec<Duration> = (0..runs()).map(|_| once(folder, name)).collect();
    times.sort();
    times[times.len() / 2]
}

fn once(folder: &Path, name: &str) -> Duration {
    let begun = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
    command.args(["run", "--pipe", &format!("{name}.json")]).current_dir(folder);
    let output = command.stdin(Stdio::null()).output().expect("segue runs");
    let took = begun.elapsed();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    took
}
