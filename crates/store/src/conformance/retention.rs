//! What is done to the database as a whole.

use std::sync::Arc;

use segue_core::json::Json;
use segue_core::record::MessageBody;

use super::draft::{Draft, START, execution};
use super::{Fixture, commit, differential, try_one, whole_tail};
use crate::contract::{Appended, Error, Snapshot, Store};

async fn assert_healthy(store: &Arc<dyn Store>) {
    assert_eq!(store.check().await.expect("check"), Vec::<String>::new());
}

/// After a removal nothing of the execution is left but a tombstone that late appends meet.
pub async fn a_removed_execution_is_gone(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let one = execution(1);
    assert!(!store.remove(one).await.expect("remove"), "there is none");
    let mut batch =
        vec![Draft::start(one, "a").ready(1, "q", 0).ready(2, "q", 0).log(1, 0, "x").wake(9).build()];
    batch.push(Draft::start(execution(2), "a").ready(1, "q", 0).log(1, 0, "y").wake(9).build());
    batch.extend((1..3_000).map(|seq| Draft::of(one, seq).wake(9).build()));
    batch.push(Draft::of(one, 3_000).claim(2, 50).wake(9).build());
    commit(&store, batch).await;
    let snapshot = Snapshot { seq: 2, body: Json::empty_object() };
    store.put_snapshot(one, snapshot).await.expect("put");

    assert!(store.remove(one).await.expect("remove"));
    assert!(!store.remove(one).await.expect("remove"), "once is enough");
    assert_eq!(store.load(one, 0).await.expect("load"), None);
    assert_eq!(store.row(one).await.expect("row"), None);
    assert_eq!(store.logs(one.task(1)).await.expect("logs"), []);
    assert_eq!(store.due(START + 10, None, 10).await.expect("due"), [(START + 9, execution(2))]);
    assert_eq!(store.queue_sizes().await.expect("sizes")[0].ready, 1);
    assert!(whole_tail(&store, 1_000).await.iter().all(|stored| stored.execution == execution(2)));
    for expected_seq in [0, 1, 3_001] {
        let late = Draft::of(one, expected_seq).build();
        assert_eq!(try_one(&store, late).await, Appended::Conflict, "behind {expected_seq}");
    }
    assert_eq!(store.logs(execution(2).task(1)).await.expect("logs").len(), 1);
    assert_healthy(&store).await;
    let Some(store) = fixture.reopen(store).await else { return };
    assert_eq!(try_one(&store, Draft::start(one, "a").build()).await, Appended::Conflict);
    assert_eq!(store.load(one, 0).await.expect("load"), None);
}

/// What the removed execution sent stays on its way; what is on its way to it is dropped, now and later.
pub async fn messages_of_a_removed_execution_stay(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let stop = || MessageBody::Terminate { reason: "x".into() };
    let (one, two, three) = (execution(1), execution(2), execution(3));
    let batch = vec![
        Draft::start(one, "a").message(two, stop()).message(three, stop()).wake(1).build(),
        Draft::start(two, "a").message(one, stop()).wake(1).build(),
    ];
    commit(&store, batch).await;
    let pairs = |store: &Arc<dyn Store>| {
        let store = store.clone();
        async move {
            let messages = store.messages(None, 10).await.expect("messages");
            messages.into_iter().map(|(id, message)| (id.sender, message.to)).collect::<Vec<_>>()
        }
    };
    assert_eq!(pairs(&store).await, [(one, two), (one, three), (two, one)]);
    assert!(store.remove(one).await.expect("remove"));
    assert_eq!(pairs(&store).await, [(one, two), (one, three)]);
    commit(&store, vec![Draft::of(two, 1).message(one, stop()).wake(1).build()]).await;
    assert_eq!(pairs(&store).await, [(one, two), (one, three)]);
    assert_healthy(&store).await;
    store.rebuild().await.expect("rebuild");
    assert_eq!(pairs(&store).await, [(one, two), (one, three)], "a rebuild forgets and revives none");
    let applied = segue_core::record::MessageId { sender: one, seq: 1, index: 0 };
    commit(&store, vec![Draft::of(two, 2).applied(applied).wake(1).build()]).await;
    assert_eq!(pairs(&store).await, [(one, three)]);
    assert!(store.remove(two).await.expect("remove"));
    store.rebuild().await.expect("rebuild");
    assert_eq!(pairs(&store).await, [(one, three)], "the record that applied it is gone, the message too");
    assert_healthy(&store).await;
}

/// The tables beside the journal come out of a rebuild as they went in.
pub async fn a_rebuild_changes_nothing(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    assert_eq!(store.rebuild().await.expect("rebuild"), 0);
    differential::populate(&store, 7, 400).await;
    assert_healthy(&store).await;
    let before = differential::everything(&store).await;
    let records = whole_tail(&store, 1_000).await.len() as u64;
    assert!(records > 50, "{records} records are too few to show anything");
    assert_eq!(store.rebuild().await.expect("rebuild"), records);
    assert_eq!(differential::everything(&store).await, before);
    assert_healthy(&store).await;
    differential::populate(&store, 8, 100).await;
    assert_healthy(&store).await;
}

/// Damage to a table is found and named, and a rebuild heals it.
pub async fn a_check_finds_damage(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let starts = (1..=3).map(|n| Draft::start(execution(n), "a").ready(1, "q", 0).build());
    commit(&store, starts.collect()).await;
    assert_healthy(&store).await;
    fixture.damage(&store, execution(2)).await;
    let findings = store.check().await.expect("check");
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].contains("executions"), "{findings:?}");
    assert!(findings[0].contains(&execution(2).to_string()), "{findings:?}");
    assert_eq!(store.rebuild().await.expect("rebuild"), 3);
    assert_healthy(&store).await;
    assert!(store.row(execution(2)).await.expect("row").is_some());
}

/// After `close` every call is refused, and what was answered before is kept.
pub async fn a_closed_store_refuses(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    commit(&store, vec![Draft::start(execution(1), "a").ready(1, "q", 0).build()]).await;
    store.flush().await.expect("flush");
    store.close().await.expect("close");
    let late = store.append(vec![Draft::start(execution(2), "a").build()]).await;
    assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
    assert!(store.load(execution(1), 0).await.is_err());
    assert!(store.row(execution(1)).await.is_err());
    assert!(store.catalog().await.is_err());
    assert!(store.check().await.is_err());
    let Some(store) = fixture.reopen(store).await else { return };
    assert!(store.row(execution(1)).await.expect("row").is_some());
    assert_eq!(store.load(execution(2), 0).await.expect("load"), None);
}

/// Records, their bytes and commits are counted; losers are not.
pub async fn activity_counts(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let before = store.activity();
    let append = Draft::start(execution(1), "a").log(1, 0, "0123456789").build();
    let bytes = append.record.encode().len() as u64 + 10;
    let batch = vec![append.clone(), append];
    store.append(batch).await.expect("append");
    let after = store.activity();
    assert_eq!(after.records - before.records, 1);
    assert_eq!(after.bytes - before.bytes, bytes);
    assert!(after.commits > before.commits && after.syncs > before.syncs);
}
