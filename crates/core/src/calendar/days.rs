//! Which days match: the days of the month and of the week, and what Quartz adds to them. Both fields must match
//! (Spring), unlike in the cron of Unix.

use jiff::civil::{Date, Weekday};

use super::cron::CronError;
use super::field::{Bits, DAY, Unit, WEEKDAY};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Days {
    month: Field,
    week: Field,
}

/// Plain values, and rules that depend on the month.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Field {
    bits: Bits,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// `L`, `L-3`: so many days before the last.
    FromEnd(i8),
    /// `15W`: the weekday (Monday to Friday) that is nearest, in the same month.
    NearestWeekday(i8),
    /// `LW`: the last weekday.
    LastWeekday,
    /// `5L`: the last Friday.
    Last(Weekday),
    /// `MON#2`: the second Monday.
    Nth(Weekday, i8),
}

impl Days {
    pub(super) fn parse(month: &str, week: &str) -> Result<Self, CronError> {
        let month = Field::parse(month, &DAY, of_month)?;
        let mut week = Field::parse(week, &WEEKDAY, of_week)?;
        if week.bits.has(7) {
            week.bits = week.bits.with(Bits(1));
        }
        Ok(Self { month, week })
    }

    pub(super) fn matches(&self, date: Date) -> bool {
        let day = u32::from(date.day().unsigned_abs());
        let weekday = u32::from(date.weekday().to_sunday_zero_offset().unsigned_abs());
        self.month.matches(day, date) && self.week.matches(weekday, date)
    }
}

impl Field {
    fn parse(
        text: &str,
        unit: &Unit,
        rule: impl Fn(&str) -> Option<Result<Rule, CronError>>,
    ) -> Result<Self, CronError> {
        if text == "?" {
            return Ok(Self { bits: Bits::all(unit), rules: Vec::new() });
        }
        let mut field = Self::default();
        for part in text.split(',') {
            match rule(&part.to_ascii_uppercase()) {
                Some(rule) => field.rules.push(rule?),
                None => field.bits = field.bits.with(unit.part(part)?),
            }
        }
        Ok(field)
    }

    fn matches(&self, value: u32, date: Date) -> bool {
        self.bits.has(value) || self.rules.iter().any(|rule| rule.matches(date))
    }
}

fn of_month(part: &str) -> Option<Result<Rule, CronError>> {
    let day = |text: &str| DAY.value(text).map(|day| i8::try_from(day).unwrap_or(i8::MAX));
    match part {
        "L" => Some(Ok(Rule::FromEnd(0))),
        "LW" => Some(Ok(Rule::LastWeekday)),
        _ => match (part.strip_prefix("L-"), part.strip_suffix('W')) {
            (Some(before), _) => {
                let before = before.parse().ok().filter(|before| (0..=30).contains(before));
                Some(before.map(Rule::FromEnd).ok_or_else(|| DAY.wrong(part, "L-0 to L-30")))
            }
            (None, Some(near)) => Some(day(near).map(Rule::NearestWeekday)),
            (None, None) => None,
        },
    }
}

fn of_week(part: &str) -> Option<Result<Rule, CronError>> {
    let weekday = |text: &str| {
        WEEKDAY.value(text).map(|day| match i8::try_from(day % 7).map(Weekday::from_sunday_zero_offset) {
            Ok(Ok(weekday)) => weekday,
            _ => Weekday::Sunday,
        })
    };
    if let Some((day, nth)) = part.split_once('#') {
        let nth = nth.parse().ok().filter(|nth| (1..=5).contains(nth));
        let nth = nth.ok_or_else(|| WEEKDAY.wrong(part, "1 to 5 behind the #"));
        return Some(nth.and_then(|nth| weekday(day).map(|day| Rule::Nth(day, nth))));
    }
    let day = part.strip_suffix('L')?;
    if day.is_empty() {
        return Some(Err(WEEKDAY.wrong(part, "a day before the L, such as 5L")));
    }
    Some(weekday(day).map(Rule::Last))
}

impl Rule {
    fn matches(self, date: Date) -> bool {
        let last = date.days_in_month();
        match self {
            Self::FromEnd(before) => date.day() == last - before,
            Self::LastWeekday => nearest(date, last) == Some(date.day()),
            Self::NearestWeekday(day) => nearest(date, day) == Some(date.day()),
            Self::Last(weekday) => date.weekday() == weekday && date.day() + 7 > last,
            Self::Nth(weekday, nth) => date.weekday() == weekday && (date.day() - 1) / 7 + 1 == nth,
        }
    }
}

/// The day from Monday to Friday that is nearest to `day` in the month of `date`.
fn nearest(date: Date, day: i8) -> Option<i8> {
    let last = date.days_in_month();
    let wanted = Date::new(date.year(), date.month(), day).ok()?;
    Some(match wanted.weekday() {
        Weekday::Saturday if day == 1 => 3,
        Weekday::Saturday => day - 1,
        Weekday::Sunday if day == last => day - 2,
        Weekday::Sunday => day + 1,
        _ => day,
    })
}
