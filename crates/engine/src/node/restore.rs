//! Bringing an execution from its stored form to its state. The caller reads the store; nothing here does.

use std::collections::BTreeSet;
use std::sync::Arc;

use segue_core::execution::{Execution, Misfit, snapshot};
use segue_core::id::{BlueprintHash, ExecutionId, TaskId};
use segue_core::json::Json;
use segue_core::plan::{Plan, blueprint, compile};
use segue_core::record::Record;
use segue_core::time::Timestamp;
use segue_store::contract::Loaded;

use super::Loadable;
use crate::error::Error;

/// What a read of the store comes to.
pub enum Found {
    /// All that the node needs.
    Loadable(Loadable),
    /// A whole execution, which needs its plan to be folded.
    Stored(Box<Stored>),
}

/// An execution as it is stored.
pub struct Stored {
    id: ExecutionId,
    beginning: Beginning,
    tail: Vec<(u64, Record)>,
    extended: Vec<(TaskId, Timestamp)>,
}

enum Beginning {
    Snapshot(Box<snapshot::Snapshot>, u64),
    First,
}

impl Found {
    /// Reads the answer of the store to a load behind `after_seq`.
    ///
    /// # Errors
    /// [`Error::Quarantined`] if it is no execution.
    pub fn read(id: ExecutionId, after_seq: u64, loaded: Option<Loaded>) -> Result<Self, Error> {
        let Some(loaded) = loaded else { return Ok(Self::Loadable(Loadable::Missing)) };
        let Loaded { snapshot, tail, extended } = loaded;
        let beginning = match snapshot {
            Some(stored) => {
                let saved = serde_json::from_str(stored.body.text());
                Beginning::Snapshot(Box::new(saved.map_err(|error| quarantined(id, &error))?), stored.seq)
            }
            None if after_seq > 0 => return Ok(Self::Loadable(Loadable::Tail { records: tail, extended })),
            None if tail.first().and_then(|(_, first)| Execution::start_of(first)).is_some() => {
                Beginning::First
            }
            None => return Err(quarantined(id, &"its first record is no start")),
        };
        Ok(Self::Stored(Box::new(Stored { id, beginning, tail, extended })))
    }
}

impl Stored {
    /// The plan that it pins.
    pub fn blueprint(&self) -> Option<BlueprintHash> {
        match &self.beginning {
            Beginning::Snapshot(saved, _) => Some(saved.started.blueprint),
            Beginning::First => self
                .tail
                .first()
                .and_then(|(_, first)| Execution::start_of(first))
                .map(|start| start.blueprint),
        }
    }

    /// The fragments that its plan was extended with; [`Stored::fold`] needs their plans.
    pub fn fragments(&self) -> Vec<BlueprintHash> {
        let saved = match &self.beginning {
            Beginning::Snapshot(saved, _) => saved.fragments().collect(),
            Beginning::First => Vec::new(),
        };
        let later = self.tail.iter().flat_map(|(_, record)| Execution::fragments_of(record));
        let all: BTreeSet<BlueprintHash> = saved.into_iter().chain(later).collect();
        all.into_iter().collect()
    }

    /// Folds it, with its plan and those of its fragments.
    ///
    /// # Errors
    /// [`Error::Quarantined`] if a record does not fit.
    pub fn fold(self, plan: Arc<Plan>, fragments: Vec<Arc<Plan>>) -> Result<Loadable, Error> {
        let id = self.id;
        let misfit = |misfit: Misfit| quarantined(id, &misfit);
        let (mut execution, mut seq) = match self.beginning {
            Beginning::Snapshot(saved, seq) => {
                (saved.restore(id, plan, fragments.clone()).map_err(misfit)?, seq)
            }
            Beginning::First => {
                let first = self.tail.first().map(|(_, first)| first);
                let started = first.and_then(|first| Some((Execution::start_of(first)?, first.at)));
                let (started, at) = started.ok_or_else(|| quarantined(id, &"it has no first record"))?;
                (Execution::new(id, plan, Arc::new(started.clone()), at), 0)
            }
        };
        fragments.into_iter().for_each(|fragment| execution.offer(fragment));
        let tail = self.tail.len() as u64;
        for (next, record) in self.tail {
            execution.fold_record(&record).map_err(misfit)?;
            seq = next;
        }
        Ok(Loadable::Whole { execution: Box::new(execution), seq, tail, extended: self.extended })
    }
}

/// The plan of a stored blueprint, for the execution that pins it.
///
/// # Errors
/// [`Error::Quarantined`] if this release cannot read it.
pub fn pinned_plan(id: ExecutionId, hash: BlueprintHash, body: Option<Json>) -> Result<Plan, Error> {
    let body = body.ok_or_else(|| quarantined(id, &format!("its blueprint {hash} is missing")))?;
    let stored = serde_json::from_str(body.text()).map_err(|error| quarantined(id, &error))?;
    let mut plan = compile(blueprint(&stored, &|_| None))
        .map_err(|violations| quarantined(id, &Error::InvalidDefinition(violations)))?;
    // A later release may write the same definition with more fields; it stays what it was pinned as.
    plan.hash = hash;
    plan.body = body;
    Ok(plan)
}

fn quarantined(execution: ExecutionId, reason: &impl ToString) -> Error {
    Error::Quarantined { execution, reason: reason.to_string() }
}
