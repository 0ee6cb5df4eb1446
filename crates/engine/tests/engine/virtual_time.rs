//! What time alone brings, to the millisecond.

use segue_core::event::QueueName;
use segue_core::status::TaskStatus;
use segue_engine::{Assignment, Engine, Options};
use serde_json::{Value, json};
use tokio::sync::oneshot::Receiver;

use crate::shell::Shell;

fn one_task(task_def: &Value) -> Value {
    json!({"name": "one", "version": 1, "tasks": [
        {"name": "charge", "taskReferenceName": "charge", "taskDefinition": task_def}]})
}

/// The one attempt that a poll was answered with; `None` while it waits.
fn taken(poll: &mut Receiver<Vec<Assignment>>) -> Option<Assignment> {
    poll.try_recv().ok().map(|assignments| assignments.into_iter().next().expect("one"))
}

#[tokio::test]
async fn an_attempt_that_asks_for_a_callback_in_60_s_is_handed_out_then_and_not_before() {
    let mut shell = Shell::new(Options::default());
    shell.start(one_task(&json!({"name": "charge"}))).await;
    let first = taken(&mut shell.poll("charge").await).expect("is ready");
    shell.report(first.id(), TaskStatus::InProgress, 60_000).await;
    let mut waiting = shell.poll("charge").await;
    shell.advance(59_999).await;
    assert!(taken(&mut waiting).is_none(), "a millisecond too early");
    shell.advance(1).await;
    let again = taken(&mut waiting).expect("is due");
    assert_eq!(again.id(), first.id(), "the same attempt");
    // As Conductor does, what asked for the callback is reset when it is handed out.
    assert_eq!((&again.json()["pollCount"], &again.json()["callbackAfterSeconds"]), (&json!(2), &json!(0)));
}

#[tokio::test]
async fn a_silent_worker_loses_its_attempt_and_the_next_one_comes_after_the_delay() {
    let mut shell = Shell::new(Options::default());
    let rules =
        json!({"name": "charge", "responseTimeoutSeconds": 10, "retryCount": 1, "retryDelaySeconds": 5});
    shell.start(one_task(&rules)).await;
    let first = taken(&mut shell.poll("charge").await).expect("is ready");
    let mut waiting = shell.poll("charge").await;
    shell.advance(10_000 + 4_999).await;
    assert!(taken(&mut waiting).is_none(), "the lease and the delay are not over");
    shell.advance(1).await;
    let second = taken(&mut waiting).expect("is due");
    assert_ne!(second.id(), first.id(), "a new attempt");
    assert_eq!(second.json()["retriedTaskId"], json!(first.id()));
    shell.report(first.id(), TaskStatus::Completed, 0).await;
    let seen = shell.node.peek(first.id().execution(), |execution| execution.status.is_terminal());
    assert_eq!(seen, Some(false), "a late result is not applied");
    shell.report(second.id(), TaskStatus::Completed, 0).await;
    let seen = shell.node.peek(first.id().execution(), |execution| execution.status.as_str());
    assert_eq!(seen, Some("COMPLETED"));
}

#[tokio::test]
async fn a_poll_is_answered_at_once_when_the_execution_has_to_be_loaded_first() {
    let mut shell = Shell::new(Options { cached_executions_max: 1, ..Options::default() });
    for _ in 0..3 {
        shell.start(one_task(&json!({"name": "charge"}))).await;
    }
    // The first look at an execution spares it once.
    for _ in 0..2 {
        shell.node.evict(segue_core::time::Timestamp(1_700_000_000_000));
    }
    assert_eq!(shell.node.cached(), 1);
    for _ in 0..3 {
        let mut poll = shell.poll("charge").await;
        assert!(taken(&mut poll).is_some(), "what is ready is handed out without waiting for the poll's end");
    }
}

