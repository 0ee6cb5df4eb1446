//! How far one schedule has come, and which of its times is next.

use std::sync::Arc;

use segue_core::calendar::Due;
use segue_core::time::Timestamp;

use crate::schedule::Scheduled;

/// A time that is late by more counts as missed: the machine slept, or the store could not be written.
const LATE_MS_MAX: i64 = 60_000;
/// Missed times of one schedule that are made up for in a row.
const MISSED_MAX: u32 = 1000;
/// Before something that failed is tried again.
const RETRY_MS: i64 = 1000;

/// How far one schedule has come.
pub(super) struct Cursor {
    pub(super) scheduled: Arc<Scheduled>,
    pub(super) next: Option<Due>,
    pub(super) stage: Stage,
    /// Missed times that may still be made up for, and when they were found missing.
    pub(super) missed: Option<(u32, Timestamp)>,
    pub(super) not_before: Timestamp,
    /// The number of the turn that it had last.
    pub(super) last_turn: u64,
    /// What was written down last of how far it has come.
    pub(super) marked: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// What fired last is to be found.
    Unknown,
    /// The next time is waited for.
    Ready,
    /// A step is under way.
    Busy,
}

impl Cursor {
    pub(super) fn new(scheduled: Arc<Scheduled>, floor: Timestamp) -> Self {
        let (catches_up, since) = (scheduled.schedule.run_catchup_schedule_instances, scheduled.active_since);
        let mut cursor = Self {
            scheduled,
            next: None,
            stage: if catches_up { Stage::Unknown } else { Stage::Ready },
            missed: None,
            not_before: Timestamp::default(),
            last_turn: 0,
            marked: since,
        };
        if !catches_up {
            cursor.go_on_after(floor.max(since));
        }
        cursor
    }

    /// Whether a schedule has the times that this cursor counts.
    pub(super) fn is_still(&self, scheduled: &Scheduled) -> bool {
        self.scheduled.active_since == scheduled.active_since
            && self.scheduled.schedule.has_times_of(&scheduled.schedule)
    }

    pub(super) fn go_on_after(&mut self, at: Timestamp) {
        self.next = self.scheduled.timetable.next(at);
    }

    /// A step begins.
    pub(super) fn begin(&mut self, turn: u64) {
        self.stage = Stage::Busy;
        self.last_turn = turn;
    }

    /// A time is done with.
    pub(super) fn fired(&mut self, due: Due) {
        self.stage = Stage::Ready;
        self.missed = self.missed.map(|(left, found)| (left.saturating_sub(1), found));
        self.go_on_after(due.at);
    }

    pub(super) fn try_again(&mut self, stage: Stage, now: Timestamp) {
        self.stage = stage;
        self.not_before = now.plus_ms(RETRY_MS);
    }

    /// What is to be done now, if anything is: find out what fired last, or fire.
    pub(super) fn due(&self, now: Timestamp) -> Option<Option<Due>> {
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
    pub(super) fn pass_over_missed(&mut self, now: Timestamp) {
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
