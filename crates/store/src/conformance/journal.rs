//! Reading back: load, snapshots, logs, blueprints, the tail.

use std::collections::HashSet;

use segue_core::id::BlueprintHash;
use segue_core::json::Json;
use segue_core::status::ExecutionStatus;

use super::draft::{Draft, START, execution};
use super::{Fixture, commit, whole_tail};
use crate::contract::{Loaded, Snapshot};

fn seqs(loaded: &Loaded) -> Vec<u64> {
    loaded.tail.iter().map(|(seq, _)| *seq).collect()
}

/// `load` gives the records behind the asked seq, and nothing for an execution that is not there.
pub async fn load_goes_on_from_where_the_caller_is(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let one = execution(1);
    assert_eq!(store.load(one, 0).await.expect("load"), None);
    let drafts: Vec<_> = [
        Draft::start(one, "a").ready(1, "q", 0).wake(77),
        Draft::of(one, 1).claim(1, 500),
        Draft::of(one, 2).task_ended(1).ended(ExecutionStatus::Completed, Some("gut \u{1f600} \" \\")),
    ]
    .map(Draft::build)
    .into();
    commit(&store, drafts.clone()).await;
    commit(&store, vec![Draft::start(execution(2), "b").build()]).await;
    let loaded = store.load(one, 0).await.expect("load").expect("exists");
    assert_eq!(seqs(&loaded), [1, 2, 3]);
    assert_eq!(loaded.snapshot, None);
    for ((_, record), draft) in loaded.tail.iter().zip(&drafts) {
        assert_eq!(*record, *draft.record, "as it was written");
    }
    assert_eq!(seqs(&store.load(one, 2).await.expect("load").expect("exists")), [3]);
    for beyond in [3, 4, u64::MAX] {
        let nothing = store.load(one, beyond).await.expect("load").expect("exists");
        assert_eq!(nothing, Loaded::default(), "after {beyond}");
    }
}

/// A snapshot stands for the records up to its seq; an older one never replaces a newer.
pub async fn a_snapshot_replaces_what_came_before(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let one = execution(1);
    let snapshot =
        |seq: u64| Snapshot { seq, body: Json::parse(format!("{{\"seq\":{seq}}}")).expect("json") };
    store.put_snapshot(one, snapshot(1)).await.expect("put");
    assert_eq!(store.load(one, 0).await.expect("load"), None, "a snapshot makes no execution");
    let mut batch = vec![Draft::start(one, "a").build()];
    batch.extend((1..6).map(|seq| Draft::of(one, seq).build()));
    commit(&store, batch).await;
    store.put_snapshot(one, snapshot(4)).await.expect("put");
    store.put_snapshot(one, snapshot(2)).await.expect("put");
    let loaded = store.load(one, 0).await.expect("load").expect("exists");
    assert_eq!((loaded.snapshot.clone(), seqs(&loaded)), (Some(snapshot(4)), vec![5, 6]));
    let loaded = store.load(one, 3).await.expect("load").expect("exists");
    assert_eq!((loaded.snapshot.clone(), seqs(&loaded)), (Some(snapshot(4)), vec![5, 6]));
    let loaded = store.load(one, 4).await.expect("load").expect("exists");
    assert_eq!((loaded.snapshot.clone(), seqs(&loaded)), (None, vec![5, 6]), "no news in it");
    store.put_snapshot(one, snapshot(6)).await.expect("put");
    let loaded = store.load(one, 0).await.expect("load").expect("exists");
    assert_eq!((loaded.snapshot.clone(), seqs(&loaded)), (Some(snapshot(6)), vec![]));
    assert!(store.remove(one).await.expect("remove"));
    store.put_snapshot(one, snapshot(7)).await.expect("put");
    assert_eq!(store.load(one, 0).await.expect("load"), None);
}

