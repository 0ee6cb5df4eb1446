//! What is shown: executions and attempts on the wire, and why nothing moves.

use segue_core::decide::Start;
use segue_core::event::QueueName;
use segue_core::json::Json;
use segue_core::view::{Tasks, task, workflow};
use segue_core::why::{Wait, why};
use serde_json::{Value, json};

use crate::run::{Run, T0, fork, node, simple};

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn an_attempt_is_shown_as_conductors_task() {
    let mut run = Run::new();
    run.task_def(json!({"name": "work", "retryDelaySeconds": 7, "responseTimeoutSeconds": 30}));
    let mut first = simple("a");
    first["retryCount"] = json!(1);
    first["inputParameters"] = json!({"n": null});
    run.define(json!({"name": "wf", "version": 3, "tasks": [first]}));
    let domains = serde_json::from_value(json!({"work": "d"})).expect("a map");
    let start = Start { correlation_id: Some("c".into()), priority: 5, domains, ..Start::default() };
    let id = run.start_with("wf", start);
    let shown = task(run.execution(id), run.task(id, "a"));
    let expected = [
        "callbackAfterSeconds",
        "callbackFromWorker",
        "correlationId",
        "domain",
        "effectKey",
        "endTime",
        "executed",
        "firstStartTime",
        "inputData",
        "iteration",
        "loopOverTask",
        "outputData",
        "pollCount",
        "queueWaitTime",
        "rateLimitFrequencyInSeconds",
        "rateLimitPerFrequency",
        "referenceTaskName",
        "responseTimeoutSeconds",
        "retried",
        "retryCount",
        "scheduledTime",
        "seq",
        "startDelayInSeconds",
        "startTime",
        "status",
        "subworkflowChanged",
        "taskDefName",
        "taskId",
        "taskType",
        "updateTime",
        "workflowInstanceId",
        "workflowPriority",
        "workflowTask",
        "workflowType",
    ];
    assert_eq!(keys(&shown), expected, "nulls are left out");
    assert_eq!(shown["inputData"], json!({"n": null}), "but nulls in data are kept");
    run.now = run.now.plus_ms(1500);
    run.claim(id, "a").expect("claimed");
    run.now = run.now.plus_ms(500);
    run.fail(id, "a", "no");
    let old = task(run.execution(id), run.execution(id).task(1).expect("an attempt"));
    for (key, value) in [
        ("taskType", json!("work")),
        ("status", json!("FAILED")),
        ("referenceTaskName", json!("a")),
        ("seq", json!(1)),
        ("pollCount", json!(1)),
        ("scheduledTime", json!(T0)),
        ("startTime", json!(T0 + 1500)),
        ("endTime", json!(T0 + 2000)),
        ("updateTime", json!(T0 + 2000)),
        ("queueWaitTime", json!(1500)),
        ("retried", json!(true)),
        ("executed", json!(true)),
        ("responseTimeoutSeconds", json!(30)),
        ("workflowType", json!("wf")),
        ("workflowPriority", json!(5)),
        ("correlationId", json!("c")),
        ("domain", json!("d")),
        ("workerId", json!("w1")),
        ("reasonForIncompletion", json!("no")),
    ] {
        assert_eq!(old[key], value, "{key}");
    }
    let new = task(run.execution(id), run.task(id, "a"));
    for (key, value) in [
        ("retriedTaskId", old["taskId"].clone()),
        ("retryCount", json!(1)),
        ("status", json!("SCHEDULED")),
        ("startDelayInSeconds", json!(7)),
        ("callbackAfterSeconds", json!(7)),
        ("startTime", json!(0)),
        ("effectKey", old["effectKey"].clone()),
    ] {
        assert_eq!(new[key], value, "{key}");
    }
}

