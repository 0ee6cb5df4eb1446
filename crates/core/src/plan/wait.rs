//! How long a WAIT lasts (Conductor: `duration` and `until` of the WAIT task).

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use crate::calendar::zone;
use crate::time::Timestamp;

const UNITS: [(&[&str], i64); 4] = [
    (&["days", "day", "d"], 86_400_000),
    (&["hours", "hour", "hrs", "hr", "h"], 3_600_000),
    (&["minutes", "minute", "mins", "min", "m"], 60_000),
    (&["seconds", "second", "secs", "sec", "s"], 1000),
];

/// Reads `2 days 3 hours 5m 10s` (whole numbers, units in falling order, blanks optional) as milliseconds.
pub fn parse_duration_ms(text: &str) -> Option<i64> {
    let lower = text.trim().to_ascii_lowercase();
    let mut rest = lower.as_str();
    let mut total_ms = 0i64;
    let mut first_unit = 0;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let amount: i64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let unit = &rest[..letters];
        let place = UNITS.iter().position(|(names, _)| names.contains(&unit))?;
        if place < first_unit {
            return None;
        }
        first_unit = place + 1;
        total_ms = total_ms.checked_add(amount.checked_mul(UNITS[place].1)?)?;
        rest = rest[letters..].trim_start();
    }
    (first_unit > 0).then_some(total_ms)
}

/// Reads `yyyy-MM-dd HH:mm`, `yyyy-MM-dd HH:mm <zone>` or `yyyy-MM-dd`; without a zone it is UTC. A zone is a name,
/// an offset as Java writes it (`GMT+2:00`, `+0200`), or an abbreviation that Java knows (`PDT`).
pub fn parse_until(text: &str) -> Option<Timestamp> {
    let mut parts = text.split_whitespace();
    let date: Date = parts.next()?.parse().ok()?;
    let (time, place) = (parts.next(), parts.next());
    if parts.next().is_some() {
        return None;
    }
    let civil: DateTime = match time {
        Some(time) => {
            let (hour, minute) = time.split_once(':')?;
            date.to_datetime(Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?)
        }
        None => date.to_datetime(Time::midnight()),
    };
    let zone = match place {
        None => TimeZone::UTC,
        Some(name) => abbreviated(name).or_else(|| zone(name).ok())?,
    };
    zone.to_timestamp(civil).ok().map(|instant| Timestamp(instant.as_millisecond()))
}

/// An abbreviation stands for one offset, also in the half of the year in which its place has another one. (As a name of
/// a zone, CET has a summer time.)
fn abbreviated(name: &str) -> Option<TimeZone> {
    let minutes = match name {
        "PST" => -480,
        "PDT" | "MST" => -420,
        "MDT" | "CST" => -360,
        "CDT" | "EST" => -300,
        "EDT" => -240,
        "CET" | "BST" => 60,
        "CEST" => 120,
        "IST" => 330,
        "JST" => 540,
        _ => return None,
    };
    Some(TimeZone::fixed(Offset::from_seconds(minutes * 60).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_conductor_reads_them() {
        for (text, ms) in [
            ("5s", Some(5000)),
            ("2 days 3 hours", Some(183_600_000)),
            ("1h 30 mins", Some(5_400_000)),
            ("10 SECONDS", Some(10_000)),
            ("1d2h3m4s", Some(93_784_000)),
            ("", None),
            ("soon", None),
            ("3s 2m", None),
            ("1.5h", None),
            ("99999999999999999999s", None),
        ] {
            assert_eq!(parse_duration_ms(text), ms, "{text:?}");
        }
    }

    #[test]
    fn instants_are_read_with_and_without_zone() {
        for (text, ms) in [
            ("1970-01-02", Some(86_400_000)),
            ("1970-01-01 01:30", Some(5_400_000)),
            ("1970-01-01 02:30 Europe/Berlin", Some(5_400_000)),
            ("1970-01-01 02:30 GMT+01:00", Some(5_400_000)),
            ("1970-01-01 02:30 GMT+1:00", Some(5_400_000)),
            ("1970-01-01 00:00 -0130", Some(5_400_000)),
            ("1970-01-01 03:30 GMT+2", Some(5_400_000)),
            ("1970-01-01 01:30 UTC", Some(5_400_000)),
            ("1970-01-01 01:30 GMT", Some(5_400_000)),
            ("1970-01-01 07:00 IST", Some(5_400_000)),
            ("1970-01-01 10:30 JST", Some(5_400_000)),
            // Not as the zone called CET reads it: 2 hours in July.
            ("2026-07-01 12:00 CET", Some(1_782_903_600_000)),
            ("2026-07-01 12:00 CEST", Some(1_782_900_000_000)),
            ("2026-07-01 12:00 BST", Some(1_782_903_600_000)),
            ("2026-07-01 04:00 PDT", Some(1_782_903_600_000)),
            ("2026-07-01 03:00 PST", Some(1_782_903_600_000)),
            ("2026-07-01 06:00 EST", Some(1_782_903_600_000)),
            ("2026-07-01 12:00 XYZ", None),
            ("1970-01-01 02:30 GMT+", None),
            ("1970-01-01 02:30 +99:99", None),
            ("1970-01-01 25:00", None),
            ("1970-01-01 23:60", None),
            ("1970-01-01 -1:00", None),
            ("9999-12-31 23:59 America/New_York", None),
            ("tomorrow", None),
        ] {
            assert_eq!(parse_until(text).map(|at| at.0), ms, "{text:?}");
        }
    }
}
