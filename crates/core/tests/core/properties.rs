//! Invariants over random definitions and random interleavings of commands. [`crate::check`] holds what must be true
//! after each command; what must be true in the end is here.

use std::collections::BTreeSet;

use proptest::prelude::*;
use segue_core::decide::{Command, Compensate, Skip, TaskResult};
use segue_core::event::Section;
use segue_core::execution::Task;
use segue_core::id::ExecutionId;
use segue_core::record::{Message, MessageId};
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::json;

use crate::run::{Run, result};
use crate::shapes::{Shape, Temper, definition, shapes};

/// What somebody does next; the number chooses among what there is.
#[derive(Clone, Debug)]
enum Act {
    Claim(u16),
    Finish(u16, TaskStatus),
    Defer(u16, u8),
    Update(u16),
    Late(u16),
    Pass(u8),
    Wake(u16),
    Pause(u16),
    Resume(u16),
    Terminate(u16),
    Retry(u16),
    Restart(u16),
    Rerun(u16, u16),
    Skip(u16, u16),
    Jump(u16, u16),
    Deliver,
    DeliverAgain,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let status = prop_oneof![
        12 => Just(TaskStatus::Completed),
        4 => Just(TaskStatus::Failed),
        1 => Just(TaskStatus::FailedWithTerminalError),
        1 => Just(TaskStatus::Canceled),
    ];
    let act = prop_oneof![
        4 => any::<u16>().prop_map(Act::Claim),
        12 => (any::<u16>(), status).prop_map(|(pick, status)| Act::Finish(pick, status)),
        1 => (any::<u16>(), any::<u8>()).prop_map(|(pick, after)| Act::Defer(pick, after)),
        1 => any::<u16>().prop_map(Act::Update),
        1 => any::<u16>().prop_map(Act::Late),
        3 => any::<u8>().prop_map(Act::Pass),
        3 => any::<u16>().prop_map(Act::Wake),
        1 => any::<u16>().prop_map(Act::Pause),
        2 => any::<u16>().prop_map(Act::Resume),
        1 => any::<u16>().prop_map(Act::Terminate),
        3 => any::<u16>().prop_map(Act::Retry),
        1 => any::<u16>().prop_map(Act::Restart),
        2 => any::<(u16, u16)>().prop_map(|(pick, task)| Act::Rerun(pick, task)),
        1 => any::<(u16, u16)>().prop_map(|(pick, place)| Act::Skip(pick, place)),
        1 => any::<(u16, u16)>().prop_map(|(pick, place)| Act::Jump(pick, place)),
        4 => Just(Act::Deliver),
        1 => Just(Act::DeliverAgain),
    ];
    prop::collection::vec(act, 0..60)
}

/// A run, and the message that was delivered last.
struct Chaos {
    run: Run,
    delivered: Option<(MessageId, Message)>,
}

impl Chaos {
    fn pick_task(&self, pick: u16, wanted: &dyn Fn(&Task) -> bool) -> Option<(ExecutionId, u32)> {
        let all = self.run.executions.values().map(|live| &live.execution);
        let found: Vec<(ExecutionId, u32)> = all
            .flat_map(|execution| execution.tasks().iter().map(move |task| (execution, task)))
            .filter(|(execution, task)| wanted(task) && !execution.plan.node(task.node).kind.holds_others())
            .map(|(execution, task)| (execution.id, task.ordinal))
            .collect();
        (!found.is_empty()).then(|| found[usize::from(pick) % found.len()])
    }

    fn pick(&self, pick: u16) -> ExecutionId {
        let ids: Vec<ExecutionId> = self.run.executions.keys().copied().collect();
        ids[usize::from(pick) % ids.len()]
    }

    /// The reference of some node.
    fn place(&self, pick: u16, place: u16) -> String {
        let plan = &self.run.execution(self.pick(pick)).plan;
        let nodes: Vec<String> = plan.nodes().map(|(_, node)| node.reference.to_string()).collect();
        nodes[usize::from(place) % nodes.len()].clone()
    }

    fn send(&mut self, found: Option<(ExecutionId, u32)>, content: TaskResult) {
        if let Some((id, task)) = found {
            let result = TaskResult { task, ..content };
            self.run.apply(id, Command::Complete(Box::new(result))).expect("a result is never refused");
        }
    }