#[test]
fn loops_waits_and_children_have_fields_of_their_own() {
    let definition = json!({"name": "i", "tasks": [simple("x")]});
    let body = json!([
        node("WAIT", "timed", json!({"inputParameters": {"duration": "90s"}})),
        node("SUB_WORKFLOW", "s", json!({"subWorkflowParam": {"workflowDefinition": definition}})),
        node("WAIT", "signal", json!({})),
    ]);
    let (mut run, id) = Run::of(
        json!([node("DO_WHILE", "l", json!({"loopCondition": "false", "loopOver": body}))]),
        json!({}),
    );
    let shown = |run: &Run, name| task(run.execution(id), run.task(id, name));
    let timed = shown(&run, "timed__1");
    assert_eq!((&timed["taskType"], &timed["callbackAfterSeconds"]), (&json!("WAIT"), &json!(90)));
    assert_eq!((&timed["iteration"], &timed["loopOverTask"]), (&json!(1), &json!(true)));
    run.pass(90);
    let sub = shown(&run, "s__1");
    let child = run.child(id, "s__1");
    assert_eq!(
        (&sub["subWorkflowId"], &sub["outputData"]),
        (&json!(child.to_string()), &json!({"subWorkflowId": child.to_string()}))
    );
    let whole = workflow(run.execution(child), Tasks::LeftOut);
    assert_eq!(
        (&whole["parentWorkflowId"], &whole["parentWorkflowTaskId"]),
        (&json!(id.to_string()), &sub["taskId"])
    );
    run.complete(child, "x", json!({}));
    assert_eq!(shown(&run, "signal__1")["callbackAfterSeconds"], json!(i32::MAX));
    assert_eq!(shown(&run, "l")["iteration"], json!(0), "the loop itself is in none");
}

#[test]
fn an_execution_is_shown_as_conductors_workflow() {
    let mut run = Run::new();
    run.define(json!({"name": "wf", "version": 2, "tasks": [simple("a")], "variables": {"v": 1}}));
    let start = Start {
        input: Json::of(&json!({"n": 1})),
        start_key: Some("once".into()),
        created_by: Some("me".into()),
        ..Start::default()
    };
    let id = run.start_with("wf", start);
    let shown = workflow(run.execution(id), Tasks::LeftOut);
    let expected = [
        "createTime",
        "createdBy",
        "endTime",
        "failedReferenceTaskNames",
        "failedTaskNames",
        "history",
        "idempotencyKey",
        "input",
        "lastRetriedTime",
        "output",
        "priority",
        "startTime",
        "status",
        "taskToDomain",
        "tasks",
        "updateTime",
        "variables",
        "workflowDefinition",
        "workflowId",
        "workflowName",
        "workflowVersion",
    ];
    assert_eq!(keys(&shown), expected);
    assert_eq!((&shown["tasks"], &shown["endTime"], &shown["output"]), (&json!([]), &json!(0), &json!({})));
    run.pass(3);
    run.fail(id, "a", "no");
    let shown = workflow(run.execution(id), Tasks::Included);
    for (key, value) in [
        ("status", json!("FAILED")),
        ("createTime", json!(T0)),
        ("startTime", json!(T0)),
        ("endTime", json!(T0 + 3000)),
        ("updateTime", json!(T0 + 3000)),
        ("input", json!({"n": 1})),
        ("variables", json!({"v": 1})),
        ("failedReferenceTaskNames", json!(["a"])),
        ("failedTaskNames", json!(["work"])),
        ("workflowName", json!("wf")),
        ("workflowVersion", json!(2)),
    ] {
        assert_eq!(shown[key], value, "{key}");
    }
    assert_eq!(shown["tasks"].as_array().map(Vec::len), Some(1));
    assert_eq!(shown["workflowDefinition"]["tasks"][0]["taskReferenceName"], json!("a"));
}

