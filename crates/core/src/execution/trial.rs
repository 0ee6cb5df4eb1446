//! Where a TRY_CATCH stands, and which failures are nobody's concern any more.

use serde::{Deserialize, Serialize};

use super::{Execution, Task};
use crate::event::Section;
use crate::status::TaskStatus;

/// Where a TRY_CATCH stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The part that it is in.
    pub section: Section,
    /// Ordinal of the attempt whose failure ended the first part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<u32>,
    /// That failure was caught.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_caught: bool,
    /// Ordinal of the attempt with which the TRY_CATCH fails when its last part is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<u32>,
}

impl Trial {
    /// Begins a part.
    pub(super) fn begin(&mut self, section: Section, failed: Option<u32>) {
        self.section = section;
        match section {
            Section::Try => *self = Self::default(),
            Section::Catch => *self = Self { section, error: failed, is_caught: true, pending: None },
            Section::Finally => {
                self.pending = failed;
                if !self.is_caught {
                    self.error = failed;
                }
            }
        }
    }
}

/// Why a failure is nobody's concern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excuse {
    /// A TRY_CATCH caught it.
    Caught,
    /// A scope around it was optional.
    Tolerated,
}

impl Execution {
    /// Whether something around an attempt has dealt with its failure: a TRY_CATCH that caught it, or a scope that is
    /// optional and ended with it.
    pub(crate) fn is_excused(&self, task: &Task) -> bool {
        self.is_excused_but(task, &|_, _| false)
    }

    /// The same, without the excuses that `lapses` says of some scopes.
    pub(crate) fn is_excused_but(&self, task: &Task, lapses: &dyn Fn(&Task, Excuse) -> bool) -> bool {
        let mut at = task.node;
        while let Some(around) = self.plan.node(at).enclosing_scope {
            let (scope, section) = (self.plan.node(around), self.plan.node(at).section);
            let holder = self.latest(around, &task.frame.outer(scope.depth));
            if let Some(holder) = holder {
                let is_caught = section == Some(Section::Try) && holder.trial.is_caught;
                let is_tolerated =
                    scope.kind.may_tolerate() && holder.status == TaskStatus::CompletedWithErrors;
                if is_caught && !lapses(holder, Excuse::Caught)
                    || is_tolerated && !lapses(holder, Excuse::Tolerated)
                {
                    return true;
                }
            }
            at = around;
        }
        false
    }
}
