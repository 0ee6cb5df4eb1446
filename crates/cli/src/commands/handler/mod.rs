//! `segue handler`.

mod install;
mod run;
mod show;

use std::path::PathBuf;

use clap::Subcommand;
use segue_handlers::host::Host;
use serde_json::{Value, json};

use super::runs::Place;
use super::server::HttpArgs;
use crate::error::{Error, Result};
use crate::letrun::catalogue::{self, Entry};
use crate::letrun::file::Reading;
use crate::letrun::install::installed;
use crate::letrun::setup::{Setup, Surface};
use crate::print;
use crate::project::Project;
use crate::screen::Screen;

/// The handlers of a project: list, show, run, install.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  segue handler ls --custom
  segue handler show http
  segue handler show greet --group songs
  segue handler run greet --input '{\"name\": \"Ada\"}'
  segue handler install @letrun-task/file@^0.0.1 ./my-tasks
  segue handler install --from songs.json --dry-run
  segue handler install                       restore what segue-handlers.lock names")]
pub(crate) enum Command {
    /// List handlers: system tasks and the project's own.
    Ls {
        /// Only the project's own.
        #[arg(short, long)]
        custom: bool,
        /// Only system tasks.
        #[arg(short, long)]
        system: bool,
        /// More columns, which handlers are loaded for: description, version, keywords, …
        #[arg(short, long, value_name = "FIELDS", value_delimiter = ',')]
        with: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Show what a handler says of itself: its parameters and its output.
    Show(show::Args),
    /// Run a handler on its own.
    Run(run::Args),
    /// Install handlers: packages of npm, folders, tarballs.
    Install(install::Args),
    /// List what is installed.
    Versions {
        #[command(flatten)]
        place: Place,
    },
    /// Print what a handler says of itself as JSON; without a name that of the system tasks.
    Meta(show::Meta),
}

pub(crate) async fn run(command: Command, as_json: bool) -> Result<()> {
    match command {
        Command::Ls { custom, system, with, place } => {
            list(&place.project()?, Listing { custom, system, with }, as_json).await
        }
        Command::Show(args) => show::run(args, as_json).await,
        Command::Run(args) => run::run(args, as_json).await,
        Command::Install(args) => install::run(args, as_json).await,
        Command::Versions { place } => {
            versions(&place.project()?, as_json);
            Ok(())
        }
        Command::Meta(args) => show::meta(args).await,
    }
}

/// What `ls` shows.
struct Listing {
    custom: bool,
    system: bool,
    with: Vec<String>,
}

async fn list(project: &Project, what: Listing, as_json: bool) -> Result<()> {
    let mut entries = Vec::new();
    if what.system || !what.custom {
        entries.extend(catalogue::system());
    }
    if what.custom || !what.system {
        entries.extend(catalogue::own(project));
    }
    let mut shown: Vec<Value> =
        entries.iter().map(|entry| serde_json::to_value(entry).unwrap_or_default()).collect();
    if !what.with.is_empty() {
        let setup = setup(project.clone(), HttpArgs { http_allow: Vec::new() }).await?;
        for (entry, shown) in entries.iter().zip(&mut shown) {
            let said = said(&setup.host, entry).await;
            for field in &what.with {
                shown[field] = said.get(field).cloned().unwrap_or_default();
            }
        }
        setup.host.stop().await;
    }
    if as_json {
        print::json(&Value::Array(shown));
        return Ok(());
    }
    let mut fields = vec!["name", "group", "kind", "handler"];
    fields.extend(what.with.iter().map(String::as_str));
    let head: Vec<String> = fields.iter().map(|field| field.to_uppercase()).collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let rows = shown.iter().map(|entry| fields.iter().map(|field| print::field(entry, field)).collect());
    print::table(&head, rows.collect());
    Ok(())
}

/// What the only task of a handler says, or else the group; a broken handler says why in the place of its description.
async fn said(host: &Host, entry: &Entry) -> Value {
    match host.describe(&entry.handler, None).await {
        Ok(mut said) if said.tasks.len() == 1 => json!(said.tasks.remove(0)),
        Ok(said) => json!(said),
        Err(error) => json!({"description": error.message}),
    }
}

fn versions(project: &Project, as_json: bool) {
    let all = installed(project);
    if as_json {
        return print::json(&json!(all));
    }
    eprintln!("{} handlers are installed in {}", all.len(), project.root.display());
    let rows = all.into_iter().map(|one| vec![one.name, one.version, one.source, one.integrity]);
    print::table(&["NAME", "VERSION", "SOURCE", "INTEGRITY"], rows.collect());
}

/// The project with its host, lines of plugins and handlers going to standard error.
async fn setup(project: Project, http: HttpArgs) -> Result<Setup> {
    let surface = Surface::new(Screen::default(), "warn");
    Setup::new(project, Reading::default(), surface, http.http_allow).await
}

/// A handler as its user names it.
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// Its name, `group/name`, its path, or the handler as a workflow writes it.
    name: String,
    /// The group that it is in: a folder of the task directory, or a package of several tasks; `.` for none.
    #[arg(short, long)]
    group: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl Named {
    /// The handler as a workflow writes it.
    fn handler(&self, project: &Project, host: &Host) -> Result<String> {
        let directory = std::env::current_dir()?;
        let found = |handler: &str| host.locate(handler, Some(&directory)).is_ok();
        if self.group.is_none() && found(&self.name) {
            return Ok(self.name.clone());
        }
        let mut entries = catalogue::own(project);
        entries.extend(catalogue::system());
        if let Some(entry) = catalogue::meant(&entries, &self.name, self.group.as_deref()) {
            return Ok(entry.handler.clone());
        }
        // A task of a package, or of a module that holds several.
        if let Some(group) = self.group.as_deref().filter(|group| *group != ".") {
            let of_group = catalogue::meant(&entries, group, None).map(|entry| entry.handler.clone());
            let of_group = of_group.or_else(|| found(group).then(|| group.to_owned()));
            if let Some(handler) = of_group {
                return Ok(format!("{handler}:{}", self.name));
            }
        }
        let within = self.group.as_ref().map(|group| format!(" in group {group:?}")).unwrap_or_default();
        Err(Error::usage(format!("there is no handler {:?}{within}", self.name))
            .hint("segue handler ls lists them; `segue handler install` gets packages"))
    }
}

/// Where an answer goes.
fn write(path: Option<&PathBuf>, value: &Value) -> Result<()> {
    match path {
        Some(path) => crate::letrun::output::write(path, value),
        None => {
            print::json(value);
            Ok(())
        }
    }
}
