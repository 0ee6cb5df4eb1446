//! Compare-and-swap, start keys, and what goes along with a record.

use std::sync::Arc;

use segue_core::id::BlueprintHash;
use segue_core::json::Json;

use super::draft::{Draft, execution};
use super::{Fixture, commit, try_one, whole_tail};
use crate::contract::{Appended, Store};

async fn head(store: &Arc<dyn Store>, n: u64) -> u64 {
    let loaded = store.load(execution(n), 0).await.expect("load");
    loaded.map_or(0, |loaded| loaded.tail.last().map_or(0, |(seq, _)| *seq))
}

/// Exactly one of two appends behind the same seq wins, in one batch or in two.
pub async fn one_of_two_writers_wins(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let one = execution(1);
    assert_eq!(try_one(&store, Draft::of(one, 1).build()).await, Appended::Conflict, "it does not exist");
    let batch = vec![Draft::start(one, "a").build(), Draft::start(one, "b").build()];
    let outcomes = store.append(batch).await.expect("append");
    assert!(matches!(outcomes[0], Appended::Committed { .. }));
    assert_eq!(outcomes[1], Appended::Conflict, "it exists since the first");
    assert_eq!(try_one(&store, Draft::start(one, "c").build()).await, Appended::Conflict);
    assert_eq!(try_one(&store, Draft::of(one, 2).build()).await, Appended::Conflict, "ahead of the head");
    commit(&store, vec![Draft::of(one, 1).wake(5).build()]).await;
    assert_eq!(try_one(&store, Draft::of(one, 1).wake(6).build()).await, Appended::Conflict);
    assert_eq!(head(&store, 1).await, 2);
    let row = store.row(one).await.expect("row").expect("exists");
    assert_eq!((row.seq, &*row.name), (2, "a"), "losers left nothing");
    assert_eq!(whole_tail(&store, 10).await.len(), 2);
    assert_eq!(store.append(Vec::new()).await.expect("append"), Vec::new());
}

/// After a loss the later appends of the same execution lose as well, and only those.
pub async fn a_loser_takes_its_later_appends_along(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let (one, two) = (execution(1), execution(2));
    commit(&store, vec![Draft::start(one, "a").build(), Draft::of(one, 1).build()]).await;
    let batch = vec![
        Draft::of(one, 1).build(),
        Draft::start(two, "b").build(),
        // By itself this one would win.
        Draft::of(one, 2).build(),
        Draft::of(two, 1).build(),
        Draft::of(one, 3).build(),
        Draft::of(two, 2).build(),
    ];
    let outcomes = store.append(batch).await.expect("append");
    let won: Vec<bool> =
        outcomes.iter().map(|outcome| matches!(outcome, Appended::Committed { .. })).collect();
    assert_eq!(won, [false, true, false, true, false, true]);
    assert!([0, 2, 4].iter().all(|&at| outcomes[at] == Appended::Conflict));
    assert_eq!((head(&store, 1).await, head(&store, 2).await), (2, 3));
    let positions: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            Appended::Committed { position } => Some(*position),
            _ => None,
        })
        .collect();
    assert!(positions.is_sorted_by(|left, right| left < right), "in the order of the batch: {positions:?}");
    commit(&store, vec![Draft::of(one, 2).build()]).await;
}

/// A start key belongs to one execution per definition name, until that is removed.
pub async fn a_start_key_is_unique_per_name(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let duplicate = Appended::DuplicateKey { existing: execution(1) };
    let batch = vec![
        Draft::start_with_key(execution(1), "order", "k").build(),
        Draft::start_with_key(execution(2), "order", "k").build(),
        Draft::of(execution(2), 1).build(),
        Draft::start_with_key(execution(3), "invoice", "k").build(),
        Draft::start_with_key(execution(4), "order", "l").build(),
    ];
    let outcomes = store.append(batch).await.expect("append");
    assert_eq!(outcomes[1], duplicate);
    assert_eq!(outcomes[2], Appended::Conflict, "what follows a refused start has nothing to follow");
    assert!([0, 3, 4].iter().all(|&at| matches!(outcomes[at], Appended::Committed { .. })));
    let again = Draft::start_with_key(execution(5), "order", "k").build();
    assert_eq!(try_one(&store, again.clone()).await, duplicate);
    assert_eq!(head(&store, 5).await, 0);
    let same = Draft::start_with_key(execution(1), "order", "k").build();
    assert_eq!(
        try_one(&store, same).await,
        Appended::Conflict,
        "the same execution is no duplicate of itself"
    );

    assert!(store.remove(execution(1)).await.expect("remove"));
    commit(&store, vec![again]).await;
    let late = Draft::start_with_key(execution(6), "order", "k").build();
    assert_eq!(try_one(&store, late).await, Appended::DuplicateKey { existing: execution(5) });
}

