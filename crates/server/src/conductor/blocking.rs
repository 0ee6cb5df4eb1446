//! What an execution stands at: the first open WAIT or YIELD, depth first into its children.

use std::time::Duration;

use segue_core::execution::{Execution, Task};
use segue_core::id::{ExecutionId, TaskId};
use segue_core::plan::Kind;
use tokio::time::Instant;

use crate::app::App;
use crate::error::Problem;

/// Executions that are looked at for one answer, at most.
const LOOKS_MAX: usize = 1000;
/// Between two looks at an execution that has no news.
const PAUSE_MIN: Duration = Duration::from_millis(20);
/// The pauses grow up to this one.
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// Which waits count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    /// All of them.
    All,
    /// Those that only a signal ends.
    Untimed,
}

/// The first open WAIT of an execution or, below it, of its children.
pub(super) async fn find(app: &App, id: ExecutionId, waits: Waits) -> Result<Option<TaskId>, Problem> {
    let mut stack = vec![id];
    for _ in 0..LOOKS_MAX {
        let Some(next) = stack.pop() else { return Ok(None) };
        let (wait, mut children) = match app.engine.read(next, move |execution| look(execution, waits)).await
        {
            Ok(seen) => seen,
            // A child may not have begun, or may be gone.
            Err(_) if next != id => continue,
            Err(error) => return Err(error.into()),
        };
        if wait.is_some() {
            return Ok(wait);
        }
        children.reverse();
        stack.append(&mut children);
    }
    Ok(None)
}

fn look(execution: &Execution, waits: Waits) -> (Option<TaskId>, Vec<ExecutionId>) {
    let open = || execution.tasks().iter().filter(|task| !task.is_terminal());
    let counts = |task: &&Task| {
        let is_wait = matches!(execution.plan.node(task.node).kind, Kind::Wait | Kind::Yield);
        is_wait && (waits == Waits::All || task.due_at.is_none())
    };
    let wait = open().find(counts).map(|task| execution.id.task(task.ordinal));
    (wait, open().filter_map(|task| task.child).collect())
}

/// What a caller waits for.
pub(super) struct Awaited {
    /// References of which one has to end.
    pub(super) references: Vec<String>,
    /// How long.
    pub(super) patience: Duration,
}

/// Waits until the execution is over, stands at a wait that only a signal ends, or has ended one of the
/// references. False if it took too long.
pub(super) async fn news(app: &App, id: ExecutionId, awaited: &Awaited) -> Result<bool, Problem> {
    let deadline = Instant::now() + awaited.patience;
    let mut pause = PAUSE_MIN;
    loop {
        let references = awaited.references.clone();
        if app.engine.read(id, move |execution| has_ended(execution, &references)).await?
            || find(app, id, Waits::Untimed).await?.is_some()
        {
            return Ok(true);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || *app.stopping.borrow() {
            return Ok(false);
        }
        app.engine.wait(id, left.min(pause)).await?;
        pause = (pause * 3 / 2).min(PAUSE_MAX);
    }
}

fn has_ended(execution: &Execution, references: &[String]) -> bool {
    let is_over = |reference: &String| execution.newest(reference).is_some_and(Task::is_terminal);
    execution.status.is_terminal() || references.iter().any(is_over)
}
