//! What a step costs does not depend on how long the execution already is.

use segue_core::record::Record;
use segue_core::status::ExecutionStatus;
use serde_json::{Value, json};

use crate::run::{Run, node, simple};

fn counts(record: &Record) -> (usize, usize) {
    (record.events.len(), record.messages.len())
}

#[test]
fn a_late_iteration_writes_as_much_as_an_early_one() {
    let body = json!([simple("a"), simple("b")]);
    let more = json!({"loopCondition": "$.l['iteration'] < 9001 && $.a.n == 7", "loopOver": body});
    let mut run = Run::new();
    run.checks = false;
    let mut step = simple("z");
    step["inputParameters"] = json!({"x": "${l.output.9000.a.n}"});
    run.define(json!({"name": "wf", "tasks": [node("DO_WHILE", "l", more), step]}));
    let id = run.start("wf", json!({}));
    let iterate = |run: &mut Run, number: u32| {
        for name in ["a", "b"] {
            let open = run.execution(id).newest(name).map(|task| task.ordinal).expect("an attempt");
            assert_eq!(run.execution(id).task(open).map(|task| task.frame.innermost()), Some(number));
            let result = segue_core::decide::TaskResult {
                task: open,
                ..crate::run::result(segue_core::status::TaskStatus::Completed, json!({"n": 7}))
            };
            run.apply(id, segue_core::decide::Command::Complete(Box::new(result))).expect("taken");
        }
    };
    let mut early = Vec::new();
    let mut late = Vec::new();
    for number in 1..=9001 {
        let from = run.executions[&id].journal.len();
        iterate(&mut run, number);
        let records = run.executions[&id].journal[from..].to_vec();
        match number {
            10 => early = records,
            9000 => late = records,
            _ => {}
        }
    }
    assert_eq!(run.input(id, "z"), json!({"x": 7}));
    // Ordinals and iterations have more digits; nothing else is longer.
    assert_eq!(early.len(), late.len());
    for (early, late) in early.iter().zip(&late) {
        let read = |body: &[u8]| Record::decode(segue_core::record::FORMAT, body).expect("a record");
        assert_eq!(counts(&read(early)), counts(&read(late)));
        assert!(late.len() <= early.len() + 24, "{} bytes became {}", early.len(), late.len());
    }
    run.work_off();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
}

#[test]
fn a_wide_fork_is_begun_and_joined_in_bounded_records() {
    let branches: Vec<Value> =
        (0..10_000).map(|n| json!([node("NOOP", &format!("n{n}"), json!({}))])).collect();
    let join_on: Vec<String> = (0..10_000).map(|n| format!("n{n}")).collect();
    let mut run = Run::new();
    run.checks = false;
    run.define(json!({"name": "wf", "tasks": [
        node("FORK_JOIN", "f", json!({"forkTasks": branches})), node("JOIN", "j", json!({"joinOn": join_on})),
    ]}));
    let id = run.start("wf", json!({}));
    run.wake();
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    let journal = &run.executions[&id].journal;
    let most = run.records(id).iter().map(|record| record.events.len()).max();
    assert!(most <= Some(1_010), "{most:?} transitions in a record");
    let longest = journal.iter().map(Vec::len).max();
    assert!(longest <= Some(200_000), "{longest:?} bytes in a record");
}

#[test]
fn a_wide_fork_of_workers_is_joined_by_counting() {
    let branches: Vec<Value> = (0..2_000).map(|n| json!([simple(&format!("a{n}"))])).collect();
    let join_on: Vec<String> = (0..2_000).map(|n| format!("a{n}")).collect();
    let mut run = Run::new();
    run.checks = false;
    run.define(json!({"name": "wf", "tasks": [
        node("FORK_JOIN", "f", json!({"forkTasks": branches})), node("JOIN", "j", json!({"joinOn": join_on})),
    ]}));
    let id = run.start("wf", json!({}));
    run.wake();
    run.terminate(id, "stop");
    run.retry(id);
    run.wake();
    let waits = |run: &Run| run.execution(id).newest("j").map(|join| join.waiting);
    for number in 0..2_000 {
        assert_eq!(waits(&run), Some(2_000 - number));
        run.complete(id, &format!("a{number}"), json!({}));
    }
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    let most = run.records(id).iter().map(|record| record.events.len()).max();
    assert!(most <= Some(1_010), "{most:?} transitions in a record");
}

