//! The answer of an evaluator. Scripts never run inside a decision: an attempt that depends on one asks for it
//! (`EvaluationAsked`) and goes on when the answer comes as a command, so a replay never evaluates. An answer that nobody
//! waits for any more is ignored.

use super::turn::Turn;
use super::{Answer, EvaluationError, Outcome};
use crate::plan::Kind;
use crate::status::TaskStatus;

pub(super) fn decide(turn: &mut Turn<'_>, ordinal: u32, round: u32, answer: Answer) -> Outcome {
    let waits = |task: &&crate::execution::Task| task.asked_at.is_some() && task.iteration == round;
    let Some(task) = turn.exec.task(ordinal).filter(waits).cloned() else { return Outcome::Ignored };
    let plan = turn.plan.clone();
    match &plan.node(task.node).kind {
        Kind::Compute(dialect) => super::compute::finish(turn, ordinal, *dialect, answer),
        Kind::Switch(switch) => super::switch::answered(turn, &task, switch, answer),
        Kind::DoWhile(each) => super::do_while::answered(turn, &task, each, answer),
        _ => return Outcome::Ignored,
    }
    Outcome::Applied
}

impl EvaluationError {
    /// How an attempt ends that has no value: another attempt may help where only the time was short.
    pub(super) fn status(&self) -> TaskStatus {
        match self {
            Self::TimedOut { .. } => TaskStatus::Failed,
            Self::Failed(_) | Self::OutOfMemory | Self::Unavailable(_) => TaskStatus::FailedWithTerminalError,
        }
    }
}
