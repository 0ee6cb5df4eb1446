//! Ready attempts, leases, polls.

use std::sync::Arc;

use segue_core::event::QueueName;
use segue_core::id::TaskId;
use segue_core::projection::{AGEING_STEP_MS, Ready};
use segue_core::status::ExecutionStatus;
use segue_core::time::Timestamp;

use super::draft::{Draft, START, execution};
use super::{Fixture, commit};
use crate::contract::{PollRecord, QueueSize, Store, WindowRequest};

/// A look by `node` at everything in `queue` that is ready `ms` after the start: what it reserves is free again at once.
pub fn request(queue: &str, node: &str, ms: i64) -> WindowRequest {
    WindowRequest {
        queue: QueueName(queue.into()),
        node: node.into(),
        from: None,
        ready_before: START + ms,
        count_max: 100,
        reserved_until: Timestamp(0),
        now: START + ms,
    }
}

async fn window(store: &Arc<dyn Store>, request: WindowRequest) -> Vec<Ready> {
    store.window(request).await.expect("window")
}

async fn tasks(store: &Arc<dyn Store>, queue: &str, ms: i64) -> Vec<TaskId> {
    window(store, request(queue, "node", ms)).await.into_iter().map(|ready| ready.task).collect()
}

/// An attempt waits from its scheduling to its claim, and again after it was given back.
pub async fn ready_leased_settled(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let one = execution(1);
    let task = one.task(1);
    commit(&store, vec![Draft::start(one, "a").ready(1, "q", 0).ready(2, "dom:q", 0).build()]).await;
    let found = window(&store, request("q", "node", 0)).await;
    let expected = Ready { task, queue: QueueName("q".into()), rank: START.0, ready_at: START };
    assert_eq!(found, [expected]);
    assert_eq!(tasks(&store, "dom:q", 0).await, [one.task(2)], "a domain is a queue of its own");
    assert_eq!(tasks(&store, "none", 0).await, []);

    commit(&store, vec![Draft::of(one, 1).claim(1, 500).build()]).await;
    assert_eq!(tasks(&store, "q", 0).await, [], "held");
    commit(&store, vec![Draft::of(one, 2).defer(1, "q", 50).build()]).await;
    assert_eq!(tasks(&store, "q", 49).await, [], "not yet");
    assert_eq!(tasks(&store, "q", 50).await, [task]);
    let size = store.queue_size(&QueueName("q".into())).await.expect("size");
    assert_eq!(size, 1);
    // Claim and end in one record; scheduled, claimed and ended in one record.
    let both = Draft::of(one, 3).claim(1, 500).task_ended(1);
    commit(&store, vec![both.ready(3, "q", 0).claim(3, 9).task_ended(3).build()]).await;
    assert_eq!(tasks(&store, "q", 1_000).await, []);
    assert_eq!(store.queue_size(&QueueName("q".into())).await.expect("size"), 0);
    let sizes = store.queue_sizes().await.expect("sizes");
    assert_eq!(sizes, [QueueSize { queue: QueueName("dom:q".into()), ready: 1 }]);
    assert_eq!(store.check().await.expect("check"), Vec::<String>::new());
}

/// Lowest rank first, priority before age within its bound, paged by rank with ties returned.
pub async fn a_window_is_ordered_by_rank(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let scheduled =
        [(1, 30, 0), (2, 10, 0), (3, AGEING_STEP_MS, 2), (4, 20, 0), (5, 20, 0), (6, 5_000_000, 99)];
    let start = Draft::start(execution(1), "a");
    let start = scheduled
        .iter()
        .fold(start, |draft, &(task, ready, priority)| draft.ready_with_priority(task, "q", ready, priority));
    commit(&store, vec![start.build()]).await;
    let ordinals = |found: Vec<Ready>| found.iter().map(|ready| ready.task.ordinal()).collect::<Vec<_>>();
    let late = request("q", "node", AGEING_STEP_MS);
    assert_eq!(ordinals(window(&store, late.clone()).await), [3, 2, 4, 5, 1]);
    assert_eq!(ordinals(window(&store, request("q", "node", 30)).await), [2, 4, 5, 1]);
    assert_eq!(ordinals(window(&store, request("q", "node", 19)).await), [2]);
    assert_eq!(ordinals(window(&store, WindowRequest { count_max: 2, ..late.clone() }).await), [3, 2]);
    assert_eq!(ordinals(window(&store, WindowRequest { count_max: 0, ..late.clone() }).await), [0; 0]);
    let behind = WindowRequest { from: Some((START.0 + 20, TaskId::MIN)), ..late.clone() };
    assert_eq!(ordinals(window(&store, behind).await), [4, 5, 1]);
    let behind = WindowRequest { from: Some((START.0 + 20, execution(1).task(5))), ..late.clone() };
    assert_eq!(ordinals(window(&store, behind).await), [5, 1], "attempts of one rank are told apart");
    let behind = WindowRequest { from: Some((START.0 + 31, TaskId::MIN)), ..late };
    assert_eq!(ordinals(window(&store, behind).await), [0; 0]);
    let future = request("q", "node", 10_000_000);
    assert_eq!(ordinals(window(&store, future).await), [3, 2, 4, 5, 1, 6]);
    let size = store.queue_size(&QueueName("q".into())).await.expect("size");
    assert_eq!(size, 6, "those of the future count");
}

