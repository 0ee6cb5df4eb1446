//! Schedules as the catalog keeps them.
//!
//! A firing is an execution. At each time of a schedule every node asks to start a tiny native definition, `schedule:<name>`,
//! whose one task starts what the schedule names, under the time itself as its start key. That key is unique, so however
//! many nodes ask, and however often one asks again after a crash, each time is started exactly once; retries, audit, search
//! and the record of what fired and what failed are those of executions. Nothing here is decided by races, so the
//! simulation has no part in it: it checks start keys and messages, which is all that this rests on.

mod firing;

use std::sync::Arc;

use segue_core::calendar::Timetable;
use segue_core::definition::Schedule;
use segue_core::json::Json;
use segue_core::time::Timestamp;
use segue_store::contract::{CatalogEntry, Shelf};
use serde::{Deserialize, Serialize};

pub use firing::{Firing, FiringState, firing_definition};
pub(crate) use firing::{Occasion, TIMED, start};

/// A registered schedule.
#[derive(Debug, Clone)]
pub struct Scheduled {
    /// As it was registered.
    pub schedule: Schedule,
    /// Times up to here are none of its own: it was registered, changed or resumed then.
    pub active_since: Timestamp,
    /// When it fires.
    pub timetable: Timetable,
}

/// The entry of a schedule in the catalog.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    #[serde(flatten)]
    schedule: Schedule,
    #[serde(default)]
    active_since: Timestamp,
}

impl Scheduled {
    /// Reads an entry of the catalog.
    pub(crate) fn read(text: &str) -> Result<Self, serde_json::Error> {
        let Kept { schedule, active_since } = serde_json::from_str(text)?;
        let timetable = Timetable::of(&schedule).map_err(|found| {
            serde::de::Error::custom(found.first().map_or("", |violation| violation.message.as_str()))
        })?;
        Ok(Self { schedule, active_since, timetable })
    }

    /// The next time after an instant at which it fires, unless it is paused.
    pub fn next_run(&self, after: Timestamp) -> Option<Timestamp> {
        if self.schedule.paused {
            return None;
        }
        self.timetable.next(after.max(self.active_since)).map(|due| due.at)
    }
}

/// The entry of a schedule.
pub(crate) fn entry(schedule: Schedule, active_since: Timestamp) -> CatalogEntry {
    let name: Arc<str> = schedule.name.as_str().into();
    CatalogEntry { kind: Shelf::Schedule, name, version: 0, body: json(&Kept { schedule, active_since }) }
}

/// Whether all schedules are paused at once, and since when that is so or not. It is kept on the shelf of schedules under the name that
/// no schedule can have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Halt {
    /// True: none fires.
    pub paused: bool,
    /// Since when.
    pub since: Timestamp,
}

impl Halt {
    pub(crate) const NAME: &str = "";

    pub(crate) fn entry(&self) -> CatalogEntry {
        CatalogEntry { kind: Shelf::Schedule, name: Self::NAME.into(), version: 0, body: json(self) }
    }
}

/// Up to where the times of a schedule have fired, for one that catches up. The executions tell that too, but may have been
/// deleted; so now and then it is written down under the schedule's name behind a character that no name has.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mark {
    pub(crate) fired_until: Timestamp,
}

impl Mark {
    const SIGN: char = '\u{1f}';

    /// The name of the entry for a schedule.
    pub(crate) fn name(schedule: &str) -> Arc<str> {
        format!("{}{schedule}", Self::SIGN).into()
    }

    /// The schedule that an entry's name is for, if it is one of a mark.
    pub(crate) fn schedule(entry: &str) -> Option<&str> {
        entry.strip_prefix(Self::SIGN)
    }

    pub(crate) fn entry(&self, schedule: &str) -> CatalogEntry {
        CatalogEntry { kind: Shelf::Schedule, name: Self::name(schedule), version: 0, body: json(self) }
    }
}

fn json<T: Serialize>(value: &T) -> Json {
    serde_json::to_value(value).map(|value| Json::of(&value)).unwrap_or_default()
}
