//! Retries of attempts by their policy.

use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::{Run, T0, node};

const INT_MAX: i64 = i32::MAX as i64;

/// `wf` with one task `t` of the type `t`, and what is said of the type.
fn one(def: Value, task: Value) -> Run {
    let mut run = Run::new();
    let mut full = json!({"name": "t", "retryDelaySeconds": 10});
    full.as_object_mut().expect("an object").extend(def.as_object().expect("an object").clone());
    let mut node = json!({"name": "t", "taskReferenceName": "t"});
    node.as_object_mut().expect("an object").extend(task.as_object().expect("an object").clone());
    run.task_def(full).define(json!({"name": "wf", "tasks": [node]}));
    run
}

#[test]
fn delays_grow_as_the_type_says() {
    for (def, delays) in [
        (json!({"retryLogic": "FIXED"}), [10, 10, 10]),
        (json!({"retryLogic": "LINEAR_BACKOFF", "backoffScaleFactor": 2}), [20, 40, 60]),
        (json!({"retryLogic": "EXPONENTIAL_BACKOFF", "backoffScaleFactor": 9}), [10, 20, 40]),
        (json!({"retryLogic": "EXPONENTIAL_BACKOFF", "maxRetryDelaySeconds": 15}), [10, 15, 15]),
        (json!({"retryLogic": "LINEAR_BACKOFF", "maxRetryDelaySeconds": 25}), [10, 20, 25]),
        (json!({"retryLogic": "FIXED", "maxRetryDelaySeconds": 4}), [4, 4, 4]),
        (json!({"retryDelaySeconds": 0, "retryLogic": "EXPONENTIAL_BACKOFF"}), [0, 0, 0]),
        // What no 32 bits hold is as long as they can say.
        (
            json!({"retryDelaySeconds": 2_000_000_000, "retryLogic": "LINEAR_BACKOFF"}),
            [2_000_000_000, INT_MAX, INT_MAX],
        ),
        (
            json!({"retryDelaySeconds": 1_073_741_824, "retryLogic": "EXPONENTIAL_BACKOFF"}),
            [1_073_741_824, INT_MAX, INT_MAX],
        ),
        (
            json!({"retryDelaySeconds": 1_000_000, "backoffScaleFactor": 1_000_000, "retryLogic": "LINEAR_BACKOFF", "maxRetryDelaySeconds": 60}),
            [60, 60, 60],
        ),
    ] {
        let mut run = one(def.clone(), json!({}));
        let id = run.start("wf", json!({}));
        for (attempt, delay) in (1..).zip(delays) {
            run.fail(id, "t", "no");
            let task = run.task(id, "t");
            assert_eq!((task.attempt, task.ready_at - run.now), (attempt, delay * 1000), "{def}");
            assert!(delay == 0 || run.claim(id, "t").is_err(), "not ready yet");
            run.pass(delay);
            run.claim(id, "t").expect("ready");
        }
        run.fail(id, "t", "no");
        assert_eq!(run.status(id), ExecutionStatus::Failed, "{def}");
        assert_eq!(run.trace(id), "t:FAILED t#1:FAILED t#2:FAILED t#3:FAILED");
    }
}

#[test]
fn jitter_is_drawn_from_the_entropy_within_its_bound() {
    let mut seen = std::collections::HashSet::new();
    for entropy in 0..50 {
        let mut run = one(json!({"backoffJitterMs": 500}), json!({}));
        run.entropy = entropy;
        let id = run.start("wf", json!({}));
        run.fail(id, "t", "no");
        let late = run.task(id, "t").ready_at - run.now - 10_000;
        assert!((0..=500).contains(&late), "{late}");
        seen.insert(late);
    }
    assert!(seen.len() > 20, "it varies");
}

#[test]
fn jitter_comes_on_top_of_the_longest_delay() {
    let mut beyond = 0;
    for entropy in 0..50 {
        let mut run = one(json!({"maxRetryDelaySeconds": 5, "backoffJitterMs": 500}), json!({}));
        run.entropy = entropy;
        let id = run.start("wf", json!({}));
        run.fail(id, "t", "no");
        let late = run.task(id, "t").ready_at - run.now - 5000;
        assert!((0..=500).contains(&late), "{late}");
        beyond += u32::from(late > 0);
    }
    assert!(beyond > 20);
}

#[test]
fn a_retry_waits_for_its_own_delay_only() {
    let mut run = one(json!({"responseTimeoutSeconds": 5}), json!({"startDelay": 100}));
    let id = run.start("wf", json!({}));
    assert!(run.claim(id, "t").is_err(), "the first attempt waits for the start delay");
    run.pass(100);
    run.claim(id, "t").expect("ready");
    run.pass(5);
    assert_eq!(run.trace(id), "t:TIMED_OUT t#1:SCHEDULED", "a timeout is retried as a failure is");
    assert_eq!(run.task(id, "t").ready_at - run.now, 10_000);
}

