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
  segue ls --query \"correlationId = 'order-7' AND status IN (FAILED, TIMED_OUT)\"")]
pub(crate) struct Args {
    /// Only those of this definition.
    #[arg(long)]
    name: Option<String>,
    /// Only those in this status.
    #[arg(long)]
    status: Option<String>,
    /// Only those that match a query.
    #[arg(long)]
    query: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<()> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', ""));
    let mut clauses: Vec<String> = args.query.into_iter().collect();
    clauses.extend(args.name.map(|name| format!("workflowType = {}", quoted(&name))));
    clauses.extend(args.status.map(|status| format!("status = {}", quoted(&status.to_uppercase()))));
    let query = segment(&clauses.join(" AND "));
    let path = format!("/workflow/search?start=0&size={}&sort=startTime:DESC&query={query}", args.limit);
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