    /// A command that may be refused; the driver checks that a refusal changes nothing.
    fn attempt(&mut self, pick: u16, command: Command) {
        let id = self.pick(pick);
        let _ = self.run.apply(id, command);
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Claim(pick) => {
                let is_ready = |task: &Task| task.status == TaskStatus::Scheduled;
                if let Some((id, task)) = self.pick_task(pick, &is_ready) {
                    let _ = self.run.apply(id, Command::Claim { task, worker: None, lease_ms: Some(9_000) });
                }
            }
            Act::Finish(pick, status) => {
                let found = self.pick_task(pick, &|task| !task.is_terminal());
                self.send(found, result(status, json!({"n": pick})));
            }
            Act::Defer(pick, after) => {
                let found = self.pick_task(pick, &|task| !task.is_terminal() && task.queue.is_some());
                let later = TaskResult {
                    callback_after_ms: i64::from(after) * 1000,
                    ..result(TaskStatus::InProgress, json!({"n": pick}))
                };
                self.send(found, later);
            }
            Act::Update(pick) => {
                let found = self.pick_task(pick, &|task| !task.is_terminal() && task.queue.is_none());
                self.send(found, result(TaskStatus::InProgress, json!({"n": pick})));
            }
            Act::Late(pick) => {
                let found = self.pick_task(pick, &Task::is_terminal);
                self.send(found, result(TaskStatus::Completed, json!({"late": pick})));
            }
            Act::Pass(seconds) => self.run.now = self.run.now.plus_seconds(i64::from(seconds)),
            Act::Wake(pick) => self.attempt(pick, Command::Wake),
            Act::Pause(pick) => self.attempt(pick, Command::Pause),
            Act::Resume(pick) => self.attempt(pick, Command::Resume),
            Act::Terminate(pick) => {
                let reason = "stop".into();
                self.attempt(pick, Command::Terminate { reason, compensate: Compensate::No });
            }
            Act::Retry(pick) => self.attempt(pick, Command::Retry),
            Act::Restart(pick) => self.attempt(pick, Command::Restart(Box::default())),
            Act::Rerun(pick, task) => {
                let count = self.run.execution(self.pick(pick)).tasks().len().max(1);
                let task = u32::try_from(usize::from(task) % count + 1).expect("few attempts");
                self.attempt(pick, Command::Rerun { task, input: None });
            }
            Act::Skip(pick, place) => {
                let skip = Skip { reference: self.place(pick, place), ..Skip::default() };
                self.attempt(pick, Command::Skip(Box::new(skip)));
            }
            Act::Jump(pick, place) => {
                let reference = self.place(pick, place);
                self.attempt(pick, Command::Jump { reference, input: None });
            }
            Act::Deliver => {
                if let Some((id, message)) = self.run.messages.pop_front() {
                    self.delivered = Some((id, message.clone()));
                    self.run.deliver_one(id, message);
                }
            }
            Act::DeliverAgain => {
                if let Some((id, message)) = self.delivered.clone() {
                    self.run.deliver_one(id, message);
                }
            }
        }
    }
}

pub(crate) fn run_of(shapes: &[Shape], loose_joins: bool, transitions_max: u32) -> Run {
    let mut run = Run::new();
    run.limits.transitions_max = transitions_max;
    run.task_def(json!({
        "name": "work", "retryDelaySeconds": 2, "timeoutSeconds": 40, "responseTimeoutSeconds": 30,
        "pollTimeoutSeconds": 60, "timeoutPolicy": "RETRY",
    }));
    run.define(definition(shapes, loose_joins));
    run
}

/// Delivers, resumes and completes everything until all executions are over.
pub(crate) fn end_all(run: &mut Run) {
    run.holds_messages = false;
    run.deliver();
    let is_paused = |run: &Run, id: &ExecutionId| run.status(*id) == ExecutionStatus::Paused;
    while let Some(id) = run.executions.keys().copied().find(|id| is_paused(run, id)) {
        run.resume(id);
    }
    run.work_off();
}

