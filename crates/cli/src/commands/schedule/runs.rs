//! `segue schedule runs` and `run`.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::Context;
use super::next::shown;
use crate::api::segment;
use crate::error::{Error, Result};
use crate::print;

/// List what a schedule fired, newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue schedule runs nightly --limit 5
  segue schedule runs nightly --state FAILED")]
pub(crate) struct Args {
    /// Its name; all schedules without one.
    name: Option<String>,
    /// Only those in this state: EXECUTED, FAILED or POLLED (under way).
    #[arg(long)]
    state: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<()> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let name = args.name.as_ref().map(|name| format!("scheduleName = {}", quoted(name)));
    let state = args.state.as_ref().map(|state| format!("state = {}", quoted(&state.to_uppercase())));
    let query = segment(&name.into_iter().chain(state).collect::<Vec<_>>().join(" AND "));
    let limit = args.limit;
    let path = format!("/scheduler/search/executions?start=0&size={limit}&sort=startTime:DESC&query={query}");
    let page = context.api.get(&path).await?;
    if context.json {
        print::json(&page);
        return Ok(());
    }
    let rows = page.get("results").and_then(Value::as_array).into_iter().flatten().map(|row| {
        let at = row.get("scheduledTime").and_then(Value::as_i64).unwrap_or_default();
        let [schedule, state, workflow, id, reason] =
            ["scheduleName", "state", "workflowName", "workflowId", "reason"]
                .map(|key| print::field(row, key));
        let outcome = if id.is_empty() { reason } else { id };
        vec![shown(at, &TimeZone::UTC), schedule, state, workflow, outcome]
    });
    print::table(&["TIME", "SCHEDULE", "STATE", "WORKFLOW", "STARTED"], rows.collect());
    Ok(())
}

/// Fires a schedule.
pub(super) async fn now(name: &str, context: &Context) -> Result<()> {
    let record = context.api.post(&format!("/v1/schedules/{}/run", segment(name)), &json!({})).await?;
    if context.json {
        print::json(&record);
    }
    match record.get("reason").and_then(Value::as_str) {
        Some(reason) => Err(Error::failed(format!("{name} started nothing: {reason}"))),
        None if context.json => Ok(()),
        None => {
            print::line(print::field(&record, "workflowId"));
            Ok(())
        }
    }
}
