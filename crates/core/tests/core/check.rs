//! What holds of every execution after every command.

use std::collections::{BTreeMap, HashMap, HashSet};

use segue_core::event::Event;
use segue_core::execution::snapshot::Snapshot;
use segue_core::execution::{Execution, Task};
use segue_core::id::{ExecutionId, TaskId};
use segue_core::plan::Kind;
use segue_core::projection::{self, Change};
use segue_core::record::{FORMAT, Record};
use segue_core::status::{ExecutionStatus, TaskStatus};
use segue_core::time::Timestamp;
use serde_json::Value;

use crate::run::Live;

/// The tables that the projection keeps of one execution.
#[derive(Default, Clone)]
pub(crate) struct Tables {
    pub(crate) ready: BTreeMap<TaskId, projection::Ready>,
    pub(crate) leases: BTreeMap<TaskId, projection::Lease>,
    status: Option<ExecutionStatus>,
    wake_at: Option<Timestamp>,
}

impl Tables {
    pub(crate) fn apply(&mut self, id: ExecutionId, seq: u64, record: &Record) {
        for change in projection::changes(id, seq, record) {
            match change {
                Change::Started(_) => self.status = Some(ExecutionStatus::Running),
                Change::Status(status, _) => self.status = Some(status),
                Change::Ready(ready) => {
                    self.ready.insert(ready.task, ready);
                }
                Change::Leased(lease) => {
                    self.ready.remove(&lease.task);
                    self.leases.insert(lease.task, lease);
                }
                Change::Settled(task) => {
                    self.ready.remove(&task);
                    self.leases.remove(&task);
                }
                Change::AllSettled => {
                    self.ready.clear();
                    self.leases.clear();
                }
                Change::Sent(..) | Change::Applied(_) | Change::Redefined(..) => {}
                Change::WakeAt(at) => self.wake_at = at,
            }
        }
    }
}

/// The state as JSON.
pub(crate) fn state(execution: &Execution) -> Value {
    serde_json::to_value(Snapshot::of(execution)).expect("a snapshot")
}

pub(crate) fn all(id: ExecutionId, live: &Live) {
    refold(id, live);
    tables(id, live);
    attempts(&live.execution);
    wake_up(&live.execution);
    records(live);
}

/// The journal alone gives the state, and so does a snapshot.
fn refold(id: ExecutionId, live: &Live) {
    let records: Vec<Record> =
        live.journal.iter().map(|body| Record::decode(FORMAT, body).expect("a readable record")).collect();
    let first = records.first().expect("a first record");
    let started = Execution::start_of(first).expect("a start").clone();
    let mut folded = Execution::new(id, live.plan.clone(), started.into(), first.at);
    live.plans.iter().for_each(|plan| folded.know(plan.clone()));
    for record in &records {
        folded.fold_record(record).expect("a record that fits");
    }
    let text = serde_json::to_string(&Snapshot::of(&live.execution)).expect("a snapshot");
    let snapshot: Snapshot = serde_json::from_str(&text).expect("a readable snapshot");
    let restored =
        snapshot.restore(id, live.execution.pinned.clone(), &live.plans).expect("a snapshot that fits");
    for (what, other) in [("the fold", &folded), ("the snapshot", &restored)] {
        assert_eq!(state(other), state(&live.execution), "{what} gives another state");
        assert_eq!(counters(other), counters(&live.execution), "{what} counts otherwise");
        let now = live.execution.updated_at;
        assert_eq!(other.wake_at(now), live.execution.wake_at(now), "{what} wakes at another time");
    }
}

fn counters(execution: &Execution) -> (u32, Vec<u32>, Vec<u32>) {
    let waiting = execution.tasks().iter().map(|task| task.waiting).collect();
    (execution.open(), waiting, execution.current_tasks().flat_map(|task| unmet(execution, task)).collect())
}

/// What the steps of a graph wait for.
fn unmet(execution: &Execution, task: &Task) -> Vec<u32> {
    match &execution.plan.node(task.node).kind {
        Kind::Graph(graph) => graph.steps.iter().map(|step| execution.unmet(*step, &task.frame)).collect(),
        _ => Vec::new(),
    }
}

/// What is open in a TRY_CATCH lies in its present part.
fn present_part(execution: &Execution, task: &Task) {
    let mut at = task.node;
    for around in execution.plan.scopes_around(task.node) {
        let depth = execution.plan.node(around).depth;
        let holder = execution.latest(around, &task.frame.outer(depth));
        if let (Some(section), Some(holder)) = (execution.plan.node(at).section, holder)
            && !holder.is_terminal()
        {
            assert_eq!(holder.trial.section, section, "open in another part of a TRY_CATCH");
        }
        at = around;
    }
}

