//! `segue plugin`.

use clap::Subcommand;
use segue_handlers::host::{Host, Plugin, PluginCommand};
use serde_json::{Value, json};

use super::runs::Place;
use crate::error::{Error, Result};
use crate::letrun::file::Reading;
use crate::letrun::setup::{Setup, Surface};
use crate::letrun::{output, plugins};
use crate::print;
use crate::screen::Screen;

/// The plugins of a project.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  segue plugin ls
  segue plugin show task-invoker
  segue plugin show --type task-invoker --name docker
  segue plugin run                              the commands that plugins bring
  segue plugin run hug Ada --times 2            one of them")]
pub(crate) enum Command {
    /// List the plugins that are loaded, the highest priority first.
    Ls {
        #[command(flatten)]
        place: Place,
    },
    /// Show the plugins of a type or a name, with the methods that can be called.
    Show {
        /// A type or a name.
        #[arg(required_unless_present_any = ["kind", "name"])]
        plugin: Option<String>,
        /// Only those of this type.
        #[arg(short = 't', long = "type", value_name = "TYPE")]
        kind: Option<String>,
        /// Only those of this name.
        #[arg(short, long)]
        name: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Run a command that a plugin brings; without one, list them.
    Run {
        #[command(flatten)]
        place: Place,
        /// The command and what follows it.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
}

pub(crate) async fn run(command: Command, as_json: bool) -> Result<()> {
    let (Command::Ls { place } | Command::Show { place, .. } | Command::Run { place, .. }) = &command;
    // A plugin that cannot be loaded says so on standard error.
    let surface = Surface::new(Screen::default(), "warn");
    let setup = Setup::new(place.project()?, Reading::default(), surface, Vec::new()).await?;
    let plugins = setup.host.plugins().to_vec();
    let ended = match &command {
        Command::Run { words, .. } => Some(bring(&setup.host, words, as_json).await),
        _ => None,
    };
    setup.host.stop().await;
    match command {
        Command::Run { .. } => ended.transpose().map(drop)?,
        Command::Ls { .. } => list(&plugins, as_json),
        Command::Show { plugin, kind, name, .. } => {
            let is_asked = |one: &&Plugin| {
                plugin.as_ref().is_none_or(|text| one.kind == *text || one.name == *text)
                    && kind.as_ref().is_none_or(|kind| one.kind == *kind)
                    && name.as_ref().is_none_or(|name| one.name == *name)
            };
            let found: Vec<&Plugin> = plugins.iter().filter(is_asked).collect();
            if found.is_empty() {
                let asked = [plugin, kind, name].into_iter().flatten().collect::<Vec<_>>().join(" ");
                return Err(Error::usage(format!("the project has no plugin {asked}"))
                    .hint("segue plugin ls lists them"));
            }
            show(&found, as_json);
        }
    }
    Ok(())
}

/// Runs a command of a plugin and prints what it returns, or lists the commands.
async fn bring(host: &Host, words: &[String], as_json: bool) -> Result<()> {
    if words.is_empty() {
        let commands = host.commands().await.map_err(plugins::failed)?;
        let row = |command: PluginCommand| {
            let arguments = command.arguments.iter().map(|one| format!("<{}>", one.name));
            let options = command.options.iter().map(|one| format!("[{}]", one.flags));
            let usage: Vec<String> = std::iter::once(command.name).chain(arguments).chain(options).collect();
            vec![usage.join(" "), command.description]
        };
        print::table(&["COMMAND", "DESCRIPTION"], commands.into_iter().map(row).collect());
        return Ok(());
    }
    match host.run_command(words).await.map_err(plugins::failed)? {
        Some(value) if as_json => print::json(&value),
        Some(value) if !value.is_null() => output::print(Some(&value), false),
        _ => {}
    }
    Ok(())
}

fn list(plugins: &[Plugin], as_json: bool) {
    if as_json {
        return print::json(&plugins.iter().map(described).collect());
    }
    let rows = plugins.iter().map(|plugin| {
        vec![
            plugin.kind.clone(),
            plugin.name.clone(),
            plugin.priority.to_string(),
            plugin.unsupported().map_or("yes".to_owned(), |why| format!("no: {why}")),
            plugin.description.clone().unwrap_or_default(),
        ]
    });
    print::table(&["TYPE", "NAME", "PRIORITY", "USED", "DESCRIPTION"], rows.collect());
}

fn show(plugins: &[&Plugin], as_json: bool) {
    if as_json {
        return print::json(&plugins.iter().map(|plugin| described(plugin)).collect());
    }
    for plugin in plugins {
        print::line(format!("{} {} (priority {})", plugin.kind, plugin.name, plugin.priority));
        plugin.description.iter().for_each(|text| print::line(format!("   {text}")));
        plugin.unsupported().iter().for_each(|why| print::line(format!("   not used: {why}")));
        for (place, method) in plugin.methods.iter().enumerate() {
            let branch = if place + 1 == plugin.methods.len() { "└─" } else { "├─" };
            print::line(format!("{branch} {method}"));
        }
    }
}

fn described(plugin: &Plugin) -> Value {
    json!({
        "type": plugin.kind,
        "name": plugin.name,
        "priority": plugin.priority,
        "description": plugin.description,
        "methods": plugin.methods,
        "unsupported": plugin.unsupported(),
    })
}
