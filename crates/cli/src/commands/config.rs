//! `segue config`.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::print;
use crate::project::Project;

/// The configuration of a project.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  segue config show
  segue config show task.dir --origin
  TASK_DIR=chores segue config show --origin")]
pub(crate) enum Command {
    /// Print what is in force.
    Show {
        /// One key; without it all.
        key: Option<String>,
        /// A file or folder of the project.
        #[arg(long, default_value = ".", value_name = "PATH")]
        project: PathBuf,
        /// Say where each value comes from.
        #[arg(long)]
        origin: bool,
    },
}

pub(crate) fn run(command: Command, as_json: bool) -> Result<()> {
    let Command::Show { key, project, origin } = command;
    let project = Project::of(&project)?;
    let mut all = project.config.all();
    if let Some(key) = &key {
        all.retain(|(name, ..)| name == key);
        if all.is_empty() {
            let (value, from) = project.config.get(key).ok_or_else(|| {
                Error::usage(format!("{key} is not set")).hint("segue config show lists what is")
            })?;
            all.push((key.clone(), value, from));
        }
    }
    if as_json {
        let shown = all.into_iter().map(|(key, value, from)| {
            let value = if origin { json!({"value": value, "origin": from.to_string()}) } else { value };
            (key, value)
        });
        print::json(&Value::Object(shown.collect::<Map<_, _>>()));
        return Ok(());
    }
    if !origin {
        for (name, value, _) in &all {
            let value = crate::project::plain(value);
            print::line(if key.is_some() { value } else { format!("{name}={value}") });
        }
        return Ok(());
    }
    print::line(format!("project {}", project.root.display()));
    let row = |(key, value, from): (String, Value, crate::project::Origin)| {
        vec![key, crate::project::plain(&value), from.to_string()]
    };
    print::table(&["KEY", "VALUE", "ORIGIN"], all.into_iter().map(row).collect());
    Ok(())
}
