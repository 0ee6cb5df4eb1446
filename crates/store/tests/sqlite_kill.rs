//! An answer means durable: whatever was acknowledged before the process was killed is there afterwards.
//!
//! The test starts its own binary again as the victim, which appends as fast as it can and prints what was answered.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use segue_store::Store;
use segue_store::conformance::commit;
use segue_store::conformance::draft::{Draft, execution};
use segue_store::sqlite::SqliteStore;

const VICTIM: &str = "SEGUE_TEST_VICTIM";
const ROUNDS: u64 = 10;
const CALLERS: u64 = 8;

/// Does nothing unless it is the victim.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn victim() {
    let Ok(path) = std::env::var(VICTIM) else { return };
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(Path::new(&path)).expect("open"));
    let mut callers = Vec::new();
    for caller in 1..=CALLERS {
        let store = store.clone();
        let loaded = store.load(execution(caller), 0).await.expect("load");
        let mut seq = loaded.map_or(0, |loaded| loaded.tail.len() as u64);
        callers.push(tokio::spawn(async move {
            loop {
                let draft = match seq {
                    0 => Draft::start(execution(caller), "a"),
                    _ => Draft::of(execution(caller), seq),
                };
                commit(&store, vec![draft.ready(seq as u32 + 1, "q", 0).log(1, 0, "line").build()]).await;
                seq += 1;
                println!("acknowledged {caller} {seq}");
                if seq.is_multiple_of(50) {
                    // Fold now and then, so that the kill meets that as well.
                    store.queue_sizes().await.expect("sizes");
                }
            }
        }));
    }
    // None of them ever ends.
    if let Some(caller) = callers.pop() {
        let Err(failed) = caller.await;
        panic!("{failed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_by_a_kill() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("segue.db");
    let mut acknowledged = [0u64; CALLERS as usize + 1];
    for round in 0..ROUNDS {
        // Killed after so many answers, a different number each time, within whatever the writer does then.
        let answers = 1 + round * 173 % 700;
        watch_and_kill(&path, answers, &mut acknowledged);
        let store = SqliteStore::open(&path).expect("opens after a kill");
        let store: Arc<dyn Store> = Arc::new(store);
        for caller in 1..=CALLERS {
            let seq = acknowledged[caller as usize];
            let loaded = store.load(execution(caller), 0).await.expect("load");
            let found = loaded.map_or(0, |loaded| loaded.tail.len() as u64);
            assert!(found >= seq, "round {round}: execution {caller} has {found} of {seq} records");
            if found > 0 {
                let lines = store.logs(execution(caller).task(1)).await.expect("logs");
                assert_eq!(lines.len() as u64, found, "logs go with their records");
            }
        }
        assert_eq!(store.check().await.expect("check"), Vec::<String>::new(), "round {round}");
        store.close().await.expect("close");
    }
    assert!(acknowledged.iter().sum::<u64>() > 500, "{acknowledged:?}");
}

fn watch_and_kill(path: &Path, answers: u64, acknowledged: &mut [u64]) {
    let this = std::env::current_exe().expect("this binary");
    let mut child = Command::new(this)
        .args(["victim", "--exact", "--nocapture"])
        .env(VICTIM, path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("start the victim");
    let output = BufReader::new(child.stdout.take().expect("piped"));
    let mut count = 0;
    // What was printed before the kill still arrives after it.
    for line in output.lines() {
        let Ok(line) = line else { break };
        let mut words = line.split(' ').skip_while(|word| !word.ends_with("acknowledged")).skip(1);
        let numbers = (
            words.next().and_then(|word| word.parse().ok()),
            words.next().and_then(|word| word.parse().ok()),
        );
        let (Some(caller), Some(seq)) = numbers else { continue };
        let caller: usize = caller;
        acknowledged[caller] = acknowledged[caller].max(seq);
        count += 1;
        if count == answers {
            child.kill().expect("kill");
        }
    }
    child.wait().expect("wait");
}
