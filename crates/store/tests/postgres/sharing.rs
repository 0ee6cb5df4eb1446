//! Several nodes on one database.

use std::time::Duration;

use segue_store::Error;
use segue_store::conformance::draft::{Draft, execution};
use segue_store::contract::{Appended, Journal, Queue, Retention, Search, Store};
use segue_store::postgres::PostgresStore;
use segue_testkit::postgres::cluster;

use crate::{open, raw};

/// Longer than anything here takes; reached only by a failure.
const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_migrate_at_once() {
    let Some(cluster) = cluster() else { return };
    let url = cluster.fresh_url();
    let versions = futures::future::join_all((0..6).map(|_| PostgresStore::migrate(&url))).await;
    let versions: Vec<_> = versions.into_iter().map(|versions| versions.expect("migrate")).collect();
    assert_eq!(versions.iter().filter(|(before, _)| *before == 0).count(), 1, "{versions:?}");
    assert!(versions.iter().all(|(_, after)| *after == 4), "{versions:?}");
    assert_eq!(open(&format!("{url}&partitions=3")).await.partitions(), 8, "fixed at the creation");
    let other = format!("{}&partitions=3", cluster.fresh_url());
    assert_eq!(open(&other).await.partitions(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_schema_is_refused() {
    let Some(cluster) = cluster() else { return };
    let url = cluster.fresh_url();
    open(&url).await.close().await.expect("close");
    raw(&url).await.execute("UPDATE schema_version SET version = 99", &[]).await.expect("update");
    match PostgresStore::open(&url).await {
        Err(Error::Newer { found: 99, known: 4, .. }) => {}
        other => panic!("{:?}", other.err()),
    }
}

/// A transaction that took its positions first and commits last: whoever took later ones waits for it, so a reader
/// that has seen a position has seen all below it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_commit_is_not_skipped() {
    let Some(cluster) = cluster() else { return };
    let url = format!("{}&partitions=1", cluster.fresh_url());
    let store = std::sync::Arc::new(open(&url).await);
    store.append(vec![Draft::start(execution(1), "a").build()]).await.expect("append");
    let schema_url = url.trim_end_matches("&partitions=1");
    let mut client = raw(schema_url).await;
    let slow = client.transaction().await.expect("begin");
    slow.batch_execute(
        "UPDATE heads SET position = position + 1;
         INSERT INTO journal (execution, seq, partition, position, batch, format, body)
         SELECT execution, 2, partition, position + 1, 0, format, body FROM journal",
    )
    .await
    .expect("the slow transaction takes a position");
    let quick = tokio::spawn({
        let store = store.clone();
        async move { store.append(vec![Draft::start(execution(2), "a").build()]).await }
    });
    // Until the quick one waits for the head's lock, it could still overtake.
    let watcher = raw(schema_url).await;
    let waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%heads%'
        AND pid <> pg_backend_pid() AND pg_backend_pid() <> ALL (pg_blocking_pids(pid))
        AND cardinality(pg_blocking_pids(pid)) > 0";
    tokio::time::timeout(DEADLINE, async {
        while watcher.query(waiting, &[]).await.expect("activity").is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the quick append waits");
    assert_eq!(store.tail(0, 0, 10).await.expect("tail").len(), 1, "neither is visible");
    slow.commit().await.expect("commit");
    let outcomes = quick.await.expect("joined").expect("append");
    assert_eq!(outcomes, [Appended::Committed { position: 3 }]);
    let positions = store.tail(0, 1, 10).await.expect("tail");
    assert_eq!(positions.iter().map(|stored| stored.position).collect::<Vec<_>>(), [2, 3]);
}

/// Nodes that append to the same executions in different orders neither block one another for good nor share a seq.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crossing_batches_get_through() {
    let Some(cluster) = cluster() else { return };
    let url = format!("{}&pool_size=4", cluster.fresh_url());
    let (one, two) = (open(&url).await, open(&url).await);
    let starts = (1..=20).map(|n| Draft::start(execution(n), "a").ready(1, "q", 0).build());
    one.append(starts.collect()).await.expect("append");
    let mut committed = 0;
    for seq in 1..=15 {
        let batch = |numbers: Vec<u64>| {
            numbers.into_iter().map(|n| Draft::of(execution(n), seq).claim(1, 5).build()).collect::<Vec<_>>()
        };
        let (left, right) =
            tokio::join!(one.append(batch((1..=20).collect())), two.append(batch((1..=20).rev().collect())));
        let outcomes: Vec<_> = left.expect("left").into_iter().chain(right.expect("right")).collect();
        committed += outcomes.iter().filter(|outcome| matches!(outcome, Appended::Committed { .. })).count();
    }
    assert_eq!(committed, 15 * 20, "of two claims of one seq exactly one wins");
    assert_eq!(one.check().await.expect("check"), Vec::<String>::new());
}

/// A limit holds across nodes: claims of one place at once, exactly one gets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_holds_across_nodes() {
    let Some(cluster) = cluster() else { return };
    let url = format!("{}&pool_size=4", cluster.fresh_url());
    let (one, two) = (open(&url).await, open(&url).await);
    let starts = (1..=20).map(|n| Draft::start(execution(n), "a").ready(1, "q", 0).build());
    one.append(starts.collect()).await.expect("append");
    let claim = |n| vec![Draft::of(execution(n), 1).claim_place(1, "limit", 3).build()];
    let claims = (1..=20).map(|n| if n % 2 == 0 { one.append(claim(n)) } else { two.append(claim(n)) });
    let outcomes = futures::future::join_all(claims).await;
    let admitted = outcomes
        .into_iter()
        .map(|outcomes| outcomes.expect("append").remove(0))
        .filter(|outcome| matches!(outcome, Appended::Committed { .. }));
    assert_eq!(admitted.count(), 3);
    assert_eq!(two.slot_holders("limit", 10).await.expect("holders").len(), 3);
    assert_eq!(one.check().await.expect("check"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_hears_of_work() {
    let Some(cluster) = cluster() else { return };
    let url = cluster.fresh_url();
    let (one, two) = (open(&url).await, open(&url).await);
    let mut heard = two.changes();
    // The first rise says that it listens.
    tokio::time::timeout(DEADLINE, heard.wait_for(|count| *count > 0)).await.expect("in time").expect("open");
    let before = *heard.borrow_and_update();
    one.append(vec![Draft::start(execution(1), "a").ready(1, "q", 0).build()]).await.expect("append");
    tokio::time::timeout(DEADLINE, heard.wait_for(|count| *count > before))
        .await
        .expect("in time")
        .expect("open");
}

/// What the database cannot hold in a text column does not stop the batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nul_character_is_no_obstacle() {
    let Some(cluster) = cluster() else { return };
    let store = open(&cluster.fresh_url()).await;
    let start =
        Draft::start(execution(1), "a").starting(|content| content.correlation_id = Some("a\0b".into()));
    let append = start.log(1, 0, "x\0y").build();
    let record = (*append.record).clone();
    store.append(vec![append]).await.expect("append");
    let loaded = store.load(execution(1), 0).await.expect("load").expect("exists");
    assert_eq!(loaded.tail, [(1, record)], "the journal keeps it");
    let row = store.row(execution(1)).await.expect("row").expect("exists");
    assert_eq!(row.correlation_id.as_deref(), Some("a\u{2400}b"));
    assert!(store.traits().shared);
}
