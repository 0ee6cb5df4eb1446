//! `segue ls`.

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
    #[arg(long)]
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
    let query = args.query.filter(|query| !query.trim().is_empty());
    let mut clauses: Vec<String> = query.into_iter().map(|query| format!("({query})")).collect();
    clauses.extend(args.name.map(|name| format!("workflowType = {}", quoted(&name))));
    clauses.extend(args.status.map(|status| format!("status = {}", quoted(&status.to_uppercase()))));
    let query = segment(&clauses.join(" AND "));
    let text = segment(args.text.as_deref().unwrap_or(""));
    let limit = args.limit;
    let path =
        format!("/workflow/search?start=0&size={limit}&sort=startTime:DESC&query={query}&freeText={text}");
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