/// On a shared store, what one node reserved is not another's until it is released or the time is over.
pub async fn reservations_are_one_nodes_alone(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let start =
        (1..=4).fold(Draft::start(execution(1), "a"), |draft, task| draft.ready(task, "q", task.into()));
    commit(&store, vec![start.build()]).await;
    let ask = |node: &str, ms, count_max| {
        let reserved_until = START + ms + 1_000;
        WindowRequest { count_max, reserved_until, ..request("q", node, ms) }
    };
    let ordinals = |found: Vec<Ready>| found.iter().map(|ready| ready.task.ordinal()).collect::<Vec<_>>();
    assert_eq!(ordinals(window(&store, ask("a", 10, 2)).await), [1, 2]);
    if !store.traits().shared {
        assert_eq!(ordinals(window(&store, ask("a", 10, 2)).await), [1, 2]);
        store.release("a", vec![execution(1).task(1)]).await.expect("release");
        return;
    }
    assert_eq!(ordinals(window(&store, ask("b", 10, 4)).await), [3, 4]);
    assert_eq!(ordinals(window(&store, ask("b", 11, 4)).await), [0; 0], "it has its own already");
    store.release("b", vec![execution(1).task(1)]).await.expect("release");
    assert_eq!(ordinals(window(&store, ask("c", 12, 4)).await), [0; 0], "b did not own it");
    store.release("a", vec![execution(1).task(1)]).await.expect("release");
    assert_eq!(ordinals(window(&store, ask("c", 13, 4)).await), [1]);
    assert_eq!(ordinals(window(&store, ask("d", 20_000, 4)).await), [1, 2, 3, 4], "all have run out");
}

/// Nothing of an execution that is over waits or is held; its neighbours are untouched.
pub async fn the_end_of_an_execution_empties_its_queues(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let with_three = |n| Draft::start(execution(n), "a").ready(1, "q", 0).ready(2, "q", 0).ready(3, "r", 0);
    commit(&store, (1..=3).map(|n| with_three(n).build()).collect()).await;
    commit(&store, vec![Draft::of(execution(2), 1).claim_place(1, "limit", 1).build()]).await;
    assert_eq!(tasks(&store, "q", 0).await.len(), 5);
    let ended = Draft::of(execution(2), 2).ready(4, "q", 0).ended(ExecutionStatus::Failed, Some("x"));
    commit(&store, vec![ended.build()]).await;
    let left: Vec<_> = tasks(&store, "q", 0).await.iter().map(|task| task.execution()).collect();
    assert_eq!(left, [execution(1), execution(1), execution(3), execution(3)]);
    assert_eq!(store.slot_holders("limit", 10).await.expect("holders"), []);
    // Scheduled and canceled in one batch, then alive again.
    let batch = vec![
        Draft::start(execution(4), "a").ready(1, "q", 0).build(),
        Draft::of(execution(4), 1).ended(ExecutionStatus::Terminated, None).build(),
        Draft::of(execution(4), 2).event(segue_core::event::Event::ExecutionRetried).ready(2, "q", 0).build(),
    ];
    commit(&store, batch).await;
    assert_eq!(tasks(&store, "q", 0).await.last(), Some(&execution(4).task(2)));
    assert_eq!(tasks(&store, "q", 0).await.len(), 5);
    let sizes: Vec<_> = store
        .queue_sizes()
        .await
        .expect("sizes")
        .into_iter()
        .map(|size| (size.queue.0, size.ready))
        .collect();
    assert_eq!(sizes, [("q".into(), 5), ("r".into(), 2)]);
    assert_eq!(store.check().await.expect("check"), Vec::<String>::new());
}

/// The latest poll of each worker of each queue is remembered, whatever order they are told in.
pub async fn polls_keep_the_latest(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let poll = |queue: &str, worker: &str, ms| PollRecord {
        queue: QueueName(queue.into()),
        worker: worker.into(),
        at: START + ms,
    };
    let told = vec![poll("q", "w2", 5), poll("q", "w1", 9), poll("q", "w2", 7), poll("dom:q", "w1", 1)];
    store.put_polls(told).await.expect("put");
    store.put_polls(vec![poll("q", "w2", 6), poll("r", "w1", 2)]).await.expect("put");
    let of_q = store.polls(Some("q")).await.expect("polls");
    assert_eq!(of_q, [poll("dom:q", "w1", 1), poll("q", "w1", 9), poll("q", "w2", 7)]);
    assert_eq!(store.polls(None).await.expect("polls").len(), 4);
    assert_eq!(store.polls(Some("dom:q")).await.expect("polls"), []);
}

/// A lease extension that the store keeps shows in `load` until the attempt is settled.
pub async fn leases_extend(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let one = execution(1);
    commit(&store, vec![Draft::start(one, "a").ready(1, "q", 0).claim(1, 500).ready(2, "q", 0).build()])
        .await;
    for ms in [900, 700] {
        store.extend_lease(one.task(1), START + ms).await.expect("extend");
    }
    store.extend_lease(one.task(2), START + 900).await.expect("extend");
    let extended = || async { store.load(one, 0).await.expect("load").expect("exists").extended };
    let kept = extended().await;
    if store.traits().shared || !kept.is_empty() {
        assert_eq!(kept, [(one.task(1), START + 900)], "the latest of the held one");
    }
    commit(&store, vec![Draft::of(one, 1).task_ended(1).build()]).await;
    assert_eq!(extended().await, []);
}
