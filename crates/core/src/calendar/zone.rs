//! Names of time zones.

use jiff::tz::{Offset, TimeZone};

/// A text that names no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no time zone: expected a name such as Europe/Berlin, UTC, or an offset such as GMT+2")]
pub struct UnknownZone(pub String);

/// The zone with a name, or with an offset as Java writes it: `GMT+2`, `UTC+02:00`, `+0200`. Nothing is UTC.
///
/// # Errors
/// If there is no such zone.
pub fn zone(name: &str) -> Result<TimeZone, UnknownZone> {
    let unknown = || UnknownZone(name.to_owned());
    match name {
        "" | "Z" | "GMT" => Ok(TimeZone::UTC),
        name => match offset_seconds(name) {
            Some(seconds) => Ok(TimeZone::fixed(Offset::from_seconds(seconds).map_err(|_| unknown())?)),
            None => TimeZone::get(name).map_err(|_| unknown()),
        },
    }
}

/// Seconds east of Greenwich.
fn offset_seconds(text: &str) -> Option<i32> {
    let text = text.strip_prefix("GMT").or_else(|| text.strip_prefix("UTC")).unwrap_or(text);
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let whole_hours = (1..=2).contains(&digits.len()).then_some((digits, "0"));
    let (hours, minutes) = digits.split_once(':').or(whole_hours).or_else(|| digits.split_at_checked(2))?;
    let number = |text: &str| text.parse::<u8>().ok().map(i32::from);
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}