/// Completes an attempt, however many there are.
fn complete(run: &mut Run, id: segue_core::id::ExecutionId, task: u32) {
    let result = segue_core::decide::TaskResult {
        task,
        ..crate::run::result(segue_core::status::TaskStatus::Completed, json!({"n": 7}))
    };
    run.apply(id, segue_core::decide::Command::Complete(Box::new(result))).expect("taken");
}

#[test]
fn many_items_are_gone_through_a_few_at_a_time_or_all_at_once() {
    for (concurrency, keep) in [(1, 2), (20, 0), (10_000, 0)] {
        let more = json!({
            "items": "${workflow.input.items}", "concurrency": concurrency, "loopOver": [simple("a")],
            "inputParameters": {"keepLastN": keep},
        });
        let mut run = Run::new();
        run.checks = false;
        run.define(json!({"name": "wf", "tasks": [node("FOR_EACH", "e", more)]}));
        let items: Vec<u32> = (0..10_000).collect();
        let id = run.start("wf", json!({"items": items}));
        run.wake();
        let begun = std::time::Instant::now();
        for number in 0..10_000 {
            complete(&mut run, id, number + 2);
        }
        run.wake();
        assert_eq!(run.status(id), ExecutionStatus::Completed);
        assert_eq!(run.execution(id).tasks().len(), 10_001);
        let kept = run.execution(id).current_tasks().count();
        assert_eq!(kept <= 5, keep > 0, "{kept} attempts are kept");
        let most = run.records(id).iter().map(|record| record.events.len()).max();
        assert!(most <= Some(1_010), "{most:?} transitions in a record");
        assert!(begun.elapsed().as_secs() < 60, "{:?} with {concurrency} at once", begun.elapsed());
    }
}

#[test]
fn a_wide_graph_is_counted_not_scanned() {
    let mut steps: Vec<Value> = vec![simple("first")];
    for number in 0..3_000 {
        let mut step = simple(&format!("a{number}"));
        step["dependsOn"] = json!(["first"]);
        steps.push(step);
    }
    let mut last = simple("last");
    last["dependsOn"] = (0..3_000).map(|number| format!("a{number}")).collect();
    steps.push(last);
    let mut run = Run::new();
    run.checks = false;
    run.define(json!({"name": "wf", "tasks": [node("GRAPH", "g", json!({"graphTasks": steps}))]}));
    let id = run.start("wf", json!({}));
    complete(&mut run, id, 2);
    run.wake();
    assert_eq!(run.execution(id).tasks().len(), 3_002);
    for task in 3..=3_002 {
        assert!(run.find(id, "last").is_none());
        complete(&mut run, id, task);
    }
    run.complete(id, "last", json!({}));
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    let longest = run.executions[&id].journal.iter().map(Vec::len).max();
    assert!(longest <= Some(300_000), "{longest:?} bytes in a record");
}

#[test]
fn a_caught_failure_costs_as_much_late_as_early() {
    let body =
        node("TRY_CATCH", "t", json!({"tryTasks": [simple("a"), simple("b")], "catchTasks": [simple("c")]}));
    let more = json!({"items": (0..3_000).collect::<Vec<u32>>(), "loopOver": [body]});
    let mut run = Run::new();
    run.checks = false;
    run.define(json!({"name": "wf", "tasks": [node("FOR_EACH", "e", more)]}));
    let id = run.start("wf", json!({}));
    let begun = std::time::Instant::now();
    for number in 0..3_000 {
        // The TRY_CATCH, a, c.
        let first = number * 3 + 2;
        let failed = segue_core::decide::TaskResult {
            task: first + 1,
            ..crate::run::result(segue_core::status::TaskStatus::Failed, json!({}))
        };
        run.apply(id, segue_core::decide::Command::Complete(Box::new(failed))).expect("taken");
        complete(&mut run, id, first + 2);
    }
    assert_eq!(run.status(id), ExecutionStatus::Completed);
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}