#[test]
fn the_tasks_own_count_replaces_that_of_its_type() {
    for (def, task, attempts) in [
        (json!({"retryCount": 2}), json!({}), 3),
        (json!({"retryCount": 2}), json!({"retryCount": 0}), 1),
        (json!({"retryCount": 0}), json!({"retryCount": 1}), 2),
    ] {
        let mut run = one(def, task);
        let id = run.start("wf", json!({}));
        for _ in 0..attempts {
            assert_eq!(run.status(id), ExecutionStatus::Running);
            run.fail(id, "t", "no");
        }
        assert_eq!((run.status(id), run.execution(id).tasks().len()), (ExecutionStatus::Failed, attempts));
    }
    let mut run = Run::new();
    run.define(json!({"name": "wf", "tasks": [{"name": "t", "taskReferenceName": "t"}]}));
    let id = run.start("wf", json!({}));
    run.fail(id, "t", "no");
    let delay = run.task(id, "t").ready_at - run.now;
    assert_eq!(
        (run.trace(id).as_str(), delay),
        ("t:FAILED t#1:SCHEDULED", 60_000),
        "three times a minute apart"
    );
}

#[test]
fn some_failures_are_not_repeated() {
    for (status, end) in [
        (TaskStatus::FailedWithTerminalError, ExecutionStatus::Failed),
        (TaskStatus::Canceled, ExecutionStatus::Terminated),
    ] {
        let mut run = one(json!({}), json!({}));
        let id = run.start("wf", json!({}));
        run.fail_as(id, "t", status, "no");
        assert_eq!((run.status(id), run.task(id, "t").status), (end, status));
    }
}

#[test]
fn a_retry_is_a_new_attempt_with_a_new_input() {
    let mut run = one(json!({}), json!({}));
    let set = node("HUMAN", "w", json!({}));
    let t = json!({"name": "t", "taskReferenceName": "t", "inputParameters": {"v": "${w.output.v}", "id": "${CPEWF_TASK_ID}"}});
    run.define(json!({"name": "both", "tasks": [
        {"name": "f", "taskReferenceName": "f", "type": "FORK_JOIN", "forkTasks": [[set], [t]]},
        {"name": "j", "taskReferenceName": "j", "type": "JOIN", "joinOn": ["w", "t"]},
    ]}));
    let id = run.start("both", json!({}));
    let key = |run: &Run| run.execution(id).effect_key(run.task(id, "t"));
    let (first, first_key) = (run.task(id, "t").ordinal, key(&run));
    assert_eq!(run.input(id, "t"), json!({"v": null, "id": run.execution(id).id.task(first).to_string()}));
    run.claim(id, "t").expect("claimed");
    run.result(id, "w", TaskStatus::InProgress, json!({"v": 2}));
    run.fail(id, "t", "no");
    let task = run.task(id, "t");
    assert_eq!((task.retry_of, task.attempt, task.poll_count, task.started_at), (Some(first), 1, 0, None));
    assert_eq!(task.reason.as_deref(), Some("no"), "the earlier reason is carried over");
    assert_eq!(
        run.input(id, "t"),
        json!({"v": 2, "id": run.execution(id).id.task(task.ordinal).to_string()})
    );
    assert_eq!(key(&run), first_key, "one effect, whatever the attempt");
    run.pass(10);
    run.complete(id, "t", json!({}));
    assert_eq!(run.task(id, "t").reason, None);
    run.complete(id, "w", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn when_all_is_in_vain_optional_and_permissive_go_on() {
    for (task, last, end) in [
        (json!({"optional": true}), TaskStatus::CompletedWithErrors, ExecutionStatus::Completed),
        (json!({"permissive": true}), TaskStatus::Failed, ExecutionStatus::Failed),
    ] {
        let mut run = one(json!({"retryCount": 1}), task);
        let id = run.start("wf", json!({}));
        run.fail(id, "t", "one");
        run.pass(10);
        run.fail(id, "t", "two");
        let task = run.task(id, "t");
        assert_eq!((task.status, task.reason.as_deref(), run.status(id)), (last, Some("two"), end));
    }
}

#[test]
fn the_total_timeout_stands_against_another_attempt() {
    let mut run = one(json!({"totalTimeoutSeconds": 25, "timeoutPolicy": "RETRY"}), json!({}));
    let id = run.start("wf", json!({}));
    run.fail(id, "t", "no");
    assert_eq!(run.task(id, "t").first_scheduled_at.0, T0, "counted from the first attempt");
    run.now = run.now.plus_seconds(26);
    run.fail(id, "t", "no");
    let task = run.execution(id).id.task(2);
    let reason = format!(
        "Task t/{task} exceeded total timeout of 25 seconds (elapsed 26 seconds across all attempts). No further retries will be attempted."
    );
    assert_eq!(run.execution(id).reason.as_deref(), Some(&*reason));
    assert_eq!(run.status(id), ExecutionStatus::Failed);
    run.retry(id);
    assert_eq!(run.task(id, "t").first_scheduled_at, run.now, "a retry by hand begins afresh");
}
