//! `segue run`: a file of either dialect, in this process.

mod letrun;
mod native;
mod watching;

use std::path::PathBuf;

pub(crate) use letrun::finish;
use segue_dialects::letrun::is_letrun;

use crate::error::{Error, Result};
use crate::input;
use crate::letrun::how::How;

/// Run one definition file in this process, without a server.
///
/// A letrun file runs with the handlers, plugins and configuration of its project. Standard output is the workflow's output,
/// all else goes to standard error.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue run greet.json --input '{\"name\": \"Ada\"}'
  segue run songs.json -s                       keep it; after a failure or Ctrl-C, `segue resume ID` goes on
  segue run songs.json -p > output.json         nothing but the output
  segue run songs.json --watch                  again whenever a file changes, keeping what is still true
  segue run order.json --save=order.db          keep a workflow in Conductor's format in a file of its own
  segue run order.json --serve 8080             let workers take its tasks")]
pub(crate) struct Args {
    /// A JSON or YAML file with one definition; in a list, the first is run and the others can be its children. Or a
    /// letrun file: a workflow or a single task.
    file: PathBuf,
    /// Input: JSON, FILE, @FILE, or - for standard input.
    #[arg(short, long, value_name = "JSON|FILE")]
    input: Option<String>,
    /// Keep the execution: in this database, or with the project's saved runs.
    #[arg(short, long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    save: Option<String>,
    #[command(flatten)]
    how: How,
    /// Serve workers on this port while it runs; 0 takes a free one.
    #[arg(long, value_name = "PORT")]
    serve: Option<u16>,
    /// Fail where an expression finds nothing, instead of leaving it as it is written.
    #[arg(long)]
    strict: bool,
    /// Count attempts with retryCount, as letrun 0.0.6 does, instead of retries.
    #[arg(long)]
    letrun_compat: bool,
    /// Run again when the file, a handler or a plugin changes; steps whose inputs did not change keep their results.
    #[arg(long, conflicts_with_all = ["save", "pipe", "serve"])]
    watch: bool,
}

pub(crate) async fn run(args: Args, as_json: bool) -> Result<()> {
    let text = input::file(&args.file)?;
    if is_letrun(&text) {
        return if args.watch { watching::run(args).await } else { letrun::run(args, as_json).await };
    }
    for (is_set, name) in [
        (args.watch, "--watch"),
        (args.letrun_compat, "--letrun-compat"),
        (args.strict, "--strict"),
        (args.save.as_deref() == Some(""), "--save without a file"),
    ] {
        if is_set {
            return Err(Error::usage(format!("{name} is for letrun files")));
        }
    }
    native::run(args, as_json).await
}
