//! `segue convert`.

use std::path::PathBuf;

use segue_dialects::letrun::{Loss, is_letrun, to_letrun, to_native};
use serde_json::{Value, json};

use super::def;
use crate::error::{Error, Result};
use crate::letrun::file::{Flow, Rules};
use crate::project::Project;
use crate::{input, print};

/// Rewrite a workflow file in the other format.
///
/// The result goes to standard output or a file; what it cannot say is listed on standard error. Of a native definition that
/// came from a letrun file, the way back gives that file again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue convert songs.json --to native -o songs.native.json
  segue convert songs.native.json --to letrun
  segue convert order.yaml --to letrun --strict       nothing, if it cannot say all")]
pub(crate) struct Args {
    /// A letrun file, or a definition in the native format.
    file: PathBuf,
    /// What to write.
    #[arg(long, value_name = "FORMAT")]
    to: Format,
    /// Write to this file.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write nothing, and exit with 1, if anything is lost.
    #[arg(long)]
    strict: bool,
    /// Count attempts with retryCount, as letrun 0.0.6 does, instead of retries.
    #[arg(long)]
    letrun_compat: bool,
}

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Conductor's, with our extensions.
    Native,
    /// Tasks with handlers.
    Letrun,
}

pub(crate) async fn run(args: &Args, as_json: bool) -> Result<()> {
    let text = input::file(&args.file)?;
    let is_source_letrun = is_letrun(&text);
    if is_source_letrun == (args.to == Format::Letrun) {
        let name = if is_source_letrun { "a letrun file" } else { "in the native format" };
        return Err(Error::usage(format!("{} is {name} already", args.file.display())));
    }
    let (written, losses) = if is_source_letrun { native(args).await? } else { letrun(args).await? };
    tell(&losses, as_json);
    if args.strict && !losses.is_empty() {
        return Err(Error::failed(format!("{} things would be lost; nothing is written", losses.len())));
    }
    match &args.output {
        Some(path) => {
            let text = serde_json::to_string_pretty(&written).unwrap_or_default() + "\n";
            std::fs::write(path, text).map_err(|error| Error::io(format!("{}: {error}", path.display())))
        }
        None => {
            print::json(&written);
            Ok(())
        }
    }
}

async fn native(args: &Args) -> Result<(Value, Vec<Loss>)> {
    let project = Project::of(&args.file)?;
    let rules = Rules { strict: false, letrun_compat: args.letrun_compat };
    let flow = Flow::read(&args.file, &project, rules.reading(&project).await?)?;
    let (definition, losses) = to_native(&flow.compiled);
    let value = serde_json::to_value(&definition).map_err(|error| Error::io(error.to_string()))?;
    Ok((value, losses))
}

async fn letrun(args: &Args) -> Result<(Value, Vec<Loss>)> {
    let definitions = def::read(&args.file, Rules::default()).await?;
    let [definition] = definitions.as_slice() else {
        return Err(Error::usage(format!("{}: expected one definition", args.file.display()))
            .hint("a letrun file holds one workflow"));
    };
    to_letrun(definition).map_err(|refused| {
        let reasons: Vec<String> = refused.iter().map(|loss| format!("  {loss}")).collect();
        Error::usage(format!(
            "{} cannot be said in letrun's format:\n{}",
            definition.name,
            reasons.join("\n")
        ))
    })
}

fn tell(losses: &[Loss], as_json: bool) {
    if as_json {
        let losses: Vec<Value> =
            losses.iter().map(|loss| json!({"place": loss.place, "what": loss.what})).collect();
        eprintln!("{}", json!({ "losses": losses }));
    } else {
        losses.iter().for_each(|loss| eprintln!("lost: {loss}"));
    }
}