/// Log lines come back oldest first, of one attempt only.
pub async fn logs_are_kept_by_attempt(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let one = execution(1);
    let first = Draft::start(one, "a").log(1, 5, "second").log(2, 0, "other").log(1, 1, "first");
    let second = Draft::of(one, 1).log(1, 5, "third").log(1, 9, "fourth \u{1f600}");
    commit(&store, vec![first.build(), second.build()]).await;
    let lines = store.logs(one.task(1)).await.expect("logs");
    let texts: Vec<_> = lines.iter().map(|line| (line.at - START, &*line.text)).collect();
    assert_eq!(texts, [(1, "first"), (5, "second"), (5, "third"), (9, "fourth \u{1f600}")]);
    assert!(lines.iter().all(|line| line.task == one.task(1)));
    assert_eq!(store.logs(one.task(2)).await.expect("logs").len(), 1);
    assert_eq!(store.logs(one.task(3)).await.expect("logs"), []);
}

/// Blueprints are found by hash, byte for byte, however often they come.
pub async fn a_blueprint_is_stored_once(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let body = Json::parse("{ \"name\" : \"ä\",\"n\":1.50 }".into()).expect("json");
    let hash = BlueprintHash::of(body.text().as_bytes());
    assert_eq!(store.blueprint(hash).await.expect("blueprint"), None);
    let batch = (1..=3).map(|n| Draft::start(execution(n), "a").blueprint(&body).blueprint(&body).build());
    commit(&store, batch.collect()).await;
    let found = store.blueprint(hash).await.expect("blueprint").expect("stored");
    assert_eq!(found.text(), body.text());
    assert!(store.remove(execution(1)).await.expect("remove"));
    assert_eq!(store.blueprint(hash).await.expect("blueprint"), Some(body), "others pin it too");
}

/// The tail gives every record once, in the order of positions, page by page.
pub async fn the_tail_pages_by_position(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let mut batch: Vec<_> = (1..=5).map(|n| Draft::start(execution(n), "a").build()).collect();
    batch.extend((1..=5).map(|n| Draft::of(execution(n), 1).wake(n as i64).build()));
    let sent = batch.clone();
    commit(&store, batch).await;
    for page in [1, 3, 10, 100] {
        let tail = whole_tail(&store, page).await;
        assert_eq!(tail.len(), 10);
        for append in &sent {
            let found: Vec<_> = tail
                .iter()
                .filter(|stored| {
                    (stored.execution, stored.seq) == (append.execution, append.expected_seq + 1)
                })
                .collect();
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].record, *append.record);
        }
    }
    for partition in 0..store.partitions() {
        let tail = store.tail(partition, 0, 100).await.expect("tail");
        assert!(tail.is_sorted_by(|left, right| left.position < right.position));
        assert_eq!(store.tail(partition, u64::MAX, 10).await.expect("tail"), []);
    }
    assert_eq!(store.tail(store.partitions(), 0, 10).await.expect("tail"), [], "there is no such partition");
}

/// A reader that follows the tail while others append sees every record, and each once.
pub async fn the_tail_never_skips_a_concurrent_append(fixture: &impl Fixture) {
    const WRITERS: u64 = 6;
    const RECORDS: u64 = 40;
    let store = fixture.fresh().await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0..RECORDS {
                    commit(&store, vec![Draft::start(execution(1 + writer * RECORDS + n), "a").build()])
                        .await;
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let mut after = vec![0; store.partitions() as usize];
    let mut seen = HashSet::new();
    let mut done = false;
    loop {
        // One more round after the last writer has its answer.
        let is_last_round = done;
        for (partition, after) in (0u32..).zip(&mut after) {
            for stored in store.tail(partition, *after, 7).await.expect("tail") {
                assert!(stored.position > *after);
                *after = stored.position;
                assert!(seen.insert(stored.execution), "seen twice");
            }
        }
        if seen.len() as u64 == WRITERS * RECORDS {
            break;
        }
        done = writers.iter().all(tokio::task::JoinHandle::is_finished);
        if is_last_round {
            let mut rest = 0;
            for (partition, after) in (0u32..).zip(&after) {
                rest += store.tail(partition, *after, 10_000).await.expect("tail").len();
            }
            assert_eq!((seen.len() + rest) as u64, WRITERS * RECORDS, "a record was skipped");
        }
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.expect("writer");
    }
}
