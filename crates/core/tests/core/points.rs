//! Whatever is done to an execution at whatever point of its run, it can still come to its end. [`crate::check`] holds
//! the invariants after each command.

use proptest::prelude::*;
use segue_core::decide::{Command, Compensate};
use segue_core::id::ExecutionId;
use segue_core::status::{ExecutionStatus, TaskStatus};
use serde_json::json;

use crate::properties::{config, end_all, places, run_of};
use crate::run::Run;
use crate::shapes::{Temper, shapes};

/// What was done to a run must not keep it from its end.
fn ends(mut run: Run, what: &str, id: ExecutionId, plain: &Run) {
    end_all(&mut run);
    for _ in 0..20 {
        if run.status(id) == ExecutionStatus::Completed {
            break;
        }
        run.retry(id);
        end_all(&mut run);
    }
    assert_eq!(run.status(id), ExecutionStatus::Completed, "{what}: {}", run.trace(id));
    assert_eq!(places(&run, id), places(plain, id), "{what}: {}", run.trace(id));
}

/// Everything that can be done to an execution that is over.
fn all_ways_back(run: &Run, id: ExecutionId, plain: &Run) {
    let over: Vec<ExecutionId> =
        run.executions.keys().copied().filter(|id| run.status(*id).is_terminal()).collect();
    for of in over {
        let mut ways = vec![Command::Retry, Command::Restart(Box::default())];
        let tasks = run.execution(of).current_tasks();
        ways.extend(tasks.map(|task| Command::Rerun { task: task.ordinal, input: None }));
        for way in ways {
            let mut run = run.clone();
            let what = format!("{way:?} of {of} at {}", run.trace(id));
            if run.apply(of, way).is_ok() {
                ends(run, &what, id, plain);
            }
        }
    }
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn from_every_point_there_is_a_way_to_the_end(
        shapes in shapes(Temper::Calm),
        transitions_max in prop_oneof![1 => Just(2u32), 3 => Just(1000)],
        fails in any::<bool>(),
    ) {
        let mut plain = run_of(&shapes, false, 1000);
        let id = plain.start("wf", json!({}));
        plain.work_off();
        let mut run = run_of(&shapes, false, transitions_max);
        run.start("wf", json!({}));
        for _ in 0..12 {
            run.wake();
            let mut stopped = run.clone();
            match stopped.next_work().filter(|_| fails) {
                Some((of, task)) => {
                    let result = crate::run::result(TaskStatus::FailedWithTerminalError, json!({}));
                    let result = segue_core::decide::TaskResult { task, ..result };
                    stopped.apply(of, Command::Complete(Box::new(result))).expect("never refused");
                }
                None => {
                    let reason = "stop".into();
                    let _ = stopped.apply(id, Command::Terminate { reason, compensate: Compensate::No });
                }
            }
            all_ways_back(&stopped, id, &plain);
            if run.status(id).is_terminal() {
                break;
            }
            run.step();
        }
    }
}
