//! `segue runs`.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use segue_dialects::Document;
use segue_dialects::letrun::is_letrun;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::letrun::saved::Saved;
use crate::letrun::{outline, shown};
use crate::project::Project;
use crate::{input, print};

/// The saved runs of a project: list, show, delete.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  segue runs ls
  segue runs ls --max 5 --with file,errorMessage
  segue runs show ID --with parameters,output
  segue runs rm ID
  segue runs clear --project songs/")]
pub(crate) enum Command {
    /// List saved runs, the newest first.
    Ls {
        /// At most so many.
        #[arg(short, long, default_value_t = 30)]
        max: usize,
        /// Leave out so many of the newest.
        #[arg(short, long, default_value_t = 0)]
        offset: usize,
        /// More columns: fields of the saved run, `input.name` for one.
        #[arg(short, long, value_name = "FIELDS", value_delimiter = ',')]
        with: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Show a run with its tasks, or a letrun file with those that are written in it.
    Show {
        /// Its id, the file that it is saved in, or a letrun file.
        run: String,
        /// Fields to show of the run and of each task: parameters, output, …
        #[arg(short, long, value_name = "FIELDS", value_delimiter = ',')]
        with: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Delete runs with their journals.
    Rm {
        /// Their ids.
        #[arg(required = true)]
        runs: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Delete all saved runs of the project.
    Clear {
        #[command(flatten)]
        place: Place,
    },
}

/// Which project.
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// A file or folder of the project.
    #[arg(long, default_value = ".", value_name = "PATH")]
    project: PathBuf,
}

impl Place {
    pub(crate) fn project(&self) -> Result<Project> {
        Project::of(&self.project)
    }
}

pub(crate) async fn run(command: Command, as_json: bool) -> Result<()> {
    match command {
        Command::Ls { max, offset, with, place } => list(&place.project()?, max, offset, &with, as_json),
        Command::Show { run, with, .. } if is_definition(&run) => outline(&run, &with, as_json),
        Command::Show { run, with, place } => show(&saved(&place.project()?, &run)?, &with, as_json),
        Command::Rm { runs, place } => {
            let project = place.project()?;
            // Nothing is deleted if one of them is not there.
            let found: Vec<Saved> = runs.iter().map(|id| saved(&project, id)).collect::<Result<_>>()?;
            delete(&project, &found, as_json).await
        }
        Command::Clear { place } => {
            let project = place.project()?;
            delete(&project, &Saved::all(&project)?, as_json).await
        }
    }
}

/// Whether this is a letrun file, and no saved run.
fn is_definition(run: &str) -> bool {
    let path = Path::new(run);
    path.is_file() && Saved::read(path).is_err() && input::file(path).is_ok_and(|text| is_letrun(&text))
}

fn outline(file: &str, with: &[String], as_json: bool) -> Result<()> {
    let text = input::file(Path::new(file))?;
    let document = Document::new(&text).in_file(file);
    let read = document.read().map_err(|diagnostic| Error::usage(input::told(&document, &diagnostic)))?;
    if as_json {
        print::json(&read);
    } else {
        outline::lines(&read, with).iter().for_each(print::line);
    }
    Ok(())
}

fn saved(project: &Project, run: &str) -> Result<Saved> {
    if let Some(saved) = Saved::find(project, run)? {
        return Ok(saved);
    }
    if run.ends_with(".json") && Path::new(run).is_file() {
        return Saved::read(Path::new(run));
    }
    Err(Error::usage(format!("there is no saved run {run:?} in {}", project.runs_dir().display()))
        .hint("segue runs ls lists them; --project names another project"))
}

fn list(project: &Project, max: usize, offset: usize, with: &[String], as_json: bool) -> Result<()> {
    let all = Saved::all(project)?;
    let part: Vec<Value> = all.iter().skip(offset).take(max).map(value).collect();
    if as_json {
        let runs: Vec<Value> = part.into_iter().map(without_tasks).collect();
        print::json(&json!({"total": all.len(), "runs": runs}));
        return Ok(());
    }
    let mut head = vec!["ID", "NAME", "STATUS", "STARTED", "TOOK"];
    head.extend(with.iter().map(String::as_str));
    let rows = part.iter().map(|run| {
        let started = run.get("timeStarted").and_then(Value::as_i64);
        let took = started.zip(run.get("timeCompleted").and_then(Value::as_i64));
        let mut row: Vec<String> = ["id", "name", "status"].map(|key| print::field(run, key)).to_vec();
        row.push(started.map(moment).unwrap_or_default());
        row.push(took.map(|(start, end)| format!("{} ms", end - start)).unwrap_or_default());
        row.extend(with.iter().map(|path| found(run, path).map(crate::project::plain).unwrap_or_default()));
        row
    });
    eprintln!("showing {} of {} runs of {}", part.len(), all.len(), project.root.display());
    print::table(&head, rows.collect());
    Ok(())
}

fn show(saved: &Saved, with: &[String], as_json: bool) -> Result<()> {
    if as_json {
        print::json(&value(saved));
        return Ok(());
    }
    let workflow = saved.workflow();
    let helpers = shown::helpers(&workflow);
    let mut lines = shown::lines(&workflow, &helpers).into_iter();
    lines.next().into_iter().for_each(print::line);
    let whole = value(saved);
    for path in with {
        found(&whole, path).iter().for_each(|value| print::line(format!("     {path}: {value}")));
    }
    for (line, task) in lines.zip(shown::tasks(&workflow, &helpers)) {
        print::line(line);
        for path in with {
            in_task(task, path).iter().for_each(|value| print::line(format!("     {path}: {value}")));
        }
    }
    saved.error_message.iter().for_each(|reason| print::line(format!("reason: {reason}")));
    Ok(())
}

async fn delete(project: &Project, runs: &[Saved], as_json: bool) -> Result<()> {
    for run in runs {
        if let Some(error) = is_in_use(project, run).await {
            return Err(Error::usage(format!("run {} is still going on: {error}", run.id)));
        }
    }
    for run in runs {
        run.delete(project)?;
    }
    let ids: Vec<&str> = runs.iter().map(|run| run.id.as_str()).collect();
    if as_json {
        print::json(&json!({ "deleted": ids }));
    } else {
        ids.iter().for_each(|id| print::line(format!("deleted {id}")));
    }
    Ok(())
}

/// Why the journal of a run cannot be taken away, if a process has it open.
async fn is_in_use(project: &Project, run: &Saved) -> Option<segue_store::Error> {
    let path = project.runs_dir().join(&run.journal);
    if run.status != "executing" || !path.is_file() {
        return None;
    }
    match segue_store::open(&format!("sqlite:{}", path.display())).await {
        Ok(store) => store.close().await.err(),
        Err(error @ segue_store::Error::Locked { .. }) => Some(error),
        // What cannot be read may go.
        Err(_) => None,
    }
}

fn value(saved: &Saved) -> Value {
    serde_json::to_value(saved).unwrap_or_default()
}

fn without_tasks(mut run: Value) -> Value {
    if let Some(fields) = run.as_object_mut() {
        fields.remove("tasks");
    }
    run
}

/// `a.b.c` in a value.
fn found<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    value.pointer(&format!("/{}", path.replace('.', "/"))).filter(|value| !value.is_null())
}

/// A field of a task, by letrun's name or by Conductor's.
fn in_task<'a>(task: &'a Value, path: &str) -> Option<&'a Value> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let base = match first {
        "parameters" => "inputData.parameters",
        "output" => "outputData.result",
        "error" => "outputData.error",
        "retries" => "retryCount",
        other => other,
    };
    match rest {
        Some(rest) => found(task, &format!("{base}.{rest}")),
        None => found(task, base),
    }
}

fn moment(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map(|at| at.to_string()).unwrap_or_default()
}
