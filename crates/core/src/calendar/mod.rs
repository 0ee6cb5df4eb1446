//! Calendar arithmetic: at which instants a schedule fires, given an instant to look from. No clock is read, and the time
//! zones are those that the program was built with.
//!
//! A [`Cron`] says which seconds of a calendar match; a [`Timetable`] is all crons of a schedule, each with its zone, between
//! its first and last instant.

mod cron;
mod days;
mod field;
#[cfg(test)]
mod tests;
mod timetable;
mod zone;

pub use cron::{Cron, CronError};
pub use timetable::{Due, Timetable};
pub use zone::{UnknownZone, zone};
