//! A server that goes away and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use segue_store::Error;
use segue_store::conformance::draft::{Draft, execution};
use segue_store::contract::{Appended, Journal, Retention, Search, Timers};
use segue_store::postgres::PostgresStore;
use segue_testkit::postgres::private_cluster;

use crate::open;

const DEADLINE: Duration = Duration::from_secs(60);

/// Writers go on through two crashes of the server: every answer holds, no record is lost or doubled, and the store
/// heals by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_of_the_server_loses_no_answer() {
    let Some(cluster) = private_cluster() else { return };
    let store = Arc::new(open(&cluster.fresh_url()).await);
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writers: Vec<_> =
        (1..=4).map(|n| tokio::spawn(write(store.clone(), n, stop.clone(), answered.clone()))).collect();
    for _ in 0..2 {
        wait_for(&answered, 50).await;
        cluster.stop();
        cluster.restart();
        wait_for(&answered, 50).await;
    }
    stop.store(true, Ordering::Relaxed);
    for (n, writer) in (1..=4).zip(writers) {
        let (acknowledged, doubtful) = writer.await.expect("writer");
        let loaded = store.load(execution(n), 0).await.expect("load").expect("exists");
        let found = loaded.tail.len() as u64;
        assert!(found >= acknowledged, "{found} of {acknowledged} answered records are there");
        assert!(found <= acknowledged + doubtful, "{found} records, {acknowledged} answered");
    }
    assert_eq!(store.check().await.expect("check"), Vec::<String>::new());
    assert!(store.now().await.expect("now").0 > 0);
}

/// Appends one record after another; how many were answered, and whether the last call was not.
async fn write(
    store: Arc<PostgresStore>,
    n: u64,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
) -> (u64, u64) {
    let mut seq = 0;
    let mut doubtful = 0;
    while !stop.load(Ordering::Relaxed) {
        let draft = if seq == 0 { Draft::start(execution(n), "a") } else { Draft::of(execution(n), seq) };
        match store.append(vec![draft.ready(seq as u32 + 1, "q", 0).build()]).await {
            Ok(outcomes) => match outcomes[0] {
                Appended::Committed { .. } => {
                    (seq, doubtful) = (seq + 1, 0);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                // Nobody else writes here: only an unanswered commit of its own can have come first.
                Appended::Conflict if doubtful > 0 => (seq, doubtful) = (seq + 1, 0),
                ref refused => panic!("execution {n} behind {seq}: {refused:?}"),
            },
            Err(Error::Unavailable(_)) => doubtful = 1,
            Err(error) => panic!("{error}"),
        }
    }
    (seq, doubtful)
}

/// Waits until so many more appends were answered.
async fn wait_for(answered: &AtomicU64, more: u64) {
    let goal = answered.load(Ordering::Relaxed) + more;
    tokio::time::timeout(DEADLINE, async {
        while answered.load(Ordering::Relaxed) < goal {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .expect("appends are answered");
}

/// While the server is away calls answer so, in bounded time; afterwards the same store works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_is_unavailable() {
    let Some(cluster) = private_cluster() else { return };
    let store = open(&cluster.fresh_url()).await;
    store.append(vec![Draft::start(execution(1), "a").build()]).await.expect("append");
    cluster.stop();
    let (append, row) =
        tokio::join!(store.append(vec![Draft::of(execution(1), 1).build()]), store.row(execution(1)),);
    assert!(matches!(append, Err(Error::Unavailable(_))), "{append:?}");
    assert!(matches!(row, Err(Error::Unavailable(_))), "{row:?}");
    cluster.restart();
    let outcomes = store.append(vec![Draft::of(execution(1), 1).build()]).await.expect("append");
    assert!(matches!(outcomes[0], Appended::Committed { .. }), "{outcomes:?}");
    assert_eq!(store.row(execution(1)).await.expect("row").expect("exists").seq, 2);
}
