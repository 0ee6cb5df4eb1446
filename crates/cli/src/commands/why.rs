//! `segue why`.

use serde_json::Value;

use super::Context;
use crate::api::segment;
use crate::error::Result;
use crate::print;

/// Say why an execution is not moving: what each open task waits for.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  segue why 0193a7b2-4c1d-7abc-9def-1a2b00000000")]
pub(crate) struct Args {
    /// The execution.
    id: String,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<()> {
    let reasons = context.api.get(&format!("/v1/executions/{}/why", segment(&args.id))).await?;
    if context.json {
        print::json(&reasons);
        return Ok(());
    }
    let list = reasons.as_array().map_or(&[][..], Vec::as_slice);
    list.iter().filter_map(|reason| reason.get("text").and_then(Value::as_str)).for_each(print::line);
    Ok(())
}