#[test]
fn each_kind_of_waiting_is_named() {
    let definition = json!({"name": "i", "tasks": [simple("x")]});
    let mut late = simple("late");
    late["startDelay"] = json!(60);
    let branches = [
        json!([simple("ready")]),
        json!([simple("held")]),
        json!([late]),
        json!([node("WAIT", "timed", json!({"inputParameters": {"duration": "5s"}}))]),
        json!([node("HUMAN", "signal", json!({}))]),
        json!([node("SUB_WORKFLOW", "s", json!({"subWorkflowParam": {"workflowDefinition": definition}}))]),
        json!([node("DO_WHILE", "l", json!({"loopCondition": "false", "loopOver": [simple("inside")]}))]),
    ];
    let [f, j] = fork("f", &branches);
    let (mut run, id) = Run::of(json!([f, j]), json!({}));
    run.claim(id, "held").expect("claimed");
    let now = run.now;
    let at = |name: &str| (id.task(run.task(id, name).ordinal), name.to_owned());
    let queue = || QueueName("work".into());
    let worker = |name| {
        let (task, reference) = at(name);
        Wait::Worker { task, reference, queue: queue(), since: now }
    };
    let expected = {
        let (held, late, timed, signal, s, join) =
            (at("held"), at("late"), at("timed"), at("signal"), at("s"), at("f_join"));
        let on = ["ready", "held", "late", "timed", "signal", "s", "l"].map(str::to_owned).to_vec();
        let until = Some(now.plus_seconds(3600));
        vec![
            worker("ready"),
            Wait::Result { task: held.0, reference: held.1, worker: Some("w1".into()), lease_until: until },
            Wait::ReadyLater {
                task: late.0,
                reference: late.1,
                queue: queue(),
                at: now.plus_seconds(60),
                attempt: 0,
                reason: None,
            },
            Wait::Timer { task: timed.0, reference: timed.1, at: now.plus_seconds(5) },
            Wait::Signal { task: signal.0, reference: signal.1 },
            Wait::Child { task: s.0, reference: s.1, child: run.child(id, "s") },
            worker("inside__1"),
            Wait::Join { task: join.0, reference: join.1, on },
        ]
    };
    assert_eq!(why(run.execution(id), now), expected);
    run.pause(id);
    assert_eq!(why(run.execution(id), now)[0], Wait::Paused);
    run.resume(id);
    run.terminate(id, "stop");
    let ended = Wait::Ended { status: run.status(id), reason: Some("stop".into()) };
    assert_eq!(why(run.execution(id), now), [ended]);
}

#[test]
fn a_retry_and_a_long_record_say_why_they_wait() {
    let mut run = Run::new();
    run.task_def(json!({"name": "t", "retryDelaySeconds": 9}));
    run.task_def(json!({"name": "s", "retryDelaySeconds": 9, "retryCount": 1}));
    run.limits.transitions_max = 3;
    let definition = json!({"name": "i", "tasks": [simple("x")]});
    let sub = node("SUB_WORKFLOW", "s", json!({"subWorkflowParam": {"workflowDefinition": definition}}));
    let retried = json!({"name": "t", "taskReferenceName": "t"});
    run.define(json!({"name": "wf", "tasks": [node("NOOP", "n", json!({})), node("NOOP", "m", json!({})), retried, sub]}));
    let id = run.start("wf", json!({}));
    assert_eq!(why(run.execution(id), run.now), [Wait::Continue]);
    run.wake();
    run.fail(id, "t", "no");
    let said = &why(run.execution(id), run.now)[0];
    let Wait::ReadyLater { attempt, reason, at, .. } = said else { panic!("{said:?}") };
    assert_eq!((*attempt, reason.as_deref(), *at), (1, Some("no"), run.now.plus_seconds(9)));
    run.pass(9);
    run.complete(id, "t", json!({}));
    run.fail(run.child(id, "s"), "x", "no");
    let said = &why(run.execution(id), run.now)[0];
    let Wait::Timer { at, .. } = said else { panic!("{said:?}") };
    assert_eq!(*at, run.now.plus_seconds(9), "its child starts later");
}
