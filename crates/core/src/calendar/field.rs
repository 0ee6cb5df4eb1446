//! One field of a cron expression: numbers and names, in lists, ranges and steps, as a set of bits.

use super::cron::CronError;

/// What a field is about.
pub(super) struct Unit {
    /// As messages name it.
    pub(super) name: &'static str,
    pub(super) min: u32,
    pub(super) max: u32,
    /// Names of the values from `min` on.
    pub(super) names: &'static [&'static str],
}

pub(super) const SECOND: Unit = Unit { name: "second", min: 0, max: 59, names: &[] };
pub(super) const MINUTE: Unit = Unit { name: "minute", min: 0, max: 59, names: &[] };
pub(super) const HOUR: Unit = Unit { name: "hour", min: 0, max: 23, names: &[] };
pub(super) const DAY: Unit = Unit { name: "day of the month", min: 1, max: 31, names: &[] };
pub(super) const MONTH: Unit = Unit {
    name: "month",
    min: 1,
    max: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
/// 0 and 7 are Sunday (Spring).
pub(super) const WEEKDAY: Unit = Unit {
    name: "day of the week",
    min: 0,
    max: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
};

/// Values below 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bits(pub(super) u64);

impl Bits {
    pub(super) fn has(self, value: u32) -> bool {
        value < 64 && self.0 >> value & 1 == 1
    }

    /// The lowest value that is not below `from`.
    pub(super) fn next(self, from: u32) -> Option<u32> {
        let rest = if from < 64 { self.0 >> from << from } else { 0 };
        (rest != 0).then(|| rest.trailing_zeros())
    }

    /// Every value of a unit.
    pub(super) fn all(unit: &Unit) -> Self {
        Self::of(unit.min, unit.max, 1)
    }

    fn of(first: u32, last: u32, step: u32) -> Self {
        (first..=last).step_by(step.max(1) as usize).fold(Self(0), |bits, value| Self(bits.0 | 1 << value))
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Unit {
    pub(super) fn wrong(&self, text: &str, expected: &str) -> CronError {
        CronError::Field { field: self.name, text: text.to_owned(), expected: expected.to_owned() }
    }

    /// A comma-separated list.
    pub(super) fn list(&self, text: &str) -> Result<Bits, CronError> {
        text.split(',').try_fold(Bits(0), |bits, part| Ok(bits.with(self.part(part)?)))
    }

    /// `*`, `7`, `1-5`, `*/10`, `5/10` (from 5 on) or `0-30/10`.
    pub(super) fn part(&self, text: &str) -> Result<Bits, CronError> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(self.step(text, step)?)),
            None => (text, None),
        };
        let (first, last) = match (range, range.split_once('-'), step) {
            ("*", ..) => (self.min, self.max),
            (_, Some((first, last)), _) => self.range(range, first, last)?,
            (_, None, Some(_)) => (self.value(range)?, self.max),
            (_, None, None) => (self.value(range)?, self.value(range)?),
        };
        Ok(Bits::of(first, last, step.unwrap_or(1)))
    }

    fn range(&self, text: &str, first: &str, last: &str) -> Result<(u32, u32), CronError> {
        let (first, last) = (self.value(first)?, self.value(last)?);
        if first > last {
            return Err(self.wrong(text, "a range that begins before it ends"));
        }
        Ok((first, last))
    }

    fn step(&self, text: &str, step: &str) -> Result<u32, CronError> {
        let read = step.parse().ok().filter(|step| *step > 0);
        read.ok_or_else(|| self.wrong(text, "a whole number above 0 behind the /"))
    }

    /// A number or a name.
    pub(super) fn value(&self, text: &str) -> Result<u32, CronError> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let named = named.and_then(|at| u32::try_from(at).ok()).map(|at| at + self.min);
        // No sign: `+5` is no number of a field.
        let number = || text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let value = named.or_else(number).filter(|value| (self.min..=self.max).contains(value));
        value.ok_or_else(|| {
            let Self { min, max, .. } = self;
            let names = match (self.names.first(), self.names.last()) {
                (Some(first), Some(last)) => format!(", or {first} to {last}"),
                _ => String::new(),
            };
            self.wrong(text, &format!("{min} to {max}{names}"))
        })
    }
}
