//! Wake-ups: due, and missing.

use std::sync::Arc;

use segue_core::event::{Event, ExecutionStarted};
use segue_core::id::ExecutionId;
use segue_core::record::{MessageBody, MessageId};
use segue_core::status::ExecutionStatus;

use super::draft::{Draft, START, execution, started};
use super::{Fixture, commit};
use crate::contract::Store;

async fn lost(store: &Arc<dyn Store>) -> Vec<ExecutionId> {
    store.without_wake_up(None, 100).await.expect("without_wake_up")
}

/// Due executions come earliest first and page by instant and id; the last record's word counts.
pub async fn due_pages_by_instant_and_id(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let wakes = [(1, 30), (2, 10), (3, 20), (4, 10), (5, 10), (6, 99)];
    commit(&store, wakes.map(|(n, ms)| Draft::start(execution(n), "a").wake(ms).build()).into()).await;
    commit(&store, vec![Draft::start(execution(7), "a").build()]).await;
    let mut expected: Vec<_> = wakes.iter().map(|&(n, ms)| (START + ms, execution(n))).collect();
    expected.retain(|timer| timer.0 < START + 99);
    expected.sort_unstable();
    assert_eq!(expected.len(), 5, "the bound itself is not before it");
    for page in [1, 2, 5, 100] {
        let mut found = Vec::new();
        loop {
            let due = store.due(START + 99, found.last().copied(), page).await.expect("due");
            assert!(due.len() <= page);
            if due.is_empty() {
                break;
            }
            found.extend(due);
        }
        assert_eq!(found, expected, "{page} at a time");
    }
    assert_eq!(store.due(START + 10, None, 10).await.expect("due"), []);
    commit(&store, vec![Draft::of(execution(2), 1).wake(50).build(), Draft::of(execution(4), 1).build()])
        .await;
    let due = store.due(START + 11, None, 10).await.expect("due");
    assert_eq!(due, [(START + 10, execution(5))]);
    let row = store.row(execution(2)).await.expect("row").expect("exists");
    assert_eq!(row.wake_at, Some(START + 50));
}

/// A running execution that nothing will wake is found, page by page; ended and paused ones are not looked at.
pub async fn a_lost_wake_up_is_found(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let healthy = (1..=5).map(|n| Draft::start(execution(n), "a").ready(1, "q", 0).build());
    commit(&store, healthy.collect()).await;
    assert_eq!(lost(&store).await, []);
    // Its only attempt ends and nothing follows: the lost wake-up.
    for n in [4, 2, 5] {
        commit(&store, vec![Draft::of(execution(n), 1).task_ended(1).build()]).await;
    }
    assert_eq!(lost(&store).await, [execution(2), execution(4), execution(5)]);
    assert_eq!(store.without_wake_up(None, 2).await.expect("lost"), [execution(2), execution(4)]);
    assert_eq!(store.without_wake_up(Some(execution(4)), 2).await.expect("lost"), [execution(5)]);
    commit(
        &store,
        vec![
            Draft::of(execution(2), 2).ended(ExecutionStatus::Completed, None).build(),
            Draft::of(execution(4), 2).event(Event::ExecutionPaused).build(),
            Draft::of(execution(5), 2).ready(2, "q", 9).build(),
        ],
    )
    .await;
    assert_eq!(lost(&store).await, []);
}

/// A ready attempt, a held one, a timer, a living child, a message to it or a start from it: each is enough.
pub async fn any_wake_up_is_enough(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let child = ExecutionStarted { parent: Some(execution(4).task(1)), ..started("child") };
    let start_child = MessageBody::Start(Box::new(child.clone()));
    let stop = MessageBody::Terminate { reason: "x".into() };
    commit(
        &store,
        vec![
            Draft::start(execution(1), "a").ready(1, "q", 5_000_000).build(),
            Draft::start(execution(2), "a").ready(1, "q", 0).claim(1, 5).build(),
            Draft::start(execution(3), "a").wake(5).build(),
            Draft::start(execution(4), "a").message(execution(14), start_child).build(),
            // Tells another one something: that wakes the other one only.
            Draft::start(execution(5), "a").message(execution(6), stop).build(),
            Draft::start(execution(6), "a").build(),
        ],
    )
    .await;
    assert_eq!(lost(&store).await, [execution(5)]);
    let start = Event::ExecutionStarted(Box::new(child));
    let applied = MessageId { sender: execution(4), seq: 1, index: 0 };
    let begun = Draft::of(execution(14), 0).event(start).applied(applied).ready(1, "q", 0);
    commit(&store, vec![begun.build()]).await;
    assert_eq!(lost(&store).await, [execution(5)], "its child lives");
    commit(&store, vec![Draft::of(execution(14), 1).ended(ExecutionStatus::Completed, None).build()]).await;
    assert_eq!(lost(&store).await, [execution(4), execution(5)], "the child ended and told nobody");
    let applied = MessageId { sender: execution(5), seq: 1, index: 0 };
    commit(&store, vec![Draft::of(execution(6), 1).applied(applied).build()]).await;
    assert_eq!(lost(&store).await, [execution(4), execution(5), execution(6)]);
}

/// The store's present never goes back.
pub async fn the_clock_does_not_run_backwards(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let mut last = store.now().await.expect("now");
    assert!(last.0 > 0);
    for _ in 0..100 {
        let now = store.now().await.expect("now");
        assert!(now >= last);
        last = now;
    }
}
