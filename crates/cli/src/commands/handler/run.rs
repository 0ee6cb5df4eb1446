//! `segue handler run`: a workflow of one task.

use serde_json::json;

use super::Named;
use crate::commands::stop::Stop;
use crate::error::{Error, Result};
use crate::letrun::file::{Flow, Reading};
use crate::letrun::how::How;
use crate::letrun::plugins;
use crate::letrun::session::{Followed, Session, conclude};

/// Run a handler on its own.
///
/// Its parameters are the input; it is tried once. Standard output is what it yields.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue handler run greet --input '{\"name\": \"Ada\"}'
  segue handler run http --input '{\"url\": \"http://127.0.0.1:8080/health\"}'
  segue handler run read --group @letrun-task/file -i params.json -p > text.txt")]
pub(crate) struct Args {
    #[command(flatten)]
    named: Named,
    /// Its parameters: JSON, FILE, @FILE, or - for standard input.
    #[arg(short, long, value_name = "JSON|FILE")]
    input: Option<String>,
    #[command(flatten)]
    how: How,
}

/// Tasks that are nothing without the tasks in them.
const HOLDERS: [&str; 6] = ["if", "switch", "for", "while", "iterate", "catch"];

pub(super) async fn run(args: Args, as_json: bool) -> Result<()> {
    let project = args.named.place.project()?;
    let setup = args.how.setup(project, Reading::default()).await?;
    let handler = args.named.handler(&setup.project, &setup.host)?;
    if HOLDERS.contains(&handler.as_str()) {
        return Err(Error::usage(format!("{handler:?} does nothing without the tasks in it"))
            .hint("write a workflow with it and use `segue run`"));
    }
    let input = plugins::input(&setup.host, args.input.as_deref()).await?;
    let task = json!({"name": "run", "handler": handler, "parameters": input, "retryCount": 0});
    let file = json!({"name": handler, "tasks": [task]}).to_string();
    let flow = Flow::parse(&file, &setup.directory.join("handler.json"), &setup.project, setup.reading)?;
    let session = Session::open(&setup, flow, "memory:", None).await?;
    let mut stop = Stop::listen()?;
    let followed = match session.start(serde_json::Map::new(), &mut stop).await? {
        Some(id) => session.follow(id, &mut stop, std::future::pending()).await?,
        None => Followed::Stopped,
    };
    let ended = match &followed {
        Followed::Over(workflow) => {
            session.conclude(workflow).await?;
            conclude(workflow, &args.how.show(as_json))
        }
        _ => Err(Error::failed("stopped before it was over")),
    };
    session.close().await?;
    ended
}
