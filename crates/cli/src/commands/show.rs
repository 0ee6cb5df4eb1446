//! `segue show`.

use super::Context;
use crate::api::segment;
use crate::error::Result;
use crate::{print, tree};

/// Show an execution: its tasks, input, output.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue show 0193a7b2-4c1d-7abc-9def-1a2b00000000
  segue show ID --json | jq .tasks    Conductor's Workflow")]
pub(crate) struct Args {
    /// The execution.
    id: String,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<()> {
    let workflow = context.api.get(&format!("/workflow/{}", segment(&args.id))).await?;
    if context.json {
        print::json(&workflow);
        return Ok(());
    }
    tree::lines(&workflow).iter().for_each(print::line);
    print::line(format!("input:  {}", workflow["input"]));
    print::line(format!("output: {}", workflow["output"]));
    Ok(())
}
