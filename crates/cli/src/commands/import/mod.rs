//! `segue import`.

pub(crate) mod item;
mod register;
mod source;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use self::item::{Item, Kind};
use self::register::{Outcome, Registrar, Schedules};
use super::Context;
use crate::error::{Error, Result};
use crate::print;

/// Bring definitions from elsewhere.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  segue import conductor http://conductor:8080 --dry-run
  segue import conductor http://conductor:8080
  segue import conductor http://conductor:8080 --take-over
  segue import conductor ./definitions")]
pub(crate) enum Command {
    /// From a Conductor server, or a directory of its JSON files.
    ///
    /// Copies workflow and task definitions, event handlers and schedules to the server. A second run finds everything
    /// unchanged. Schedules from a server come paused, so that they do not fire on both.
    Conductor(Conductor),
}

#[derive(Debug, Args)]
pub(crate) struct Conductor {
    /// The server's URL, or a directory; files are told apart by what they hold.
    #[arg(value_name = "URL|DIR")]
    source: String,
    /// Say what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Let schedules of the other server fire here from now on; pause them there first.
    #[arg(long)]
    take_over: bool,
    /// A header for calls to the Conductor server, as `Name: value`.
    #[arg(long = "header", value_name = "HEADER")]
    headers: Vec<String>,
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<()> {
    let Command::Conductor(args) = command;
    let found = source::read(&args.source, &args.headers).await?;
    let schedules = match found.is_live && !args.take_over {
        true => Schedules::Paused,
        false => Schedules::AsTheyAre,
    };
    let mut registrar = Registrar::new(&context.api, args.dry_run, schedules).await?;
    let mut report = Report::default();
    for problem in found.problems {
        report.add(problem);
    }
    // A definition may be checked against the task definitions that it names.
    let mut items = found.items;
    items.sort_by_key(|item| item.kind);
    for item in items {
        let (outcome, reason) = registrar.take(&item).await?;
        report.add(Line { outcome, reason, item });
    }
    report.print(context.json);
    report.verdict()
}

/// What became of one thing.
struct Line {
    outcome: Outcome,
    reason: Option<String>,
    item: Item,
}

impl Line {
    fn told(&self) -> String {
        let Item { kind, name, version, place, .. } = &self.item;
        let version = version.map_or_else(String::new, |version| format!(" version {version}"));
        let what = match kind {
            Kind::Unknown => place.clone(),
            kind => format!("{} {name}{version}", kind.as_str()),
        };
        let reason = self.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        format!("{:<10} {what}{reason}", self.outcome.as_str())
    }

    fn json(&self) -> Value {
        let Item { kind, name, version, place, .. } = &self.item;
        let mut line =
            json!({"kind": kind.as_str(), "name": name, "outcome": self.outcome.as_str(), "from": place});
        if let Some(version) = version {
            line["version"] = (*version).into();
        }
        if let Some(reason) = &self.reason {
            line["reason"] = reason.as_str().into();
        }
        line
    }
}

#[derive(Default)]
struct Report {
    lines: Vec<Line>,
}

impl Report {
    fn add(&mut self, line: Line) {
        self.lines.push(line);
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.lines.iter().filter(|line| line.outcome == outcome).count()
    }

    fn print(&self, as_json: bool) {
        let counts: Vec<(Outcome, usize)> =
            Outcome::ALL.into_iter().map(|outcome| (outcome, self.count(outcome))).collect();
        if as_json {
            let items: Vec<Value> = self.lines.iter().map(Line::json).collect();
            let counts: serde_json::Map<String, Value> = counts
                .iter()
                .map(|(outcome, count)| (outcome.as_str().to_owned(), (*count).into()))
                .collect();
            print::json(&json!({"items": items, "counts": counts}));
            return;
        }
        for line in &self.lines {
            print::line(line.told());
        }
        let counted = counts.iter().filter(|(_, count)| *count > 0);
        let counted: Vec<String> =
            counted.map(|(outcome, count)| format!("{count} {}", outcome.as_str())).collect();
        print::line(if counted.is_empty() { "nothing found".to_owned() } else { counted.join(", ") });
    }

    fn verdict(&self) -> Result<()> {
        match self.count(Outcome::Refused) {
            0 => Ok(()),
            1 => Err(Error::usage("1 item was refused")),
            count => Err(Error::usage(format!("{count} items were refused"))),
        }
    }
}
