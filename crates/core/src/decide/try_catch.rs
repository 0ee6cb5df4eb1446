//! TRY_CATCH: a sequence, what to do when it fails, and what to do in any case. Its parts run one after the other, so
//! what is open in it belongs to the present one.
//!
//! | in | nothing is open any more | something fails |
//! |---|---|---|
//! | try | finally, or completed | catch if it matches, else finally and then the failure goes outwards |
//! | catch | finally, or completed | finally, then the failure goes outwards |
//! | finally | completed, or the failure goes outwards | it goes outwards |

use serde_json::Value;

use super::end::{Ending, end_task};
use super::turn::Turn;
use crate::event::{Event, Frame, Section};
use crate::execution::Task;
use crate::plan::{NodeIndex, TryCatch};

pub(super) fn visit(turn: &mut Turn<'_>, node: NodeIndex, frame: &Frame, tried: &TryCatch) {
    let ordinal = turn.schedule(node, frame, |_| {});
    if turn.flaw.is_some() {
        return;
    }
    let Some(task) = turn.exec.task(ordinal).cloned() else { return };
    enter(turn, &task, tried.body);
}

/// Nothing is open in the present part.
pub(super) fn settle(turn: &mut Turn<'_>, task: &Task, tried: &TryCatch) {
    match (task.trial.section, tried.finally) {
        (Section::Try | Section::Catch, Some(_)) => begin(turn, task, tried, Section::Finally, None),
        _ => match task.trial.pending.and_then(|failed| turn.exec.task(failed)).cloned() {
            Some(failed) => super::failure::rethrow(turn, task, &failed),
            None => end_task(turn, task.ordinal, Ending::completed()),
        },
    }
}

/// Begins a part, because of a failure or without one.
pub(super) fn begin(
    turn: &mut Turn<'_>,
    task: &Task,
    tried: &TryCatch,
    section: Section,
    failed: Option<u32>,
) {
    turn.emit(Event::SectionStarted { task: task.ordinal, section, failed });
    enter(turn, task, tried.first_of(section));
}

fn enter(turn: &mut Turn<'_>, task: &Task, first: Option<NodeIndex>) {
    match first {
        Some(first) => turn.visit_next(first, &task.frame),
        None => turn.settle_scope(task, None),
    }
}

/// The part that follows the failure of an attempt; `None` if the failure goes outwards at once. `through` are the
/// scopes between the two that it ended.
pub(super) fn after_failure(
    turn: &Turn<'_>,
    holder: &Task,
    tried: &TryCatch,
    failed: &Task,
    through: &[Task],
) -> Option<Section> {
    match holder.trial.section {
        Section::Try if tried.catch.is_some() && catches(turn, holder, failed, through) => {
            Some(Section::Catch)
        }
        Section::Try | Section::Catch => Some(Section::Finally),
        Section::Finally => None,
    }
}

/// Without a list everything is caught.
fn catches(turn: &Turn<'_>, holder: &Task, failed: &Task, through: &[Task]) -> bool {
    let input = holder.input.object();
    let is_named = |name: &Value| {
        let name = name.as_str().unwrap_or_default();
        let mut tasks = std::iter::once(failed).chain(through);
        name == failed.status.as_str() || tasks.any(|task| *turn.node(task.node).reference == *name)
    };
    match input.get("catch") {
        None | Some(Value::Null) => true,
        Some(Value::Array(names)) => names.iter().any(is_named),
        Some(name) => is_named(name),
    }
}
