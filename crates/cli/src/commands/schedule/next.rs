//! `segue schedule next`.

use jiff::tz::TimeZone;
use segue_core::calendar::{Due, Timetable, zone};
use segue_core::definition::Schedule;
use segue_core::time::Timestamp;
use serde_json::{Value, json};

use super::{Context, path};
use crate::error::{Error, Result};
use crate::print;

/// Times that are looked for, at most.
const COUNT_MAX: u16 = 1000;

/// Show the next times of a schedule or of a cron expression.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue schedule next nightly
  segue schedule next '0 0 9 * * MON-FRI' --zone Europe/Berlin --count 3
  segue schedule next '0 30 2 * * *' --zone Europe/Berlin --from 2026-03-28T12:00:00Z")]
pub(crate) struct Args {
    /// The name of a schedule, or six fields in quotes, or a macro such as @daily (no server is asked then).
    #[arg(value_name = "NAME|CRON")]
    what: String,
    /// The zone that a cron expression is meant in; UTC without one.
    #[arg(long)]
    zone: Option<String>,
    /// How many times.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=i64::from(COUNT_MAX)))]
    count: u16,
    /// From this instant on, such as 2026-01-31T09:00:00Z; now without one.
    #[arg(long, value_name = "INSTANT")]
    from: Option<jiff::Timestamp>,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<()> {
    let schedule = schedule(args, context).await?;
    let timetable = Timetable::of(&schedule).map_err(|found| {
        let told = found.iter().map(|one| format!("{}: {}", one.path, one.message));
        Error::usage(told.collect::<Vec<_>>().join("\n"))
            .hint("the fields are: second minute hour day month weekday")
    })?;
    if schedule.paused {
        eprintln!("note: {} is paused: it does not fire until it is resumed", schedule.name);
    }
    let from = args.from.unwrap_or_else(jiff::Timestamp::now);
    let times = timetable.after(Timestamp(from.as_millisecond())).take(usize::from(args.count));
    let times: Vec<(Due, TimeZone)> = times.map(|due| (due, zone_of(&schedule, due))).collect();
    if times.is_empty() {
        eprintln!("note: no such time comes");
    }
    if context.json {
        let times = times.iter().map(|(due, zone)| json!({"at": due.at, "time": shown(due.at.0, zone)}));
        print::json(&Value::Array(times.collect()));
    } else {
        times.iter().for_each(|(due, zone)| print::line(shown(due.at.0, zone)));
    }
    Ok(())
}

async fn schedule(args: &Args, context: &Context) -> Result<Schedule> {
    let Args { what, zone, .. } = args;
    if !what.contains(char::is_whitespace) && !what.starts_with('@') {
        if zone.is_some() {
            return Err(Error::usage("--zone goes with a cron expression; a schedule has its own"));
        }
        let found = context.api.get(&path(what)).await?;
        return serde_json::from_value(found).map_err(|error| Error::io(error.to_string()));
    }
    Ok(Schedule {
        cron_expression: Some(what.clone()),
        zone_id: zone.clone().unwrap_or_else(|| "UTC".to_owned()),
        ..Schedule::default()
    })
}

/// The zone of the cron that a time is of.
fn zone_of(schedule: &Schedule, due: Due) -> TimeZone {
    let name = schedule.crons().nth(due.cron).map(|(_, _, zone)| zone);
    name.and_then(|name| zone(name).ok()).unwrap_or(TimeZone::UTC)
}

/// `Mon 2026-03-30 02:30:00 +02:00`.
pub(super) fn shown(at: i64, zone: &TimeZone) -> String {
    match jiff::Timestamp::from_millisecond(at) {
        Ok(at) => at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M:%S %:z").to_string(),
        Err(_) => at.to_string(),
    }
}
