//! `segue store`.

use clap::Subcommand;
use serde_json::json;

use crate::error::{Error, Result};
use crate::print;

/// Look after a store that no server is using.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  segue store check --store segue.db
  segue store rebuild --store segue.db")]
pub(crate) enum Command {
    /// Bring the schema up to date (opening does so too) and say what there is.
    Migrate(Args),
    /// Recreate every table beside the journal from the journal.
    Rebuild(Args),
    /// Look for damage; exit with 1 if there is any.
    Check(Args),
}

/// Which store.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A file, sqlite:PATH, or postgres://…
    #[arg(long, env = "SEGUE_STORE", hide_env_values = true, default_value = "segue.db", value_name = "URL")]
    store: String,
}

pub(crate) async fn run(command: Command, as_json: bool) -> Result<()> {
    let (Command::Migrate(args) | Command::Rebuild(args) | Command::Check(args)) = &command;
    let is_new_file = !args.store.contains(':') && !std::path::Path::new(&args.store).exists();
    if is_new_file && !matches!(command, Command::Migrate(_)) {
        return Err(Error::io(format!("there is no file {}", args.store)).hint("name the store with --store"));
    }
    let store = segue_store::open(&args.store).await?;
    let outcome = match command {
        Command::Migrate(_) => {
            let counts = store.counts().await?;
            let total: u64 = counts.iter().map(|(_, count)| count).sum();
            Ok(json!({"schema": "up to date", "executions": total}))
        }
        Command::Rebuild(_) => Ok(json!({"records": store.rebuild().await?})),
        Command::Check(_) => {
            let findings = store.check().await?;
            if findings.is_empty() { Ok(json!({"findings": []})) } else { Err(findings) }
        }
    };
    store.close().await?;
    match outcome {
        Ok(done) if as_json => print::json(&done),
        Ok(done) => print::line(match (done.get("records"), done.get("executions")) {
            (Some(records), _) => format!("rebuilt every table from {records} records"),
            (_, Some(executions)) => format!("the schema is up to date; {executions} executions"),
            _ => "no damage found".to_owned(),
        }),
        Err(findings) => {
            if as_json {
                print::json(&json!({"findings": findings}));
            } else {
                findings.iter().for_each(print::line);
            }
            return Err(Error::failed(format!("{} findings", findings.len()))
                .hint("`segue store rebuild` repairs what can be derived from the journal"));
        }
    }
    Ok(())
}
