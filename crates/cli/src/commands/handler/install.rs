//! `segue handler install`.

use std::path::{Path, PathBuf};

use segue_dialects::letrun::handler::Handler;
use serde_json::{Value, json};

use super::{HttpArgs, Place, setup};
use crate::error::Result;
use crate::letrun::file::Flow;
use crate::letrun::install::{Lock, Locked, Outcome, Source, install, installed};
use crate::print;
use crate::project::Project;

/// Install handlers into the project: packages of npm, folders, tarballs.
///
/// Each goes with what it depends on to .segue/handlers/NAME@VERSION, where workflows find it as package:NAME or
/// package:NAME@RANGE. segue-handlers.lock says what belongs to the project; without arguments that is what is installed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue handler install @letrun-task/file@^0.0.1
  segue handler install ./my-tasks my-tasks-1.2.0.tgz
  segue handler install --from songs.json --dry-run
  segue handler install                       what segue-handlers.lock names")]
pub(crate) struct Args {
    /// A folder (with a slash), a tarball (.tgz), or a package of npm: NAME, NAME@RANGE.
    #[arg(value_name = "SPEC")]
    specs: Vec<String>,
    /// Install the packages that this workflow file needs and the project does not have.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Only say what would be installed.
    #[arg(short, long)]
    dry_run: bool,
    #[command(flatten)]
    place: Place,
}

/// Something to be installed, and what must come of it.
type Wanted = (Source, Option<Locked>);

pub(super) async fn run(args: Args, as_json: bool) -> Result<()> {
    let project = args.place.project()?;
    let directory = std::env::current_dir()?;
    let mut wanted: Vec<Wanted> = Vec::new();
    for spec in &args.specs {
        wanted.push((Source::parse(spec, &directory)?, None));
    }
    if let Some(file) = &args.from {
        wanted.extend(needed(&project, file).await?.into_iter().map(|source| (source, None)));
    }
    if args.specs.is_empty() && args.from.is_none() {
        wanted = locked(&project)?;
    }
    if args.dry_run {
        plan(&project, &wanted, as_json);
        return Ok(());
    }
    let mut done = Vec::new();
    for (source, locked) in &wanted {
        eprintln!("{} …", source.told(&project));
        done.push(install(&project, source, locked.as_ref()).await?);
    }
    if as_json {
        let row = |(one, outcome): &(_, Outcome)| json!({"handler": one, "outcome": outcome.name()});
        print::json(&done.iter().map(row).collect());
        return Ok(());
    }
    for (one, outcome) in &done {
        print::line(format!("{}@{} {}", one.name, one.version, outcome.name()));
    }
    if done.is_empty() {
        eprintln!("nothing is to be installed");
    }
    Ok(())
}

/// What the lock file names.
fn locked(project: &Project) -> Result<Vec<Wanted>> {
    let wanted = |locked: Locked| {
        let source = match Source::parse(&locked.source, &project.root)? {
            // That version, whatever range was asked for.
            Source::Npm { name, .. } => Source::Npm { name, range: Some(locked.version.clone()) },
            other => other,
        };
        Ok((source, Some(locked)))
    };
    Lock::read(project)?.handlers.into_iter().map(wanted).collect()
}

/// The packages that a workflow file needs and the project does not have.
async fn needed(project: &Project, file: &Path) -> Result<Vec<Source>> {
    let setup = setup(project.clone(), HttpArgs { http_allow: Vec::new() }).await?;
    let flow = Flow::read(file, &setup.project, setup.reading);
    let mut needed = Vec::new();
    for used in flow?.compiled.handlers.iter() {
        let Handler::Package { name, version, .. } = &used.handler else { continue };
        let is_there = setup.host.locate(&used.text, file.parent()).is_ok();
        if used.handler.bundled().is_none() && !is_there {
            let spec = version.as_ref().map_or_else(|| name.clone(), |version| format!("{name}@{version}"));
            let source = Source::parse(&format!("npm:{spec}"), &project.root)?;
            if !needed.contains(&source) {
                needed.push(source);
            }
        }
    }
    setup.host.stop().await;
    Ok(needed)
}

fn plan(project: &Project, wanted: &[Wanted], as_json: bool) {
    let all = installed(project);
    let is_there = |locked: &Option<Locked>| {
        locked.as_ref().is_some_and(|locked| {
            all.iter().any(|one| one.name == locked.name && one.integrity == locked.integrity)
        })
    };
    let rows: Vec<(String, bool)> =
        wanted.iter().map(|(source, locked)| (source.told(project), is_there(locked))).collect();
    if as_json {
        let rows: Vec<Value> =
            rows.iter().map(|(source, there)| json!({"source": source, "isInstalled": there})).collect();
        return print::json(&Value::Array(rows));
    }
    for (source, is_there) in &rows {
        let what = if *is_there { "is there already" } else { "would be installed" };
        print::line(format!("{source} {what}"));
    }
    if rows.is_empty() {
        eprintln!("nothing is to be installed");
    }
}
