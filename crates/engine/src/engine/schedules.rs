//! Schedules: registering, pausing, firing.

use std::sync::Arc;

use segue_core::calendar::Due;
use segue_core::definition::{Schedule, validate_schedule};
use segue_core::id::ExecutionId;
use segue_core::time::Timestamp;
use segue_store::contract::{Comparison, Direction, Field, Filter, Operand, Overwrite, SearchRequest, Shelf};

use super::Engine;
use crate::error::Error;
use crate::node::Started;
use crate::schedule::{Firing, Halt, Mark, Occasion, Scheduled, TIMED, entry, firing_definition, start};

impl Engine {
    /// Registers a schedule, or changes the one with its name. It fires at its times from now on; times of before the change
    /// stay what they were if the change leaves them alone.
    ///
    /// # Errors
    /// [`Error::InvalidDefinition`] with all that is wrong, or the store's.
    pub async fn put_schedule(&self, mut schedule: Schedule) -> Result<Arc<Scheduled>, Error> {
        let violations = validate_schedule(&schedule);
        if !violations.is_empty() {
            return Err(Error::InvalidDefinition(violations));
        }
        let now = self.now();
        let mut active_since = now;
        schedule.create_time = now.0;
        schedule.updated_time = now.0;
        if let Some(earlier) = self.fresh_catalog().await?.schedule(&schedule.name) {
            schedule.create_time = earlier.schedule.create_time;
            schedule.created_by = earlier.schedule.created_by.clone().or(schedule.created_by);
            let goes_on = earlier.schedule.has_times_of(&schedule);
            if goes_on && !is_resumed_anew(&earlier.schedule, &schedule) {
                active_since = earlier.active_since;
            }
        }
        if !schedule.paused {
            schedule.paused_reason = None;
        }
        self.keep_schedule(schedule, active_since).await
    }

    /// A schedule by its name.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`], or the store's.
    pub async fn schedule(&self, name: &str) -> Result<Arc<Scheduled>, Error> {
        let found = self.fresh_catalog().await?.schedule(name);
        found.ok_or_else(|| Error::NoSuchSchedule(name.to_owned()))
    }

    /// Deletes a schedule; false if there was none. What it started goes on.
    ///
    /// # Errors
    /// The store's.
    pub async fn delete_schedule(&self, name: &str) -> Result<bool, Error> {
        if name == Halt::NAME || Mark::schedule(name).is_some() {
            return Ok(false);
        }
        self.delete(Shelf::Schedule, &Mark::name(name), 0).await?;
        self.delete(Shelf::Schedule, name, 0).await
    }

    /// Keeps a schedule from firing until it is resumed.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`], or the store's.
    pub async fn pause_schedule(&self, name: &str, reason: Option<String>) -> Result<(), Error> {
        let found = self.schedule(name).await?;
        let paused = Schedule { paused: true, paused_reason: reason, ..found.schedule.clone() };
        self.change_schedule(paused, found.active_since).await
    }

    /// Lets a schedule fire again. Times that passed meanwhile are made up for if the schedule catches up, else not.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`], [`Error::ScheduleNotPaused`], or the store's.
    pub async fn resume_schedule(&self, name: &str) -> Result<(), Error> {
        let found = self.schedule(name).await?;
        if !found.schedule.paused {
            return Err(Error::ScheduleNotPaused(name.to_owned()));
        }
        let resumed = Schedule { paused: false, paused_reason: None, ..found.schedule.clone() };
        let since = if is_resumed_anew(&found.schedule, &resumed) { self.now() } else { found.active_since };
        self.change_schedule(resumed, since).await
    }

    async fn change_schedule(&self, mut schedule: Schedule, active_since: Timestamp) -> Result<(), Error> {
        schedule.updated_time = self.now().0;
        self.keep_schedule(schedule, active_since).await.map(drop)
    }

    async fn keep_schedule(
        &self,
        schedule: Schedule,
        active_since: Timestamp,
    ) -> Result<Arc<Scheduled>, Error> {
        let entry = entry(schedule, active_since);
        let name = entry.name.clone();
        self.put(vec![entry], Overwrite::Allowed).await?;
        self.catalog().schedule(&name).ok_or_else(|| Error::NoSuchSchedule(name.to_string()))
    }

    /// Keeps all schedules from firing, on all nodes, or lets them fire again.
    ///
    /// # Errors
    /// The store's.
    pub async fn halt_schedules(&self, paused: bool) -> Result<(), Error> {
        let halt = self.fresh_catalog().await?.halt();
        if halt.paused == paused {
            return Ok(());
        }
        let halt = Halt { paused, since: self.now() };
        self.put(vec![halt.entry()], Overwrite::Allowed).await.map(drop)
    }

    /// Fires a schedule now, whatever its times say and paused or not. Returns the execution that is the firing.
    ///
    /// # Errors
    /// [`Error::NoSuchSchedule`], [`Error::Overloaded`], or the store's.
    pub async fn run_schedule(&self, name: &str) -> Result<ExecutionId, Error> {
        let found = self.schedule(name).await?;
        let due = Due { at: self.now(), cron: 0 };
        self.fire(&found.schedule, due, Occasion::Hand).await.map(|started| started.execution)
    }

    /// The record of a firing.
    ///
    /// # Errors
    /// As [`Engine::read`].
    pub async fn firing(&self, id: ExecutionId) -> Result<Firing, Error> {
        self.read(id, Firing::of).await
    }

    pub(crate) async fn fire(
        &self,
        schedule: &Schedule,
        due: Due,
        occasion: Occasion,
    ) -> Result<Started, Error> {
        let now = self.now();
        let id = ExecutionId::new(now.0, rand::random());
        let (definition, start) = start(schedule, due, occasion, id, now);
        let plan = self.inner.catalog.plan_of(&definition).map_err(Error::InvalidDefinition)?;
        self.begin(plan, start, Some(id)).await
    }

    /// Writes down up to where a schedule has fired.
    pub(crate) async fn mark_fired(&self, name: &str, fired_until: Timestamp) -> Result<(), Error> {
        self.put(vec![Mark { fired_until }.entry(name)], Overwrite::Allowed).await.map(drop)
    }

    /// The last of a schedule's times that fired, as its executions tell.
    pub(crate) async fn last_fired(&self, name: &str) -> Result<Option<Timestamp>, Error> {
        let equals = |field, operand| Filter::Compare(field, Comparison::Equal, operand);
        let request = SearchRequest {
            filter: Filter::All(vec![
                equals(Field::Name, Operand::Text(firing_definition(name).into())),
                equals(Field::Version, Operand::Number(TIMED.into())),
            ]),
            order: vec![(Field::StartedAt, Direction::Descending)],
            offset: 0,
            count_max: 1,
        };
        let Some(row) = self.search(request).await?.page.rows.into_iter().next() else { return Ok(None) };
        let firing = self.firing(row.id).await;
        Ok(Some(firing.map_or(row.started_at, |firing| Timestamp(firing.scheduled_time))))
    }
}

/// Whether the pause ends here and the times in it are none any more.
fn is_resumed_anew(earlier: &Schedule, later: &Schedule) -> bool {
    earlier.paused && !later.paused && !later.run_catchup_schedule_instances
}
