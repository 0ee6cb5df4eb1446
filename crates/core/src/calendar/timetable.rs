//! When a schedule fires.

use jiff::tz::TimeZone;

use super::{Cron, CronError, UnknownZone, zone};
use crate::definition::{Schedule, Violation};
use crate::time::Timestamp;

/// The times of a schedule, ready to be asked.
#[derive(Debug, Clone)]
pub struct Timetable {
    crons: Vec<Zoned>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

#[derive(Debug, Clone)]
struct Zoned {
    cron: Cron,
    zone: TimeZone,
}

/// One time of a timetable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// Which of the schedule's crons says so; the first if several do ([`Schedule::crons`]).
    pub cron: usize,
}

impl Timetable {
    /// The timetable of a schedule.
    ///
    /// # Errors
    /// All crons and zones that cannot be read.
    pub fn of(schedule: &Schedule) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        let mut crons = Vec::new();
        for (place, cron, name) in schedule.crons() {
            let cron: Result<Cron, CronError> = cron.parse();
            let zone: Result<TimeZone, UnknownZone> = zone(name);
            match (cron, zone) {
                (Ok(cron), Ok(zone)) => crons.push(Zoned { cron, zone }),
                (cron, zone) => {
                    found.extend(cron.err().map(|error| Violation {
                        path: place.field("cronExpression"),
                        message: format!("is no cron expression: {error}"),
                        invalid_value: Some(place.cron(schedule).into()),
                    }));
                    found.extend(zone.err().map(|error| Violation {
                        path: place.field("zoneId"),
                        message: error.to_string(),
                        invalid_value: Some(name.into()),
                    }));
                }
            }
        }
        if !found.is_empty() {
            return Err(found);
        }
        let instant = |ms: Option<i64>| ms.filter(|ms| *ms > 0).map(Timestamp);
        Ok(Self {
            crons,
            first: instant(schedule.schedule_start_time),
            last: instant(schedule.schedule_end_time),
        })
    }

    /// The first time after an instant; none if the schedule is over.
    pub fn next(&self, after: Timestamp) -> Option<Due> {
        let after = self.first.map_or(after, |first| after.max(first.plus_ms(-1)));
        // Crons know whole seconds.
        let from = jiff::Timestamp::from_second(after.0.div_euclid(1000).checked_add(1)?).ok()?;
        let times = self.crons.iter().enumerate().filter_map(|(cron, zoned)| {
            let at = zoned.cron.next(from, &zoned.zone)?;
            Some(Due { at: Timestamp(at.as_millisecond()), cron })
        });
        times.min_by_key(|due| (due.at, due.cron)).filter(|due| self.last.is_none_or(|last| due.at <= last))
    }

    /// The times after an instant, in order.
    pub fn after(&self, instant: Timestamp) -> impl Iterator<Item = Due> {
        std::iter::successors(self.next(instant), |due| self.next(due.at))
    }
}