#[tokio::test]
async fn an_attempt_made_anew_is_handed_out_only_when_that_is_committed() {
    let mut shell = Shell::new(Options::default());
    shell.start(one_task(&json!({"name": "charge"}))).await;
    let queue = QueueName::new("charge", None);
    let first = taken(&mut shell.poll("charge").await).expect("is ready");
    // The claim rides in the next record, so the store still has the attempt in its queue.
    let outdated = shell.read_window(&queue).await;
    assert_eq!(outdated.iter().map(|ready| ready.task).collect::<Vec<_>>(), [first.id()]);
    shell.advance(1).await;
    let answer = shell.report_only(first.id(), TaskStatus::InProgress, 0);
    let (_, mut waiting) = shell.poll_only("charge");
    shell.hear_of_window(&queue, outdated);
    assert!(taken(&mut waiting).is_none(), "that it came back is not committed");
    shell.settle().await;
    assert!(answer.await.expect("answered").is_ok());
    let again = taken(&mut waiting).expect("came back");
    assert_eq!((again.id(), again.task.poll_count), (first.id(), 2));
    assert!(taken(&mut shell.poll("charge").await).is_none(), "once");
}

#[tokio::test]
async fn a_claim_is_handed_out_whichever_entry_of_the_queue_led_to_it() {
    let mut shell = Shell::on_shared_store(Options::default());
    shell.start(one_task(&json!({"name": "charge"}))).await;
    let queue = QueueName::new("charge", None);
    let entry = shell.read_window(&queue).await;
    let (gone, _) = shell.poll_only("charge");
    shell.hear_of_window(&queue, entry.clone());
    shell.node.cancel_poll(gone);
    shell.advance_clock(1);
    // The claim is committed for nobody, so the attempt goes back, which is decided but not committed when the next poll finds the
    // entry from before.
    assert!(shell.step().await, "the claim");
    let (_, mut waiting) = shell.poll_only("charge");
    shell.hear_of_window(&queue, entry);
    shell.settle().await;
    let got = taken(&mut waiting).expect("its claim is committed");
    assert_eq!(got.task.poll_count, 2, "as the one that nobody took counts too");
    assert!(taken(&mut shell.poll("charge").await).is_none(), "once");
}

#[tokio::test]
async fn a_poll_in_a_hurry_waits_for_what_is_under_way_and_for_nothing_else() {
    let mut shell = Shell::on_shared_store(Options::default());
    let (poll, mut none) = shell.poll_only("charge");
    shell.hurry(poll);
    assert!(none.try_recv().is_err(), "the queue is being read");
    shell.settle().await;
    assert!(none.try_recv().expect("answered").is_empty());

    shell.start(one_task(&json!({"name": "charge"}))).await;
    let (poll, mut waiting) = shell.poll_only("charge");
    let entry = shell.read_window(&QueueName::new("charge", None)).await;
    shell.hear_of_window(&QueueName::new("charge", None), entry);
    shell.hurry(poll);
    assert!(waiting.try_recv().is_err(), "its claim is not committed");
    shell.settle().await;
    assert!(taken(&mut waiting).is_some());
}

#[tokio::test]
async fn the_audit_finds_an_execution_that_lost_its_wake_up() {
    let wait = |duration: &str| {
        json!({"name": "w", "version": 1, "tasks": [{"name": "w", "taskReferenceName": "w", "type": "WAIT",
            "inputParameters": {"duration": duration}}, {"name": "h", "taskReferenceName": "h", "type": "HUMAN"}]})
    };
    for (loses_wake_ups, orphans) in [(false, 0), (true, 1)] {
        let mut shell = Shell::new(Options::default());
        shell.start(wait("0s")).await;
        shell.loses_wake_ups = loses_wake_ups;
        shell.start(wait("100000h")).await;
        let engine = Engine::open(shell.store.clone(), Options::default()).await.expect("opens");
        assert_eq!(engine.audit().await.expect("audits"), orphans);
        assert_eq!(engine.gauges().2, orphans, "the metric orphaned_executions");
    }
}
