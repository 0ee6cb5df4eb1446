//! Journals as each release wrote them. Every build folds them to the state that was recorded with them.
//!
//! `SEGUE_RECORD=1 cargo test -p segue-core journals` writes those of the present release anew.

use std::path::PathBuf;
use std::sync::Arc;

use segue_core::execution::Execution;
use segue_core::execution::snapshot::Snapshot;
use segue_core::id::ExecutionId;
use segue_core::plan::compile;
use segue_core::record::Record;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::nodes::{node, simple};
use crate::run::Run;

/// One execution's journal, with what it folds to.
#[derive(Serialize, Deserialize)]
struct Recorded {
    execution: ExecutionId,
    blueprint: Value,
    format: u16,
    records: Vec<Value>,
    state: Value,
}

fn releases() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/journals")
}

/// An execution that meets most events: a fork, a retry, a loop, a child, a switch, a signal, a wait, a pause.
fn record() -> Vec<Recorded> {
    let child = json!({"name": "inner", "tasks": [node("NOOP", "n", json!({})), simple("c")]});
    let body = json!([
        simple("step"),
        node("SET_VARIABLE", "v", json!({"inputParameters": {"at": "${loop.output.iteration}"}}))
    ]);
    let retried = json!({"name": "work", "taskReferenceName": "a", "retryCount": 2});
    let (mut run, id) = Run::of(
        json!([
            node("FORK_JOIN", "fork", json!({"forkTasks": [[retried], [simple("b")]]})),
            node("JOIN", "join", json!({"joinOn": ["a", "b"]})),
            node("DO_WHILE", "loop", json!({"loopCondition": "$.loop['iteration'] < 2", "loopOver": body})),
            node(
                "SWITCH",
                "switch",
                json!({"evaluatorType": "value-param", "expression": "way",
                "inputParameters": {"way": "${workflow.input.way}"}, "decisionCases": {"left": [simple("left")]}})
            ),
            node("SUB_WORKFLOW", "sub", json!({"subWorkflowParam": {"workflowDefinition": child}})),
            node("WAIT", "nap", json!({"inputParameters": {"duration": "5s"}})),
            node("HUMAN", "ask", json!({})),
        ]),
        json!({"way": "left"}),
    );
    run.claim(id, "a").expect("a claim");
    run.fail(id, "a", "not yet");
    run.pass(100);
    run.complete(id, "a", json!({"n": 1}));
    run.complete(id, "b", json!({"n": 2}));
    run.complete(id, "step__1", json!({}));
    run.pause(id);
    run.complete(id, "step__2", json!({"last": true}));
    run.resume(id);
    run.complete(id, "left", json!({}));
    let inner = run.child(id, "sub");
    run.complete(inner, "c", json!({"from": "child"}));
    run.pass(10);
    run.terminate(id, "stop");
    run.retry(id);
    run.complete(id, "ask", json!({"ok": true}));
    let recorded = |id: ExecutionId| {
        let live = &run.executions[&id];
        let records = live.journal.iter().map(|body| serde_json::from_slice(body).expect("JSON"));
        Recorded {
            execution: id,
            blueprint: live.plan.body.value(),
            format: segue_core::record::FORMAT,
            records: records.collect(),
            state: state_of(&live.execution),
        }
    };
    vec![recorded(id), recorded(inner)]
}

fn state_of(execution: &Execution) -> Value {
    serde_json::to_value(Snapshot::of(execution)).expect("a snapshot")
}

/// A state without the fields that a recorded one does not know yet.
fn as_far_as(recorded: &Value, mut state: Value) -> Value {
    let known = recorded["tasks"].as_array().into_iter().flatten();
    let tasks = state["tasks"].as_array_mut().into_iter().flatten();
    for (task, known) in tasks.zip(known) {
        task.as_object_mut().expect("a task").retain(|field, _| known.get(field).is_some());
    }
    state
}

#[test]
fn every_recorded_journal_folds_to_the_recorded_state() {
    let present = releases().join(concat!(env!("CARGO_PKG_VERSION"), ".json"));
    if std::env::var_os("SEGUE_RECORD").is_some() {
        std::fs::create_dir_all(releases()).expect("a directory");
        let text = serde_json::to_string_pretty(&record()).expect("JSON");
        std::fs::write(&present, text + "\n").expect("written");
    }
    let mut folded = 0;
    for entry in std::fs::read_dir(releases()).expect("recorded journals") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("readable");
        let all: Vec<Recorded> = serde_json::from_str(&text).expect("recorded journals");
        for one in all {
            let mut plan =
                compile(serde_json::from_value(one.blueprint).expect("a blueprint")).expect("compiles");
            let records: Vec<Record> = one
                .records
                .iter()
                .map(|body| Record::decode(one.format, body.to_string().as_bytes()).expect("decodes"))
                .collect();
            let started = Execution::start_of(&records[0]).expect("begins with a start").clone();
            plan.hash = started.blueprint;
            let mut execution =
                Execution::new(one.execution, Arc::new(plan), Arc::new(started), records[0].at);
            for record in &records {
                execution.fold_record(record).expect("folds");
            }
            let state = as_far_as(&one.state, state_of(&execution));
            assert_eq!(state, one.state, "{} of {}", one.execution, path.display());
            folded += 1;
        }
    }
    assert!(folded >= 2 && present.exists(), "the journals of this release are recorded");
}
