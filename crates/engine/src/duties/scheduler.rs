//! Fires schedules at their times ([`crate::schedule`] says why once is enough). For each it keeps how far it has come; a time that
//! passed is started in the background, one after the other for one schedule, so that a slow store or a long list of
//! missed times holds up nobody else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use segue_core::calendar::Due;
use segue_core::time::Timestamp;
use tokio::task::JoinSet;

use crate::cadence::TICK_MS_MAX;
use crate::engine::{Engine, Inner};
use crate::error::Error;
use crate::schedule::{Occasion, Scheduled};

/// Firings under way at once.
const FIRINGS_MAX: usize = 32;
/// A time that is late by more counts as missed: the machine slept, or the store could not be written.
const LATE_MS_MAX: i64 = 60_000;
/// Missed times of one schedule that are made up for in a row.
const MISSED_MAX: u32 = 1000;
/// Between two marks of how far a schedule has come, which count should its executions be deleted.
const MARK_MS: i64 = 86_400_000;
/// Before something that failed is tried again.
const RETRY_MS: i64 = 1000;
/// The duty looks around so often when it has nothing to do.
const IDLE: Duration = Duration::from_secs(60);

pub(crate) async fn run(inner: Arc<Inner>) {
    let engine = Engine { inner };
    let mut scheduler = Scheduler { opened_at: engine.now(), ..Scheduler::default() };
    loop {
        scheduler.take_over(&engine);
        scheduler.fire(&engine);
        let pause = scheduler.pause(engine.now());
        tokio::select! {
            Some(done) = scheduler.steps.join_next() => match done {
                Ok(done) => scheduler.settle(&engine, done),
                Err(error) => {
                    tracing::error!(%error, "a schedule could not be looked after; all are looked at anew");
                    scheduler.cursors.clear();
                    scheduler.seen = None;
                }
            },
            () = engine.inner.catalog.changed() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

#[derive(Default)]
struct Scheduler {
    /// Times of before are missed, for a schedule that does not catch up.
    opened_at: Timestamp,
    /// The catalog's revision that the cursors are made of.
    seen: Option<u64>,
    cursors: BTreeMap<Arc<str>, Cursor>,
    steps: JoinSet<Done>,
}

/// How far one schedule has come.
struct Cursor {
    scheduled: Arc<Scheduled>,
    next: Option<Due>,
    stage: Stage,
    /// Missed times that may still be made up for, and when they were found missing.
    missed: Option<(u32, Timestamp)>,
    not_before: Timestamp,
    /// What was written down last of how far it has come.
    marked: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// What fired last is to be found.
    Unknown,
    /// The next time is waited for.
    Ready,
    /// A step is under way.
    Busy,
}

/// The outcome of a step.
struct Done {
    scheduled: Arc<Scheduled>,
    step: Step,
}

enum Step {
    Found(Result<Option<Timestamp>, Error>),
    Fired(Due, Result<(), Error>),
    Marked(Result<(), Error>),
}

impl Scheduler {
    /// Brings the cursors in step with the catalog.
    fn take_over(&mut self, engine: &Engine) {
        let catalog = &engine.inner.catalog;
        let revision = catalog.revision();
        if self.seen == Some(revision) {
            return;
        }
        self.seen = Some(revision);
        let halt = catalog.halt();
        let mut before = std::mem::take(&mut self.cursors);
        if halt.paused {
            return;
        }
        let floor = self.opened_at.max(halt.since);
        for scheduled in catalog.schedules() {
            if scheduled.schedule.paused {
                continue;
            }
            let name: Arc<str> = scheduled.schedule.name.as_str().into();
            let cursor = match before.remove(&name) {
                Some(cursor) if cursor.is_still(&scheduled) => Cursor { scheduled, ..cursor },
                _ => Cursor::new(scheduled, floor),
            };
            self.cursors.insert(name, cursor);
        }
    }

    /// Begins what is due, as far as there is room.
    fn fire(&mut self, engine: &Engine) {
        let now = engine.now();
        for cursor in self.cursors.values_mut() {
            if self.steps.len() >= FIRINGS_MAX {
                return;
            }
            cursor.pass_over_missed(now);
            let Some(due) = cursor.due(now) else { continue };
            let (engine, scheduled) = (engine.clone(), cursor.scheduled.clone());
            self.steps.spawn(async move {
                let step = match due {
                    None => Step::Found(engine.last_fired(&scheduled.schedule.name).await),
                    Some(due) => {
                        let fired = engine.fire(&scheduled.schedule, due, Occasion::Time).await;
                        Step::Fired(due, fired.map(drop))
                    }
                };
                Done { scheduled, step }
            });
            cursor.stage = Stage::Busy;
        }
    }

    /// Takes note of what came of a step.
    fn settle(&mut self, engine: &Engine, Done { scheduled, step }: Done) {
        let name = &*scheduled.schedule.name;
        let error = match &step {
            Step::Found(Err(error)) | Step::Fired(_, Err(error)) | Step::Marked(Err(error)) => {
                Some(error.clone())
            }
            _ => None,
        };
        if let Some(error) = error.as_ref().filter(|_| !engine.inner.is_stopping()) {
            tracing::warn!(schedule = name, %error, "a schedule could not fire");
        }
        // It may have been changed meanwhile, and its new cursor began anew.
        let Some(cursor) = self.cursors.get_mut(name).filter(|cursor| cursor.is_still(&scheduled)) else {
            return;
        };
        match step {
            Step::Found(Ok(last)) => {
                cursor.stage = Stage::Ready;
                let marked = engine.inner.catalog.fired_until(name);
                let last = last.unwrap_or_default().max(marked);
                cursor.go_on_after(last.max(cursor.scheduled.active_since));
            }
            Step::Fired(due, outcome) if outcome.as_ref().err().is_none_or(is_final) => {
                cursor.fired(due);
                self.mark(engine, &scheduled, due);
            }
            Step::Marked(_) => {}
            Step::Found(Err(_)) => cursor.try_again(Stage::Unknown, engine.now()),
            Step::Fired(..) => cursor.try_again(Stage::Ready, engine.now()),
        }
    }

    /// Writes down how far a schedule has come that would catch up otherwise, if that was long ago.
    fn mark(&mut self, engine: &Engine, scheduled: &Arc<Scheduled>, due: Due) {
        let schedule = &scheduled.schedule;
        let Some(cursor) = self.cursors.get_mut(&*schedule.name) else { return };
        let marked = engine.inner.catalog.fired_until(&schedule.name).max(cursor.marked);
        if !schedule.run_catchup_schedule_instances || due.at - marked < MARK_MS {
            return;
        }
        cursor.marked = due.at;
        let (engine, scheduled) = (engine.clone(), scheduled.clone());
        self.steps.spawn(async move {
            let marked = engine.mark_fired(&scheduled.schedule.name, due.at).await;
            Done { scheduled, step: Step::Marked(marked) }
        });
    }

    /// How long nothing will be due, unless something changes.
    fn pause(&self, now: Timestamp) -> Duration {
        let waits = self.cursors.values().filter_map(|cursor| match (cursor.stage, cursor.next) {
            (Stage::Busy, _) | (Stage::Ready, None) => None,
            (Stage::Ready, Some(due)) => Some(due.at.max(cursor.not_before)),
            (Stage::Unknown, _) => Some(cursor.not_before),
        });
        // The clock may be set, so no pause is long.
        let wait = |at: Timestamp| (at - now).clamp(1, TICK_MS_MAX).unsigned_abs();
        waits.min().map_or(IDLE, |at| Duration::from_millis(wait(at)))
    }
}

/// Errors that would be the same the next time.
fn is_final(error: &Error) -> bool {
    !matches!(error, Error::Store(_) | Error::Overloaded(_) | Error::Contended(_) | Error::ShuttingDown)
}

impl Cursor {
    fn new(scheduled: Arc<Scheduled>, floor: Timestamp) -> Self {
        let (catches_up, since) = (scheduled.schedule.run_catchup_schedule_instances, scheduled.active_since);
        let mut cursor = Self {
            scheduled,
            next: None,
            stage: if catches_up { Stage::Unknown } else { Stage::Ready },
            missed: None,
            not_before: Timestamp::default(),
            marked: since,
        };
        if !catches_up {
            cursor.go_on_after(floor.max(since));
        }
        cursor
    }

    /// Whether a schedule has the times that this cursor counts.
    fn is_still(&self, scheduled: &Scheduled) -> bool {
        self.scheduled.active_since == scheduled.active_since
            && self.scheduled.schedule.has_times_of(&scheduled.schedule)
    }

    fn go_on_after(&mut self, at: Timestamp) {
        self.next = self.scheduled.timetable.next(at);
    }

    /// A time is done with.
    fn fired(&mut self, due: Due) {
        self.stage = Stage::Ready;
        self.missed = self.missed.map(|(left, found)| (left.saturating_sub(1), found));
        self.go_on_after(due.at);
    }

    fn try_again(&mut self, stage: Stage, now: Timestamp) {
        self.stage = stage;
        self.not_before = now.plus_ms(RETRY_MS);
    }

    /// What is to be done now, if anything is: find out what fired last, or fire.
    fn due(&self, now: Timestamp) -> Option<Option<Due>> {
        if self.not_before > now {
            return None;
        }
        match self.stage {
            Stage::Unknown => Some(None),
            Stage::Ready => self.next.filter(|due| due.at <= now).map(Some),
            Stage::Busy => None,
        }
    }

    /// Leaves out times that were missed and are not made up for.
    fn pass_over_missed(&mut self, now: Timestamp) {
        let Some(due) = self.next.filter(|_| self.stage == Stage::Ready) else { return };
        let schedule = &self.scheduled.schedule;
        match self.missed {
            Some((_, found)) if due.at > found => self.missed = None,
            None if due.at < now.plus_ms(-LATE_MS_MAX) => {
                let left = if schedule.run_catchup_schedule_instances { MISSED_MAX } else { 0 };
                self.missed = Some((left, now));
            }
            _ => {}
        }
        let Some((0, found)) = self.missed else { return };
        let (name, from) = (&schedule.name, due.at.0);
        tracing::warn!(schedule = name, from, to = found.0, "missed times of a schedule are left out");
        self.missed = None;
        self.go_on_after(found);
    }
}

#[cfg(test)]
mod tests {
    use segue_core::definition::Schedule;

    use super::*;

    /// The times that fire by `now` of a schedule that was last looked after at `since`.
    fn fires(catches_up: bool, cron: &str, since: i64, now: i64) -> Vec<i64> {
        let schedule = Schedule {
            cron_expression: Some(cron.to_owned()),
            run_catchup_schedule_instances: catches_up,
            ..Schedule::default()
        };
        let timetable = segue_core::calendar::Timetable::of(&schedule).expect("a timetable");
        let active_since = Timestamp(since);
        let mut cursor = Cursor::new(Arc::new(Scheduled { schedule, active_since, timetable }), Timestamp(0));
        cursor.stage = Stage::Ready;
        cursor.go_on_after(active_since);
        let mut fired = Vec::new();
        loop {
            cursor.pass_over_missed(Timestamp(now));
            match cursor.due(Timestamp(now)) {
                Some(Some(due)) => {
                    fired.push(due.at.0);
                    cursor.fired(due);
                }
                _ => return fired,
            }
        }
    }

    #[test]
    fn missed_times_are_made_up_for_if_wanted_and_up_to_a_bound() {
        const HOUR: i64 = 3_600_000;
        let hours = |range: std::ops::RangeInclusive<i64>| range.map(|at| at * HOUR).collect::<Vec<_>>();
        // A moment late is not missed.
        assert_eq!(fires(false, "@hourly", 0, HOUR + 59_000), hours(1..=1));
        assert_eq!(fires(false, "@hourly", 0, HOUR + 61_000), Vec::<i64>::new());
        assert_eq!(fires(false, "@hourly", 0, 9 * HOUR + 1), Vec::<i64>::new());
        assert_eq!(fires(true, "@hourly", 0, 9 * HOUR + 1), hours(1..=9));
        assert_eq!(fires(true, "@hourly", 0, 1000 * HOUR), hours(1..=1000));
        assert_eq!(fires(true, "@hourly", 0, 5000 * HOUR), hours(1..=1000));
        assert_eq!(fires(true, "0 0 0 1 1 ? 1980", 0, 5000 * HOUR), Vec::<i64>::new());
    }
}