/// What was reached of an execution, however often. What a scope that deals with failures skips is left out.
pub(crate) fn places(run: &Run, id: ExecutionId) -> BTreeSet<String> {
    let execution = run.execution(id);
    let name = |task: &Task| task.frame.name(&execution.plan.node(task.node).reference);
    let is_sure = |task: &&Task| {
        let mut at = task.node;
        execution.plan.scopes_around(task.node).all(|around| {
            let (inner, scope) = (execution.plan.node(at), execution.plan.node(around));
            at = around;
            let tolerates = scope.kind.may_tolerate() && scope.tolerates_failure();
            !tolerates && matches!(inner.section, None | Some(Section::Finally))
        })
    };
    execution.tasks().iter().filter(is_sure).map(name).collect()
}

/// The names of all attempts, by execution.
fn attempts(run: &Run) -> Vec<Vec<String>> {
    let names = run.executions.keys().map(|id| {
        let mut names: Vec<String> = run.trace(*id).split(' ').map(str::to_owned).collect();
        names.sort_unstable();
        names
    });
    let mut all: Vec<Vec<String>> = names.collect();
    all.sort_unstable();
    all
}

/// So many cases, or as many as `PROPTEST_CASES` says.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let wished = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let cases = wished.unwrap_or(cases);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(120))]

    #[test]
    fn all_ends_well_when_all_workers_succeed(
        shapes in shapes(Temper::Calm),
        transitions_max in prop_oneof![Just(1u32), 2..9u32, Just(1000)],
        picks in prop::collection::vec(any::<u16>(), 0..30),
    ) {
        let mut plain = run_of(&shapes, false, 1000);
        let first = plain.start("wf", json!({}));
        plain.work_off();
        let mut run = run_of(&shapes, false, transitions_max);
        run.start("wf", json!({}));
        let mut chaos = Chaos { run, delivered: None };
        for (turn, pick) in picks.into_iter().enumerate() {
            // What a record left is taken up only now and then.
            let act = if turn % 3 == 2 { Act::Wake(pick) } else { Act::Finish(pick, TaskStatus::Completed) };
            chaos.act(act);
        }
        chaos.run.work_off();
        for run in [&plain, &chaos.run] {
            for (id, live) in &run.executions {
                prop_assert_eq!(live.execution.status, ExecutionStatus::Completed, "{}", run.trace(*id));
            }
        }
        prop_assert_eq!(attempts(&chaos.run), attempts(&plain), "as in one go: {}", plain.trace(first));
    }

    #[test]
    fn invariants_hold_after_every_command(
        shapes in shapes(Temper::Wild),
        loose_joins in any::<bool>(),
        transitions_max in prop_oneof![Just(1u32), 2..9u32, Just(1000)],
        acts in acts(),
    ) {
        let mut run = run_of(&shapes, loose_joins, transitions_max);
        run.holds_messages = true;
        run.start("wf", json!({}));
        let mut chaos = Chaos { run, delivered: None };
        let mut was_moved = false;
        for act in acts {
            // Reruns of what was skipped have tables of their own.
            was_moved |= matches!(act, Act::Skip(..) | Act::Jump(..));
            if !was_moved || !matches!(act, Act::Rerun(..)) {
                chaos.act(act);
            }
        }
        end_all(&mut chaos.run);
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn retries_come_to_the_end_that_there_was_to_come_to(
        shapes in shapes(Temper::Calm),
        transitions_max in prop_oneof![Just(1u32), 2..9u32, Just(1000)],
        acts in acts(),
    ) {
        let mut plain = run_of(&shapes, false, 1000);
        let first = plain.start("wf", json!({}));
        plain.work_off();
        let mut run = run_of(&shapes, false, transitions_max);
        run.holds_messages = true;
        let id = run.start("wf", json!({}));
        let mut chaos = Chaos { run, delivered: None };
        // What is skipped need not be reached.
        for act in acts.into_iter().filter(|act| !matches!(act, Act::Skip(..) | Act::Jump(..))) {
            chaos.act(act);
        }
        let mut run = chaos.run;
        end_all(&mut run);
        for _ in 0..20 {
            if run.status(id) == ExecutionStatus::Completed {
                break;
            }
            run.retry(id);
            end_all(&mut run);
        }
        prop_assert_eq!(run.status(id), ExecutionStatus::Completed, "{}", run.trace(id));
        prop_assert_eq!(places(&run, id), places(&plain, first), "{}", run.trace(id));
    }
}
