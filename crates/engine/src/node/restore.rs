//! Bringing an execution from its stored form to its state. The caller reads the store; nothing here does.

use std::collections::HashSet;
use std::sync::Arc;

use segue_core::event::Event;
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
    /// The plans that it pins: first the one that it begins with, then those that took its place or extended it.
    pub fn blueprints(&self) -> Vec<BlueprintHash> {
        let first: Vec<BlueprintHash> = match &self.beginning {
            Beginning::Snapshot(saved, _) => {
                std::iter::once(saved.started.blueprint).chain(saved.fragments()).collect()
            }
            Beginning::First => Vec::new(),
        };
        let events = self.tail.iter().flat_map(|(_, record)| &record.events);
        let named = events.filter_map(|event| match event {
            Event::ExecutionStarted(started) | Event::Restarted(started) => Some(started.blueprint),
            Event::PlanReplaced(replaced) => Some(replaced.started.blueprint),
            Event::PlanExtended { fragment, .. } => Some(*fragment),
            _ => None,
        });
        let mut seen = HashSet::new();
        first.into_iter().chain(named).filter(|hash| seen.insert(*hash)).collect()
    }

    /// Folds it, with the plans of [`Stored::blueprints`] in their order.
    ///
    /// # Errors
    /// [`Error::Quarantined`] if a record does not fit.
    pub fn fold(self, plans: Vec<Arc<Plan>>) -> Result<Loadable, Error> {
        let id = self.id;
        let plan = plans.first().cloned().ok_or(Error::NoSuchExecution(id))?;
        let misfit = |misfit: Misfit| quarantined(id, &misfit);
        let (mut execution, mut seq) = match self.beginning {
            Beginning::Snapshot(saved, seq) => (saved.restore(id, plan, &plans).map_err(misfit)?, seq),
            Beginning::First => {
                let first = self.tail.first().map(|(_, first)| first);
                let started = first.and_then(|first| Some((Execution::start_of(first)?, first.at)));
                let (started, at) = started.ok_or_else(|| quarantined(id, &"it has no first record"))?;
                (Execution::new(id, plan, Arc::new(started.clone()), at), 0)
            }
        };
        plans.into_iter().for_each(|plan| execution.know(plan));
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
