//! How fast the SQLite store appends, and how fast it opens.
//!
//! ```text
//! cargo run --release -p segue-store --features conformance --example append_rate -- [DIRECTORY]
//! ```
//!
//! A record is what a step writes: an attempt ends, the next one is scheduled and claimed. Every line is one fresh
//! database; flushing the tables and the checkpoint are inside the clock.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use segue_store::Store;
use segue_store::conformance::draft::{Draft, execution};
use segue_store::contract::{Append, Appended};
use segue_store::sqlite::SqliteStore;

/// Steps of each execution; the first record starts it.
const STEPS: u64 = 10;

fn record(number: u64, seq: u64) -> Append {
    let (id, task) = (execution(number), seq as u32);
    let draft = match seq {
        0 => Draft::start(id, "bench"),
        _ => Draft::of(id, seq).task_ended(task),
    };
    draft.ready(task + 1, "queue", 0).claim(task + 1, 30_000).wake(30_000).build()
}

/// `callers` tasks, each with its own executions, append `batch` records at a time until `records` are there.
async fn run(path: PathBuf, callers: u64, batch: u64, records: u64) {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).expect("open"));
    let started = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                let first = 1 + caller * records;
                // Side by side within a batch, one step after the other across batches.
                for round in 0..records / callers / batch {
                    let (group, seq) = (round / STEPS, round % STEPS);
                    let appends = (0..batch).map(|n| record(first + group * batch + n, seq)).collect();
                    let asked = Instant::now();
                    let outcomes = store.append(appends).await.expect("append");
                    latencies.push(asked.elapsed());
                    assert!(outcomes.iter().all(|outcome| matches!(outcome, Appended::Committed { .. })));
                }
                latencies
            })
        })
        .collect();
    let mut latencies: Vec<Duration> = Vec::new();
    for task in tasks {
        latencies.extend(task.await.expect("caller"));
    }
    store.flush().await.expect("flush");
    let elapsed = started.elapsed().as_secs_f64();
    let activity = store.activity();
    store.close().await.expect("close");
    latencies.sort_unstable();
    let file_bytes = std::fs::metadata(&path).map_or(0, |found| found.len());
    println!(
        "{callers:>4} callers x {batch:>4}: {:>7.0} records/s, {:>6.0} commits/s, p50 {:>6.2} ms, p99 {:>6.2} ms, {} bytes/record",
        activity.records as f64 / elapsed,
        activity.commits as f64 / elapsed,
        at(&latencies, 50),
        at(&latencies, 99),
        file_bytes / activity.records.max(1),
    );
}

fn at(sorted: &[Duration], percent: usize) -> f64 {
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).map_or(0.0, |found| found.as_secs_f64() * 1e3)
}

/// A database of a million executions, opened again.
async fn open_large(path: &Path) {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path).expect("open"));
    let started = Instant::now();
    for chunk in 0..500 {
        let appends = (0..2_000).map(|n| record(1 + chunk * 2_000 + n, 0)).collect();
        store.append(appends).await.expect("append");
    }
    println!("a million starts: {:.1} s", started.elapsed().as_secs_f64());
    // A crash in the worst moment: as many records as may be are in the log and not in the tables.
    store.flush().await.expect("flush");
    let appends = (0..9_999).map(|n| record(2_000_000 + n, 0)).collect();
    store.append(appends).await.expect("append");
    let crashed = path.with_extension("crashed");
    // The log first: the file takes longer, and does not change meanwhile.
    for ending in ["-wal", ""] {
        let beside = |path: &Path| PathBuf::from(format!("{}{ending}", path.display()));
        std::fs::copy(beside(path), beside(&crashed)).expect("copy");
    }
    store.close().await.expect("close");
    for (path, what) in [(&*crashed, "after a crash with 9,999 records to fold"), (path, "after a close")] {
        let started = Instant::now();
        let opened = SqliteStore::open(path).expect("open");
        println!("open {what}: {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
        drop(opened);
    }
}

#[tokio::main]
async fn main() {
    let directory = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = tempfile::tempdir_in(directory).expect("a directory");
    for (number, (callers, batch, records)) in
        [(1, 1, 10_000), (64, 1, 100_000), (512, 1, 200_000), (1, 100, 200_000), (4, 1_000, 400_000)]
            .into_iter()
            .enumerate()
    {
        run(directory.path().join(format!("{number}.db")), callers, batch, records).await;
    }
    open_large(&directory.path().join("large.db")).await;
}
