//! Cron expressions as Spring and Quartz write them: `second minute hour day month weekday [year]`, or a macro.

use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::days::Days;
use super::field::{Bits, HOUR, MINUTE, MONTH, SECOND};

/// How far ahead an expression without years is searched: 29 February is the same day of the week again after 40 years at most.
const YEARS_MAX: i16 = 50;
const YEAR_MIN: i16 = 1970;
const YEAR_MAX: i16 = 2199;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    seconds: Bits,
    minutes: Bits,
    hours: Bits,
    days: Days,
    months: Bits,
    /// Every year without.
    years: Option<Vec<i16>>,
}

/// Why a text is no cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// It has not as many fields as there are.
    #[error(
        "expected six fields (second minute hour day month weekday) or a macro such as @daily, found {0}"
    )]
    Fields(usize),
    /// There is no such macro.
    #[error(
        "there is no macro {0}: expected @yearly, @annually, @monthly, @weekly, @daily, @midnight or @hourly"
    )]
    Macro(String),
    /// A field is wrong.
    #[error("the {field} is '{text}', expected {expected}")]
    Field {
        /// Which.
        field: &'static str,
        /// What it says.
        text: String,
        /// What it may say.
        expected: String,
    },
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let text = text.trim();
        let text = if text.starts_with('@') { expanded(text)? } else { text };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (second, minute, hour, day, month, weekday, year) = match fields[..] {
            [second, minute, hour, day, month, weekday] => (second, minute, hour, day, month, weekday, None),
            [second, minute, hour, day, month, weekday, year] => {
                (second, minute, hour, day, month, weekday, Some(year))
            }
            _ => return Err(CronError::Fields(fields.len())),
        };
        Ok(Self {
            seconds: SECOND.list(second)?,
            minutes: MINUTE.list(minute)?,
            hours: HOUR.list(hour)?,
            days: Days::parse(day, weekday)?,
            months: MONTH.list(month)?,
            years: year.filter(|year| !matches!(*year, "*" | "?")).map(years).transpose()?,
        })
    }
}

fn expanded(text: &str) -> Result<&'static str, CronError> {
    Ok(match text.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => "0 0 0 1 1 *",
        "@monthly" => "0 0 0 1 * *",
        "@weekly" => "0 0 0 * * 0",
        "@daily" | "@midnight" => "0 0 0 * * *",
        "@hourly" => "0 0 * * * *",
        _ => return Err(CronError::Macro(text.to_owned())),
    })
}

/// `2030`, `2030-2035`, `2030/2` and lists of them.
fn years(text: &str) -> Result<Vec<i16>, CronError> {
    let wrong = |part: &str| CronError::Field {
        field: "year",
        text: part.to_owned(),
        expected: format!("{YEAR_MIN} to {YEAR_MAX}"),
    };
    let mut found = Vec::new();
    for part in text.split(',') {
        let year = |text: &str| text.parse().ok().filter(|year| (YEAR_MIN..=YEAR_MAX).contains(year));
        let (range, step) = part.split_once('/').unwrap_or((part, ""));
        let step: Option<usize> = if step.is_empty() { Some(1) } else { step.parse().ok() };
        let step = step.filter(|step| *step > 0).ok_or_else(|| wrong(part))?;
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (Some(YEAR_MIN), Some(YEAR_MAX)),
            Some((first, last)) => (year(first), year(last)),
            None if part.contains('/') => (year(range), Some(YEAR_MAX)),
            None => (year(range), year(range)),
        };
        let (first, last) =
            first.zip(last).filter(|(first, last)| first <= last).ok_or_else(|| wrong(part))?;
        found.extend((first..=last).step_by(step));
    }
    Ok(found)
}

impl Cron {
    /// The first match that is not before `from`. An hour that the clocks leave out has no matches; of an hour that they
    /// repeat only the first has, unless the expression matches in every hour of the day.
    pub(super) fn next(&self, from: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        const NANOSECOND: SignedDuration = SignedDuration::from_nanos(1);
        let begun = zone.preceding(from.checked_add(NANOSECOND).ok()?).next();
        let mut before = begun.and_then(|change| {
            let earlier = change.timestamp().checked_sub(NANOSECOND).ok()?;
            Some((change.timestamp(), zone.to_offset(earlier)))
        });
        let mut changes = zone.following(from);
        let (mut offset, mut start) = (zone.to_offset(from), from);
        let listed = self.years.iter().flatten().copied().max().unwrap_or(YEAR_MIN);
        let last = (offset.to_datetime(from).date().year() + YEARS_MAX).max(listed);
        loop {
            let change = changes.next();
            let mut first = offset.to_datetime(start);
            if let Some((at, earlier)) = before
                && self.hours != Bits::all(&HOUR)
            {
                // Clocks were set back: what comes until here was there before.
                first = first.max(earlier.to_datetime(at));
            }
            let end = change.as_ref().map(|change| offset.to_datetime(change.timestamp()));
            if let Some(found) = self.next_civil(first, end, last) {
                return offset.to_timestamp(found).ok();
            }
            let change = change.filter(|change| offset.to_datetime(change.timestamp()).year() <= last)?;
            before = Some((change.timestamp(), offset));
            (offset, start) = (change.offset(), change.timestamp());
        }
    }

    /// The first match from `from` on that is before `end`, in a calendar without zones.
    fn next_civil(&self, from: DateTime, end: Option<DateTime>, last_year: i16) -> Option<DateTime> {
        let mut date = from.date();
        loop {
            if date.year() > last_year || end.is_some_and(|end| date > end.date()) {
                return None;
            }
            if let Some(years) = &self.years
                && !years.contains(&date.year())
            {
                date = Date::new(date.year() + 1, 1, 1).ok()?;
            } else if !self.months.has(u32::from(date.month().unsigned_abs())) {
                date = date.last_of_month().tomorrow().ok()?;
            } else {
                let floor = if date == from.date() { from.time() } else { Time::midnight() };
                let time = self.days.matches(date).then(|| self.next_time(floor)).flatten();
                if let Some(time) = time {
                    let found = date.to_datetime(time);
                    return end.is_none_or(|end| found < end).then_some(found);
                }
                date = date.tomorrow().ok()?;
            }
        }
    }

    /// The first match of a day that is not before `floor`, which is a whole second.
    fn next_time(&self, floor: Time) -> Option<Time> {
        let part = |value: i8| u32::from(value.unsigned_abs());
        let (hour, minute, second) = (part(floor.hour()), part(floor.minute()), part(floor.second()));
        let (first_minute, first_second) = (self.minutes.next(0)?, self.seconds.next(0)?);
        if self.hours.has(hour) {
            if let Some(second) = self.seconds.next(second).filter(|_| self.minutes.has(minute)) {
                return time(hour, minute, second);
            }
            if let Some(minute) = self.minutes.next(minute + 1) {
                return time(hour, minute, first_second);
            }
        }
        time(self.hours.next(hour + 1)?, first_minute, first_second)
    }
}

fn time(hour: u32, minute: u32, second: u32) -> Option<Time> {
    let part = |value: u32| i8::try_from(value).ok();
    Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()
}
