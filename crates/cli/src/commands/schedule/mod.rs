//! `segue schedule`.

mod next;
mod put;
mod runs;

use clap::Subcommand;
use serde_json::{Value, json};

use super::Context;
use crate::api::segment;
use crate::error::Result;
use crate::print;

/// Schedules: start executions by time.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  segue schedule put nightly.json
  segue schedule ls
  segue schedule next '0 0 9 * * MON-FRI' --zone Europe/Berlin --count 3
  segue schedule pause nightly --reason 'the database moves'
  segue schedule runs nightly

A cron expression has six fields: second minute hour day month weekday.")]
pub(crate) enum Command {
    Put(put::Args),
    /// List schedules with their next times.
    #[command(after_help = "Example:\n  segue schedule ls --workflow report")]
    Ls {
        /// Only those that start this definition.
        #[arg(long, value_name = "NAME")]
        workflow: Option<String>,
    },
    /// Print a schedule.
    #[command(after_help = "Example:\n  segue schedule show nightly")]
    Show {
        /// Its name.
        name: String,
    },
    /// Keep a schedule from firing until it is resumed.
    #[command(
        after_help = "Examples:\n  segue schedule pause nightly --reason 'the database moves'\n  segue schedule pause --all"
    )]
    Pause {
        /// Its name.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        name: Option<String>,
        /// Why.
        #[arg(long, conflicts_with = "all")]
        reason: Option<String>,
        /// All schedules at once, on all nodes, whatever is paused by itself.
        #[arg(long)]
        all: bool,
    },
    /// Let a schedule fire again.
    #[command(after_help = "Examples:\n  segue schedule resume nightly\n  segue schedule resume --all")]
    Resume {
        /// Its name.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        name: Option<String>,
        /// End a pause of all.
        #[arg(long)]
        all: bool,
    },
    /// Delete a schedule; what it started goes on.
    #[command(after_help = "Example:\n  segue schedule rm nightly")]
    Rm {
        /// Its name.
        name: String,
    },
    Next(next::Args),
    Runs(runs::Args),
    /// Fire a schedule now, whatever its times say and paused or not.
    #[command(after_help = "Example:\n  segue schedule run nightly")]
    Run {
        /// Its name.
        name: String,
    },
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<()> {
    let api = &context.api;
    match command {
        Command::Put(args) => put::run(&args, context).await,
        Command::Ls { workflow } => list(workflow.as_deref(), context).await,
        Command::Show { name } => {
            print::json(&api.get(&path(&name)).await?);
            Ok(())
        }
        Command::Pause { name: Some(name), reason, .. } => {
            let reason = segment(reason.as_deref().unwrap_or(""));
            api.put(&format!("{}/pause?reason={reason}", path(&name)), None).await?;
            tell("paused", &name, context);
            Ok(())
        }
        Command::Resume { name: Some(name), .. } => {
            api.put(&format!("{}/resume", path(&name)), None).await?;
            tell("resumed", &name, context);
            Ok(())
        }
        Command::Pause { name: None, .. } => all("pause", "paused", context).await,
        Command::Resume { name: None, .. } => all("resume", "resumed", context).await,
        Command::Rm { name } => {
            api.delete(&path(&name)).await?;
            tell("deleted", &name, context);
            Ok(())
        }
        Command::Next(args) => next::run(&args, context).await,
        Command::Runs(args) => runs::run(&args, context).await,
        Command::Run { name } => runs::now(&name, context).await,
    }
}

fn path(name: &str) -> String {
    format!("/scheduler/schedules/{}", segment(name))
}

fn tell(done: &str, name: &str, context: &Context) {
    if context.json {
        print::json(&json!({"schedule": name, "done": done}));
    } else {
        print::line(format!("{done} {name}"));
    }
}

async fn all(verb: &str, done: &str, context: &Context) -> Result<()> {
    let answer = context.api.get(&format!("/scheduler/admin/{verb}")).await?;
    if context.json {
        print::json(&answer);
    } else {
        print::line(format!("{done} all schedules"));
    }
    Ok(())
}

async fn list(workflow: Option<&str>, context: &Context) -> Result<()> {
    let workflow = workflow.map_or_else(String::new, |name| format!("?workflowName={}", segment(name)));
    let found = context.api.get(&format!("/scheduler/schedules{workflow}")).await?;
    if context.json {
        print::json(&found);
        return Ok(());
    }
    let rows = found.as_array().into_iter().flatten().map(|schedule| {
        let request = schedule.get("startWorkflowRequest").unwrap_or(&Value::Null);
        let started = match print::field(request, "name") {
            name if name.is_empty() => print::field(&request["workflowDef"], "name"),
            name => name,
        };
        let next = match (schedule["paused"].as_bool(), schedule["nextRunTime"].as_i64()) {
            (Some(true), _) => "paused".to_owned(),
            (_, Some(at)) => next::shown(at, &jiff::tz::TimeZone::UTC),
            (_, None) => "none".to_owned(),
        };
        vec![print::field(schedule, "name"), crons(schedule), started, next]
    });
    print::table(&["NAME", "CRON", "STARTS", "NEXT"], rows.collect());
    Ok(())
}

/// The crons of a schedule, each with its zone where that is not UTC.
fn crons(schedule: &Value) -> String {
    let Ok(schedule) = serde_json::from_value::<segue_core::definition::Schedule>(schedule.clone()) else {
        return String::new();
    };
    let crons = schedule.crons().map(|(_, cron, zone)| match zone {
        "UTC" => cron.to_owned(),
        zone => format!("{cron} {zone}"),
    });
    crons.collect::<Vec<_>>().join("; ")
}
