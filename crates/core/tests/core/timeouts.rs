//! The five timeouts of a task and the one of an execution.

use segue_core::decide::Command;
use segue_core::event::{Event, Limit};
use segue_core::id::ExecutionId;
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::{Value, json};

use crate::run::{Run, simple};

fn one(def: Value) -> (Run, ExecutionId) {
    let mut run = Run::new();
    let mut full = json!({"name": "t", "retryCount": 1, "retryDelaySeconds": 0});
    full.as_object_mut().expect("an object").extend(def.as_object().expect("an object").clone());
    run.task_def(full).define(json!({"name": "wf", "tasks": [{"name": "t", "taskReferenceName": "t"}]}));
    let id = run.start("wf", json!({}));
    (run, id)
}

/// The limits, how they are set, whether the attempt is claimed first, and what is said when they pass.
fn cases() -> [(Limit, Value, bool, &'static str); 4] {
    [
        (
            Limit::Total,
            json!({"totalTimeoutSeconds": 30}),
            false,
            "Task t/{id} exceeded total timeout of 30 seconds (elapsed 30 seconds across all attempts including retry delays). Timeout policy: {policy}",
        ),
        (
            Limit::Run,
            json!({"timeoutSeconds": 30}),
            true,
            "Task timed out after 30 seconds. Timeout configured as 30 seconds. Timeout policy configured to {policy}",
        ),
        (
            Limit::Poll,
            json!({"pollTimeoutSeconds": 30}),
            false,
            "Task poll timed out after 30 seconds. Poll timeout configured as 30 seconds. Timeout policy configured to {policy}",
        ),
        (
            Limit::Response,
            json!({"responseTimeoutSeconds": 30}),
            true,
            "responseTimeout: 30 exceeded for the taskId: {id} with Task Definition: t",
        ),
    ]
}

fn pass(def: &Value, policy: &str, is_claimed: bool) -> (Run, ExecutionId) {
    let mut def = def.clone();
    def["timeoutPolicy"] = policy.into();
    let (mut run, id) = one(def);
    if is_claimed {
        run.claim(id, "t").expect("claimed");
    }
    run.pass_ms(29_999);
    assert_eq!(run.execution(id).tasks().len(), 1, "nothing yet");
    assert!(!run.task(id, "t").is_terminal());
    run.pass_ms(1);
    (run, id)
}

#[test]
fn each_timeout_follows_its_policy() {
    for (limit, def, is_claimed, text) in cases() {
        for policy in ["RETRY", "TIME_OUT_WF", "ALERT_ONLY"] {
            let (mut run, id) = pass(&def, policy, is_claimed);
            let case = format!("{limit:?} {policy}");
            let reason = text.replace("{policy}", policy).replace("{id}", &id.task(1).to_string());
            let first = run.execution(id).task(1).expect("an attempt").clone();
            match (limit, policy) {
                (Limit::Run | Limit::Poll | Limit::Total, "ALERT_ONLY") => {
                    assert!(!first.is_terminal(), "{case}");
                    let noted = Event::TimeoutNoted { task: 1, limit };
                    assert_eq!(run.events(id).iter().filter(|event| **event == noted).count(), 1, "{case}");
                    run.complete(id, "t", json!({}));
                    assert_eq!(run.status(id), ExecutionStatus::Completed, "{case}");
                }
                (Limit::Run | Limit::Poll | Limit::Total, "TIME_OUT_WF") => {
                    assert_eq!(
                        (first.status, first.reason.as_deref()),
                        (TaskStatus::TimedOut, Some(&*reason)),
                        "{case}"
                    );
                    assert_eq!(run.status(id), ExecutionStatus::TimedOut, "{case}");
                    assert_eq!(run.execution(id).reason.as_deref(), Some(&*reason), "{case}");
                }
                // No time is left for another attempt.
                (Limit::Total, _) => {
                    assert_eq!(
                        (first.status, first.reason.as_deref()),
                        (TaskStatus::TimedOut, Some(&*reason)),
                        "{case}"
                    );
                    assert_eq!(run.status(id), ExecutionStatus::TimedOut, "{case}");
                    let said = run.execution(id).reason.clone().unwrap_or_default();
                    assert!(said.ends_with("No further retries will be attempted."), "{case}: {said}");
                }
                // The response timeout always goes by the retry rules.
                _ => {
                    assert_eq!(
                        (first.status, first.reason.as_deref()),
                        (TaskStatus::TimedOut, Some(&*reason)),
                        "{case}"
                    );
                    assert_eq!(run.trace(id), "t:TIMED_OUT t#1:SCHEDULED", "{case}");
                    run.fail_as(id, "t", TaskStatus::TimedOut, "late");
                    assert_eq!(run.status(id), ExecutionStatus::TimedOut, "{case}");
                }
            }
        }
    }
}

#[test]
fn callbacks_and_delays_extend_the_poll_timeout() {
    let (mut run, id) =
        one(json!({"pollTimeoutSeconds": 30, "responseTimeoutSeconds": 5, "timeoutPolicy": "RETRY"}));
    run.claim(id, "t").expect("claimed");
    let later = segue_core::decide::TaskResult {
        task: 1,
        callback_after_ms: 100_000,
        ..crate::run::result(TaskStatus::InProgress, json!({"part": 1}))
    };
    run.apply(id, Command::Complete(Box::new(later))).expect("taken");
    assert_eq!((run.trace(id).as_str(), run.output(id, "t")), ("t:SCHEDULED", json!({"part": 1})));
    assert!(run.claim(id, "t").is_err(), "not before the callback time");
    run.pass(129);
    assert_eq!(run.trace(id), "t:SCHEDULED");
    run.claim(id, "t").expect("claimed again");
    assert_eq!((run.task(id, "t").poll_count, run.task(id, "t").attempt), (2, 0));
    run.pass(5);
    assert_eq!(run.trace(id), "t:TIMED_OUT t#1:SCHEDULED");
}

#[test]
fn a_heartbeat_extends_the_lease_by_its_length() {
    let (mut run, id) = one(json!({"responseTimeoutSeconds": 3600}));
    run.checks = false;
    run.apply(id, Command::Claim { task: 1, worker: None, lease_ms: Some(30_000) }).expect("claimed");
    for _ in 0..5 {
        run.pass(20);
        let now = run.now;
        let execution = &mut run.executions.get_mut(&id).expect("an execution").execution;
        assert_eq!(execution.lease_ms(1), Some(30_000));
        assert!(execution.extend_lease(1, now.plus_ms(30_000), now));
    }
    assert_eq!(run.trace(id), "t:IN_PROGRESS");
    run.pass(10);
    let now = run.now;
    let execution = &mut run.executions.get_mut(&id).expect("an execution").execution;
    execution.renew_leases(now);
    assert_eq!(execution.wake_at(now), Some(now.plus_ms(30_000)), "one full period after a downtime");
    run.pass(30);
    assert_eq!(run.trace(id), "t:TIMED_OUT t#1:SCHEDULED");
    let execution = &mut run.executions.get_mut(&id).expect("an execution").execution;
    assert!(!execution.extend_lease(1, now, now) && !execution.extend_lease(9, now, now));
}

#[test]
fn an_execution_has_a_timeout_of_its_own() {
    for (policy, status) in
        [("TIME_OUT_WF", ExecutionStatus::TimedOut), ("ALERT_ONLY", ExecutionStatus::Running)]
    {
        let mut run = Run::new();
        let definition =
            json!({"name": "wf", "tasks": [simple("a")], "timeoutSeconds": 60, "timeoutPolicy": policy});
        run.define(definition);
        let id = run.start("wf", json!({}));
        run.pass(59);
        assert_eq!(run.status(id), ExecutionStatus::Running);
        run.pass(1);
        assert_eq!(run.status(id), status);
        let notes = run.events(id).iter().filter(|event| matches!(event, Event::TimeoutNoted { .. })).count();
        assert_eq!(notes, usize::from(policy == "ALERT_ONLY"));
        if status == ExecutionStatus::TimedOut {
            let said = "Workflow timed out after 60 seconds. Timeout configured as 60 seconds. Timeout policy configured to TIME_OUT_WF";
            assert_eq!(run.execution(id).reason.as_deref(), Some(said));
            assert_eq!(run.task(id, "a").status, TaskStatus::Canceled);
            run.retry(id);
            assert_eq!(run.trace(id), "a:CANCELED a#1:SCHEDULED");
            run.pass(59);
            assert_eq!(run.status(id), ExecutionStatus::Running, "counted from the retry");
        }

        let id = run.start("wf", json!({}));
        run.pause(id);
        run.pass(60);
        let paused = if status.is_terminal() { status } else { ExecutionStatus::Paused };
        assert_eq!(run.status(id), paused, "a pause does not stop this clock");
    }
}

#[test]
fn a_start_delay_moves_the_poll_and_the_run_timeout() {
    let of = |def: Value| {
        let mut run = Run::new();
        let mut full = json!({"name": "t", "retryCount": 0, "timeoutPolicy": "TIME_OUT_WF"});
        full.as_object_mut().expect("an object").extend(def.as_object().expect("an object").clone());
        let task = json!({"name": "t", "taskReferenceName": "t", "startDelay": 20});
        run.task_def(full).define(json!({"name": "wf", "tasks": [task]}));
        let id = run.start("wf", json!({}));
        (run, id)
    };
    let (mut run, id) = of(json!({"pollTimeoutSeconds": 30}));
    run.pass(49);
    assert_eq!(run.trace(id), "t:SCHEDULED");
    run.pass(1);
    assert_eq!(run.status(id), ExecutionStatus::TimedOut);

    let (mut run, id) = of(json!({"timeoutSeconds": 30}));
    run.pass(20);
    run.claim(id, "t").expect("ready");
    run.pass(49);
    assert_eq!(run.trace(id), "t:IN_PROGRESS", "counted from the first poll and the delay");
    run.pass(1);
    assert_eq!(run.status(id), ExecutionStatus::TimedOut);
}

#[test]
fn a_retry_has_its_poll_timeout_after_its_delay() {
    let (mut run, id) =
        one(json!({"pollTimeoutSeconds": 30, "retryDelaySeconds": 100, "timeoutPolicy": "RETRY"}));
    run.pass(30);
    assert_eq!(run.trace(id), "t:TIMED_OUT t#1:SCHEDULED");
    run.pass(129);
    assert_eq!(run.trace(id), "t:TIMED_OUT t#1:SCHEDULED");
    run.pass(1);
    assert_eq!(
        (run.trace(id).as_str(), run.status(id)),
        ("t:TIMED_OUT t#1:TIMED_OUT", ExecutionStatus::TimedOut)
    );
}

#[test]
fn the_total_timeout_passes_while_a_retry_waits() {
    let (mut run, id) =
        one(json!({"totalTimeoutSeconds": 60, "retryDelaySeconds": 50, "timeoutPolicy": "TIME_OUT_WF"}));
    run.pass(20);
    run.fail(id, "t", "no");
    run.pass(39);
    assert_eq!(run.trace(id), "t:FAILED t#1:SCHEDULED");
    run.pass(1);
    assert_eq!(
        (run.trace(id).as_str(), run.status(id)),
        ("t:FAILED t#1:TIMED_OUT", ExecutionStatus::TimedOut)
    );
    let task = id.task(2);
    let said = format!(
        "Task t/{task} exceeded total timeout of 60 seconds (elapsed 60 seconds across all attempts including retry delays). Timeout policy: TIME_OUT_WF"
    );
    assert_eq!(run.task(id, "t").reason.as_deref(), Some(&*said));
}

#[test]
fn of_limits_that_pass_together_the_total_timeout_is_looked_at_first() {
    let (mut run, id) = one(json!({
        "totalTimeoutSeconds": 30, "timeoutSeconds": 30, "responseTimeoutSeconds": 30, "timeoutPolicy": "TIME_OUT_WF",
    }));
    run.claim(id, "t").expect("claimed");
    run.pass(30);
    let reason = run.task(id, "t").reason.clone().unwrap_or_default();
    assert!(reason.contains("exceeded total timeout"), "{reason}");
    let (mut run, id) =
        one(json!({"timeoutSeconds": 30, "responseTimeoutSeconds": 30, "timeoutPolicy": "TIME_OUT_WF"}));
    run.claim(id, "t").expect("claimed");
    run.pass(30);
    let reason = run.task(id, "t").reason.clone().unwrap_or_default();
    assert!(reason.starts_with("Task timed out after 30 seconds."), "{reason}");
}

#[test]
fn a_resume_starts_the_clock_of_the_execution_again() {
    let mut run = Run::new();
    run.define(
        json!({"name": "wf", "tasks": [simple("a")], "timeoutSeconds": 60, "timeoutPolicy": "TIME_OUT_WF"}),
    );
    let id = run.start("wf", json!({}));
    run.pause(id);
    run.pass(59);
    run.resume(id);
    run.pass(59);
    assert_eq!(run.status(id), ExecutionStatus::Running);
    run.pass(1);
    assert_eq!(run.status(id), ExecutionStatus::TimedOut);
}
