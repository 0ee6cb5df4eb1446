//! Restart: an execution that is over runs again from its beginning, under its id. What it did before is hidden;
//! variables stay.

use std::sync::Arc;

use super::start::with_template;
use super::turn::Turn;
use super::{Outcome, Refusal};
use crate::event::{Event, ExecutionStarted, Frame, Step};
use crate::json::Json;
use crate::plan::Plan;
use crate::status::ExecutionStatus;

/// How an execution is to run again.
#[derive(Debug, Clone, Default)]
pub struct Restart {
    /// By this plan; absent: by its own.
    pub plan: Option<Arc<Plan>>,
    /// In place of its input.
    pub input: Option<Json>,
    /// In place of its correlation id.
    pub correlation_id: Option<Arc<str>>,
    /// What the caller calls it.
    pub kind: RestartKind,
}

/// Conductor knows two calls that begin anew; only one of them respects `restartable`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum RestartKind {
    #[default]
    Restart,
    Rerun,
}

pub(super) fn decide(turn: &mut Turn<'_>, restart: Restart) -> Result<Outcome, Refusal> {
    let status = turn.exec.status;
    let verb = match restart.kind {
        RestartKind::Restart => "restart",
        RestartKind::Rerun => "rerun",
    };
    if !status.is_terminal() {
        return Err(Refusal::NotEnded(status, verb));
    }
    let is_final = status == ExecutionStatus::Completed && !turn.plan.definition.restartable;
    if is_final && restart.kind == RestartKind::Restart {
        return Err(Refusal::NotRestartable);
    }
    // Without what the execution added to it.
    let plan = restart.plan.unwrap_or_else(|| turn.exec.pinned.clone());
    let former = &turn.exec.started;
    let started = ExecutionStarted {
        version: u32::try_from(plan.definition.version).unwrap_or(0),
        blueprint: plan.hash,
        input: match restart.input {
            Some(input) => with_template(input, &plan.definition),
            None => former.input.clone(),
        },
        correlation_id: restart.correlation_id.or_else(|| former.correlation_id.clone()),
        ..ExecutionStarted::clone(former)
    };
    turn.exec.know(plan.clone());
    turn.pinned.push(plan.clone());
    turn.plan = plan.clone();
    turn.emit(Event::Restarted(Box::new(started)));
    match plan.first {
        Some(first) => turn.visit_next(first, &Frame::default()),
        None => turn.settle(Step::Settle { frame: Frame::default(), reference: None }),
    }
    super::retry::tell_parent(turn, true);
    Ok(Outcome::Applied)
}