/// Logs and blueprints become durable with their record or not at all.
pub async fn what_a_loser_carries_is_not_kept(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let one = execution(1);
    let (kept, lost) = (Json::parse("{\"a\":1}".into()), Json::parse("{\"b\":2}".into()));
    let (kept, lost) = (kept.expect("json"), lost.expect("json"));
    let batch = vec![
        Draft::start(one, "a").log(1, 0, "kept").blueprint(&kept).build(),
        Draft::start(one, "a").log(1, 1, "lost").blueprint(&lost).wake(9).build(),
    ];
    let outcomes = store.append(batch).await.expect("append");
    assert_eq!(outcomes[1], Appended::Conflict);
    let texts: Vec<_> =
        store.logs(one.task(1)).await.expect("logs").into_iter().map(|line| line.text).collect();
    assert_eq!(texts, ["kept".into()]);
    let hash = |body: &Json| BlueprintHash::of(body.text().as_bytes());
    assert_eq!(store.blueprint(hash(&kept)).await.expect("blueprint"), Some(kept));
    assert_eq!(store.blueprint(hash(&lost)).await.expect("blueprint"), None);
    assert_eq!(store.due(super::draft::START + 100, None, 10).await.expect("due"), []);
}

/// Appends that run side by side leave every execution with its seqs 1, 2, 3 … and no two with one position.
pub async fn many_writers_never_share_a_seq(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let one = execution(1);
    commit(&store, vec![Draft::start(one, "a").build()]).await;
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut won = 0;
                for seq in 1..20 {
                    let outcome = try_one(&store, Draft::of(one, seq).build()).await;
                    won += u64::from(matches!(outcome, Appended::Committed { .. }));
                }
                won
            })
        })
        .collect();
    let mut won = 0;
    for writer in writers {
        won += writer.await.expect("writer");
    }
    let loaded = store.load(one, 0).await.expect("load").expect("exists");
    assert_eq!(loaded.tail.len() as u64, won + 1);
    assert!(loaded.tail.iter().zip(1u64..).all(|((seq, _), expected)| *seq == expected));
    let mut positions: Vec<_> = whole_tail(&store, 7).await.iter().map(|record| record.position).collect();
    positions.sort_unstable();
    positions.dedup();
    assert_eq!(positions.len(), loaded.tail.len());
}

/// What was answered is there after the database was closed and opened, indexes included.
pub async fn answers_survive_a_reopen(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let batch = (1..=20).map(|n| {
        Draft::start_with_key(execution(n), "order", &n.to_string()).ready(1, "q", 0).wake(n as i64)
    });
    let positions = commit(&store, batch.map(Draft::build).collect()).await;
    assert!(store.remove(execution(20)).await.expect("remove"));
    let before = whole_tail(&store, 100).await;
    let Some(store) = fixture.reopen(store).await else { return };
    assert_eq!(whole_tail(&store, 100).await, before);
    assert_eq!(before.len(), 19);
    assert_eq!(store.due(super::draft::START + 1_000, None, 100).await.expect("due").len(), 19);
    assert_eq!(store.queue_sizes().await.expect("sizes")[0].ready, 19);
    let duplicate = Draft::start_with_key(execution(30), "order", "7").build();
    assert_eq!(try_one(&store, duplicate).await, Appended::DuplicateKey { existing: execution(7) });
    assert_eq!(try_one(&store, Draft::start(execution(20), "order").build()).await, Appended::Conflict);
    let next = commit(&store, vec![Draft::of(execution(3), 1).build()]).await;
    assert!(positions.iter().all(|position| *position < next[0]), "positions are never used again");
}
