//! `segue schedule put`.

use std::path::{Path, PathBuf};

use segue_core::definition::{Schedule, validate_schedule};
use segue_dialects::Document;
use serde_json::Value;

use super::Context;
use crate::error::{Error, Result};
use crate::input::{self, file};
use crate::print;

/// Register schedules, or change those that exist.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  segue schedule put nightly.json weekly.yaml")]
pub(crate) struct Args {
    /// JSON or YAML files, each a schedule or a list of them.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) async fn run(args: &Args, context: &Context) -> Result<()> {
    let read: Vec<Vec<Schedule>> = args.files.iter().map(|path| read(path)).collect::<Result<_>>()?;
    let mut kept = Vec::new();
    for schedule in read.into_iter().flatten() {
        let body = serde_json::to_value(&schedule).map_err(|error| Error::io(error.to_string()))?;
        kept.push(context.api.post("/scheduler/schedules", &body).await?);
    }
    if context.json {
        print::json(&Value::Array(kept));
    } else {
        kept.iter().for_each(|one| print::line(format!("registered schedule {}", print::field(one, "name"))));
    }
    Ok(())
}

/// Reads and checks a file; what is wrong is shown where it stands.
fn read(path: &Path) -> Result<Vec<Schedule>> {
    let (text, name) = (file(path)?, path.display().to_string());
    let document = Document::new(&text).in_file(&name);
    let schedules: Vec<Schedule> = input::one_or_more(&document)?;
    let mut problems = Vec::new();
    for schedule in &schedules {
        for violation in validate_schedule(schedule) {
            problems.push(if schedules.len() == 1 {
                input::told(&document, &document.locate(&violation))
            } else {
                format!("{name}: {}: {}: {}", schedule.name, violation.path, violation.message)
            });
        }
    }
    if problems.is_empty() { Ok(schedules) } else { Err(Error::usage(problems.join("\n"))) }
}
