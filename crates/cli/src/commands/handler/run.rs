//! `segue handler run`: a workflow of one task.

use std::path::PathBuf;

use serde_json::json;

use super::{HttpArgs, Named};
use crate::error::{Error, Result};
use crate::letrun::file::{Flow, Reading};
use crate::letrun::plugins;
use crate::letrun::session::{Followed, Session, Show, conclude};
use crate::letrun::setup::{Setup, Surface, level};
use crate::screen::Screen;

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
    /// Write the output to this file.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print nothing but the output, and errors.
    #[arg(short, long)]
    pipe: bool,
    /// Show lines of handlers from this level on: error, warn, info, verbose, debug.
    #[arg(short, long, value_name = "LEVEL", value_parser = ["error", "warn", "info", "verbose", "debug"])]
    log: Option<String>,
    #[command(flatten)]
    http: HttpArgs,
}

/// Tasks that are nothing without the tasks in them.
const HOLDERS: [&str; 6] = ["if", "switch", "for", "while", "iterate", "catch"];

pub(super) async fn run(args: Args, as_json: bool) -> Result<()> {
    let project = args.named.place.project()?;
    let screen = if args.pipe { Screen::quiet() } else { Screen::default() };
    let surface = Surface::new(screen, &level(args.log.as_deref(), &project));
    let setup = Setup::new(project, Reading::default(), surface, args.http.http_allow).await?;
    let handler = args.named.handler(&setup.project, &setup.host)?;
    if HOLDERS.contains(&handler.as_str()) {
        return Err(Error::usage(format!("{handler:?} does nothing without the tasks in it"))
            .hint("write a workflow with it and use `segue run`"));
    }
    let input = plugins::input(&setup.host, args.input.as_deref()).await?;
    let task = json!({"name": "run", "handler": handler, "parameters": input, "retryCount": 0});
    let file = json!({"name": handler, "tasks": [task]}).to_string();
    let flow = Flow::parse(&file, &setup.directory.join("handler.json"), &setup.project, setup.reading)?;
    let session = Session::open(&setup, flow.clone(), "memory:", None).await?;
    let id = session.start(serde_json::Map::new()).await?;
    let followed = session.follow(id, std::future::pending()).await?;
    let show = Show { file: args.output, is_bare: args.pipe, as_json };
    let ended = match &followed {
        Followed::Over(workflow) => {
            session.conclude(workflow).await?;
            conclude(workflow, &show)
        }
        _ => Err(Error::failed("stopped before it was over")),
    };
    session.close().await?;
    ended
}
