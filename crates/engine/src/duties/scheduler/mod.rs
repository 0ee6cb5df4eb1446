//! Fires schedules at their times ([`crate::schedule`] says why once is enough). For each it keeps how far it has come; a time that
//! passed is started in the background, one after the other for one schedule and in turns ([`turns`]), so that a slow store or
//! a long list of missed times holds up nobody else.

mod cursor;
mod turns;

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

use cursor::{Cursor, Stage};
use turns::Turn;

/// Firings under way at once.
const FIRINGS_MAX: usize = 32;
/// Between two marks of how far a schedule has come, which count should its executions be deleted.
const MARK_MS: i64 = 86_400_000;
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
    /// How many turns there were.
    turns: u64,
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

    /// How many steps may begin.
    fn room(&self) -> usize {
        FIRINGS_MAX.saturating_sub(self.steps.len())
    }

    /// Begins what is due, as far as there is room.
    fn fire(&mut self, engine: &Engine) {
        let (now, room) = (engine.now(), self.room());
        if room == 0 {
            return;
        }
        for Turn { cursor, due, .. } in turns::next(self.cursors.values_mut(), room, now) {
            self.turns += 1;
            cursor.begin(self.turns);
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

    /// How long nothing will begin, unless a step ends or something changes.
    fn pause(&self, now: Timestamp) -> Duration {
        if self.room() == 0 {
            return IDLE;
        }
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
