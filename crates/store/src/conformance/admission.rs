//! Limits of how many and how often.

use segue_core::status::ExecutionStatus;

use super::draft::{Draft, START, execution};
use super::{Fixture, commit, try_one};
use crate::contract::{Appended, Rate};

const FULL: Appended = Appended::NotAdmitted { retry_at: None };

/// A limit of two admits two claims, in one batch or several, and no third; other limits are other limits.
pub async fn a_limit_admits_so_many(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let starts = (1..=5).map(|n| Draft::start(execution(n), "a").ready(1, "q", 0).build());
    commit(&store, starts.collect()).await;
    let claims = (1..=3).map(|n| Draft::of(execution(n), 1).claim_place(1, "limit", 2).build());
    let outcomes = store.append(claims.collect()).await.expect("append");
    assert!(outcomes[..2].iter().all(|outcome| matches!(outcome, Appended::Committed { .. })));
    assert_eq!(outcomes[2], FULL);
    assert_eq!(try_one(&store, Draft::of(execution(4), 1).claim_place(1, "limit", 2).build()).await, FULL);
    assert_eq!(try_one(&store, Draft::of(execution(4), 1).claim_place(1, "none", 0).build()).await, FULL);
    commit(&store, vec![Draft::of(execution(5), 1).claim_place(1, "other", 1).build()]).await;
    let holders = store.slot_holders("limit", 10).await.expect("holders");
    let tasks: Vec<_> = holders.iter().map(|lease| lease.task).collect();
    assert_eq!(tasks, [execution(1).task(1), execution(2).task(1)]);
    assert!(holders.iter().all(|lease| lease.slot.as_deref() == Some("limit")));
    assert_eq!(store.slot_holders("limit", 1).await.expect("holders").len(), 1);
    assert_eq!(store.queue_sizes().await.expect("sizes")[0].ready, 2, "the refused still wait");
    commit(&store, vec![Draft::of(execution(3), 1).claim_place(1, "limit", 3).build()]).await;
}

/// The end of the attempt, its deferral, the end and the removal of its execution free the place at once.
pub async fn every_end_frees_the_place(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let starts = (1..=6).map(|n| Draft::start(execution(n), "a").ready(1, "q", 0).build());
    commit(&store, starts.collect()).await;
    let claim = |n| Draft::of(execution(n), 1).claim_place(1, "limit", 1).build();
    commit(&store, vec![claim(1)]).await;
    assert_eq!(try_one(&store, claim(2)).await, FULL);

    // In one batch: the end, then the next claim.
    commit(&store, vec![Draft::of(execution(1), 2).task_ended(1).build(), claim(2)]).await;
    assert_eq!(try_one(&store, claim(3)).await, FULL);
    commit(&store, vec![Draft::of(execution(2), 2).defer(1, "q", 9).build(), claim(3)]).await;
    let ended = Draft::of(execution(3), 2).ended(ExecutionStatus::Terminated, None).build();
    commit(&store, vec![ended, claim(4)]).await;
    assert!(store.remove(execution(4)).await.expect("remove"));
    commit(&store, vec![claim(5)]).await;
    assert_eq!(try_one(&store, claim(6)).await, FULL);

    // A claim that loses takes no place.
    commit(&store, vec![Draft::of(execution(5), 2).task_ended(1).build()]).await;
    let stale = Draft::of(execution(6), 4).claim_place(1, "limit", 1).build();
    assert_eq!(try_one(&store, stale).await, Appended::Conflict);
    commit(&store, vec![claim(6)]).await;
    let holders = store.slot_holders("limit", 10).await.expect("holders");
    assert_eq!(holders.iter().map(|lease| lease.task).collect::<Vec<_>>(), [execution(6).task(1)]);
}

/// A rate admits a burst, then names the instant from which the next claim is admitted.
pub async fn a_rate_says_when_to_come_back(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let rate = Rate { count: 2, window_ms: 1_000 };
    let starts = (1..=6).map(|n| Draft::start(execution(n), "a").ready(1, "q", 0).build());
    commit(&store, starts.collect()).await;
    let claim = |n, ms| Draft::of(execution(n), 1).at(ms).claim_rated(1, "rate", rate).build();
    commit(&store, vec![claim(1, 100), claim(2, 100)]).await;
    let refused = Appended::NotAdmitted { retry_at: Some(START + 600) };
    assert_eq!(store.rate_arrival("rate").await.expect("a rate"), Some((START + 1_100).0 * 1000));
    assert_eq!(store.rate_arrival("none").await.expect("no rate"), None);
    assert_eq!(try_one(&store, claim(3, 100)).await, refused);
    assert_eq!(try_one(&store, claim(3, 599)).await, refused, "a refusal costs nothing");
    commit(&store, vec![claim(3, 600)]).await;
    assert_eq!(try_one(&store, claim(4, 700)).await, Appended::NotAdmitted { retry_at: Some(START + 1_100) });
    // A loser does not use the rate up.
    let stale = Draft::of(execution(4), 7).at(1_100).claim_rated(1, "rate", rate).build();
    assert_eq!(try_one(&store, stale).await, Appended::Conflict);
    commit(&store, vec![claim(4, 1_100)]).await;
    let never = Rate { count: 0, window_ms: 1_000 };
    let closed = Draft::of(execution(5), 1).claim_rated(1, "closed", never).build();
    assert_eq!(try_one(&store, closed).await, FULL);
    // After a long rest the burst is whole again, and not more than whole.
    commit(&store, vec![claim(5, 60_000), claim(6, 60_000)]).await;
}

/// Held places and used rates are known after a reopen.
pub async fn limits_survive_a_reopen(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let rate = Rate { count: 1, window_ms: 1_000 };
    let starts = (1..=4).map(|n| Draft::start(execution(n), "a").ready(1, "q", 0).build());
    commit(&store, starts.collect()).await;
    let place = |n| Draft::of(execution(n), 1).claim_place(1, "limit", 1).build();
    let rated = |n, ms| Draft::of(execution(n), 1).at(ms).claim_rated(1, "rate", rate).build();
    commit(&store, vec![place(1), rated(2, 0)]).await;
    let Some(store) = fixture.reopen(store).await else { return };
    assert_eq!(try_one(&store, place(3)).await, FULL);
    assert_eq!(try_one(&store, rated(4, 10)).await, Appended::NotAdmitted { retry_at: Some(START + 1_000) });
    commit(&store, vec![Draft::of(execution(1), 2).task_ended(1).build(), place(3), rated(4, 1_000)]).await;
}