fn tables(id: ExecutionId, live: &Live) {
    let execution = &live.execution;
    let named = |wanted: &dyn Fn(&Task) -> bool| -> Vec<TaskId> {
        execution.tasks().iter().filter(|task| wanted(task)).map(|task| id.task(task.ordinal)).collect()
    };
    let ready = named(&|task| task.status == TaskStatus::Scheduled && task.queue.is_some());
    let held = named(&Task::is_held);
    assert_eq!(live.tables.ready.keys().copied().collect::<Vec<_>>(), ready, "ready rows");
    assert_eq!(live.tables.leases.keys().copied().collect::<Vec<_>>(), held, "leases");
    assert_eq!(live.tables.status, Some(execution.status), "status row");
    assert_eq!(live.tables.wake_at, execution.wake_at(execution.updated_at), "wake-up row");
    for (task, row) in &live.tables.ready {
        let task = execution.task(task.ordinal()).expect("an attempt");
        assert_eq!((Some(&row.queue), row.ready_at), (task.queue.as_ref(), task.ready_at), "ready row");
    }
}

fn attempts(execution: &Execution) {
    let mut open = HashSet::new();
    let mut counted: HashMap<u32, u32> = HashMap::new();
    for (ordinal, task) in (1u32..).zip(execution.tasks()) {
        assert_eq!(task.ordinal, ordinal, "ordinals are dense");
        if task.hidden {
            assert!(task.is_terminal(), "what does not count has ended");
            let latest = execution.latest(task.node, &task.frame);
            assert!(
                latest.is_none_or(|latest| latest.ordinal != ordinal),
                "what does not count is no latest"
            );
            continue;
        }
        if let Some(earlier) = task.retry_of {
            let earlier = execution.task(earlier).expect("the earlier attempt");
            assert!(
                !earlier.hidden && earlier.retried && earlier.is_terminal() && earlier.node == task.node,
                "a retry's chain"
            );
            assert_eq!(task.attempt, earlier.attempt + 1, "attempts count up");
        }
        if task.is_terminal() {
            continue;
        }
        assert!(!execution.status.is_terminal(), "an execution that is over has no open attempt");
        assert!(open.insert((task.node, task.frame.clone())), "two open attempts at one place");
        let latest = execution.latest(task.node, &task.frame).expect("a latest attempt");
        assert_eq!(latest.ordinal, ordinal, "an open attempt is the latest");
        *counted.entry(task.scope).or_default() += 1;
        present_part(execution, task);
    }
    assert_eq!(execution.open(), counted.get(&0).copied().unwrap_or(0), "open outside scopes");
    for task in execution.tasks().iter().filter(|task| !task.is_terminal()) {
        match &execution.plan.node(task.node).kind {
            kind if kind.is_scope() => {
                let inside = counted.get(&task.ordinal).copied().unwrap_or(0);
                assert_eq!(task.waiting, inside, "open in a scope");
            }
            Kind::Join { .. } => {
                let on = execution.joined(task.node, &task.frame);
                let settled = |task: &Task| {
                    let node = execution.plan.node(task.node);
                    task.is_terminal()
                        && !task.retried
                        && (task.status.is_successful() || node.tolerates_failure())
                };
                let pending =
                    on.iter().filter(|on| !execution.latest(**on, &task.frame).is_some_and(settled)).count();
                assert_eq!(task.waiting as usize, pending, "what a join waits for");
            }
            _ => {}
        }
    }
}

/// A running execution always has something that will move it.
fn wake_up(execution: &Execution) {
    if execution.status != ExecutionStatus::Running {
        return;
    }
    let moves = |task: &Task| {
        let is_asked = task.asked_at.is_some();
        !task.is_terminal() && (is_asked || !execution.plan.node(task.node).kind.holds_others())
    };
    let is_due = execution.wake_at(execution.updated_at).is_some_and(|at| at <= execution.updated_at);
    let trace = || -> Vec<String> {
        let line = |task: &Task| {
            format!("{}:{}", task.frame.name(&execution.plan.node(task.node).reference), task.status)
        };
        execution.current_tasks().map(line).collect()
    };
    let will_move = is_due || execution.tasks().iter().any(moves);
    assert!(will_move, "nothing will ever move it: {}", trace().join(" "));
    assert!(is_due || execution.deferred.is_empty(), "deferred work without a wake-up");
}

fn records(live: &Live) {
    let body = live.journal.last().expect("a record");
    let record = Record::decode(FORMAT, body).expect("a readable record");
    assert_eq!(record.encode(), *body, "a record is written as it was read");
    let transitions = record.events.iter().filter(|event| !matches!(event, Event::StepsDeferred(_))).count();
    assert!(transitions <= 1_100, "a record of {transitions} transitions");
}
