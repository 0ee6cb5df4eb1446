//! `segue watch`.

use std::time::Duration;

use serde_json::Value;

use super::Context;
use crate::api::segment;
use crate::error::{Error, Result};
use crate::screen::Screen;
use crate::{print, tree};

/// Show the task tree of an execution, live, until it is over.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  segue watch 0193a7b2-4c1d-7abc-9def-1a2b00000000")]
pub(crate) struct Args {
    /// The execution.
    id: String,
}

/// What is printed on standard output in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// The tree.
    Tree,
    /// The output alone.
    Result,
}

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(150);

pub(crate) async fn run(args: Args, context: &Context) -> Result<()> {
    follow(context, &args.id, Show::Tree).await
}

/// Follows an execution to its end; an unsuccessful end is an error.
pub(crate) async fn follow(context: &Context, id: &str, show: Show) -> Result<()> {
    let path = format!("/workflow/{}", segment(id));
    let mut screen = Screen::default();
    loop {
        let workflow = context.api.get(&path).await?;
        screen.draw(&tree::lines(&workflow));
        if is_over(&workflow) {
            return conclude(&workflow, context.json, show);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

pub(crate) fn is_over(workflow: &Value) -> bool {
    !matches!(print::field(workflow, "status").as_str(), "RUNNING" | "PAUSED")
}

/// Prints how an execution ended.
pub(crate) fn conclude(workflow: &Value, as_json: bool, show: Show) -> Result<()> {
    match show {
        _ if as_json => print::json(workflow),
        Show::Result => print::json(&workflow["output"]),
        Show::Tree => tree::lines(workflow).iter().for_each(print::line),
    }
    let status = print::field(workflow, "status");
    if status == "COMPLETED" {
        return Ok(());
    }
    let reason = print::field(workflow, "reasonForIncompletion");
    let id = print::field(workflow, "workflowId");
    Err(Error::failed(format!("the workflow ended as {status}: {reason}"))
        .hint(format!("segue show {id}, then segue retry {id}")))
}
