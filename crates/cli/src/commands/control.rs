//! `segue pause`, `resume`, `terminate`, `retry`.

use serde_json::json;

use super::Context;
use crate::api::segment;
use crate::error::Result;
use crate::print;

/// Schedule nothing new until a resume; running tasks go on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  segue pause ID")]
pub(crate) struct Pause {
    /// The execution.
    id: String,
}

/// End a pause.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  segue resume ID")]
pub(crate) struct Resume {
    /// The execution.
    id: String,
}

/// Stop an execution and its sub-workflows.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  segue terminate ID --reason 'ordered twice'")]
pub(crate) struct Terminate {
    /// The execution.
    id: String,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
}

/// Run an unsuccessful execution again from its failures.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  segue retry ID")]
pub(crate) struct Retry {
    /// The execution.
    id: String,
}

impl Pause {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        context.api.put(&format!("/workflow/{}/pause", segment(&self.id)), None).await?;
        say(context, &self.id, "paused");
        Ok(())
    }
}

impl Resume {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        context.api.put(&format!("/workflow/{}/resume", segment(&self.id)), None).await?;
        say(context, &self.id, "resumed");
        Ok(())
    }
}

impl Terminate {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        let reason = self.reason.map_or_else(String::new, |reason| format!("?reason={}", segment(&reason)));
        context.api.delete(&format!("/workflow/{}{reason}", segment(&self.id))).await?;
        say(context, &self.id, "terminated");
        Ok(())
    }
}

impl Retry {
    pub(crate) async fn run(self, context: &Context) -> Result<()> {
        context.api.post(&format!("/workflow/{}/retry", segment(&self.id)), &json!({})).await?;
        say(context, &self.id, "retried");
        Ok(())
    }
}

fn say(context: &Context, id: &str, what: &str) {
    if context.json {
        print::json(&json!({"workflowId": id, "done": what}));
    } else {
        print::line(format!("{what} {id}"));
    }
}
