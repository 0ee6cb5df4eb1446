//! `segue ls`.

use clap::builder::PossibleValuesParser;
use segue_core::status::ExecutionStatus;
use serde_json::Value;

use super::Context;
use crate::api::segment;
use crate::error::Result;
use crate::print;

/// List executions, newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue ls --status RUNNING
  segue ls --name order --limit 5
  segue ls --query \"correlationId = 'order-7' AND status IN (FAILED, TIMED_OUT)\"
  segue ls --query 'startTime >= 2026-01-31 AND NOT (status = COMPLETED OR priority > 50)'
  segue ls --text 'customer-4711 \"out of stock\" refus*'")]
pub(crate) struct Args {
    /// Only those of this definition.
    #[arg(long)]
    name: Option<String>,
    /// Only those in this status.
    #[arg(long, ignore_case = true, value_parser = PossibleValuesParser::new(ExecutionStatus::ALL.map(ExecutionStatus::as_str)))]
    status: Option<String>,
    /// Only those that match a query (see docs/reference/search.md).
    #[arg(long)]
    query: Option<String>,
    /// Only those with these words in their input, output, reason, name or keys.
    #[arg(long)]
    text: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<()> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let name = args.name.map(|name| format!("workflowType = {}", quoted(&name)));
    let status = args.status.map(|status| format!("status = {}", quoted(&status.to_uppercase())));
    // Each by itself, so that the columns of a complaint are those of what was typed.
    let queries = args.query.into_iter().chain(name).chain(status);
    let queries: String = queries.map(|query| format!("&query={}", segment(&query))).collect();
    let text = segment(args.text.as_deref().unwrap_or(""));
    let limit = args.limit;
    let path = format!("/workflow/search?start=0&size={limit}&sort=startTime:DESC{queries}&freeText={text}");
    let page = context.api.get(&path).await?;
    if context.json {
        print::json(&page);
        return Ok(());
    }
    let rows = page.get("results").and_then(Value::as_array).into_iter().flatten().map(|row| {
        ["workflowId", "workflowType", "version", "status", "startTime", "endTime", "correlationId"]
            .map(|key| print::field(row, key))
            .to_vec()
    });
    print::table(&["ID", "NAME", "VERSION", "STATUS", "STARTED", "ENDED", "CORRELATION"], rows.collect());
    Ok(())
}
