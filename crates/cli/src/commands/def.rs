//! `segue def`.

mod event_handlers;
mod kept;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use segue_core::definition::{TaskDef, WorkflowDef, validate};
use segue_core::plan::{blueprint, compile};
use segue_dialects::Document;
use segue_dialects::letrun::is_letrun;
use segue_engine::Builtins;
use segue_handlers::EvaluatorOptions;
use serde_json::{Value, json};

use super::Context;
use crate::error::{Error, Result};
use crate::input::{self, file};
use crate::letrun::file::{Flow, Rules};
use crate::print;
use crate::project::Project;

/// Definitions and event handlers: check, register, list, show, delete.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  segue def validate order.json
  segue def register order.json shipping.json --tasks tasks.json --overwrite
  segue def register songs.json                 a letrun file becomes a native definition
  segue def register on-order.json              an event handler
  segue def ls
  segue def show order --version 2
  segue def ls --kind event-handler
  segue def rm on-order --kind event-handler")]
pub(crate) enum Command {
    /// Check definition files without a server.
    Validate {
        /// JSON or YAML files, each a workflow definition, an event handler, a list of either, or a letrun file.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        rules: Rules,
    },
    /// Register definition files with the server.
    Register {
        /// JSON or YAML files, each a workflow definition, an event handler, a list of either, or a letrun file.
        files: Vec<PathBuf>,
        /// Files of task definitions, registered first.
        #[arg(long, value_name = "FILE")]
        tasks: Vec<PathBuf>,
        /// Replace a version, or an event handler, that exists.
        #[arg(long)]
        overwrite: bool,
        #[command(flatten)]
        rules: Rules,
    },
    /// List what is registered.
    Ls {
        #[command(flatten)]
        of: kept::OfKind,
    },
    /// Print a definition or an event handler.
    Show {
        /// Its name.
        name: String,
        /// The version of a workflow definition; the latest without one.
        #[arg(long)]
        version: Option<u32>,
        #[command(flatten)]
        of: kept::OfKind,
    },
    /// Delete a definition or an event handler. What runs goes on.
    Rm {
        /// Its name.
        name: String,
        /// The version of a workflow definition.
        #[arg(long)]
        version: Option<u32>,
        #[command(flatten)]
        of: kept::OfKind,
    },
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<()> {
    match command {
        Command::Validate { files, rules } => check(&files, rules, context.json).await,
        Command::Register { files, tasks, overwrite, rules } => {
            if files.is_empty() && tasks.is_empty() {
                return Err(Error::usage("nothing to register")
                    .hint("name definition files, or task definitions with --tasks"));
            }
            let mut registered = register_tasks(&tasks, context).await?;
            registered.extend(register(&files, overwrite, rules, context).await?);
            tell(&registered, context.json);
            Ok(())
        }
        Command::Ls { of } => kept::list(of.kind, context).await,
        Command::Show { name, version, of } => kept::show(of.kind, &name, version, context).await,
        Command::Rm { name, version, of } => kept::remove(of.kind, &name, version, context).await,
    }
}

/// Reads and checks a file with one definition or a list of them, in JSON or YAML, or a letrun file.
pub(crate) async fn read(path: &Path, rules: Rules) -> Result<Vec<WorkflowDef>> {
    let text = file(path)?;
    if is_letrun(&text) {
        return compiled(path, rules).await.map(|definition| vec![definition]);
    }
    let name = path.display().to_string();
    let document = Document::new(&text).in_file(&name);
    let definitions: Vec<WorkflowDef> = input::one_or_more(&document)?;
    let mut problems = Vec::new();
    let evaluator = Builtins::new(EvaluatorOptions::default()).evaluator();
    for definition in &definitions {
        let mut violations = validate(definition, &|_| None);
        if violations.is_empty() {
            violations = compile(blueprint(definition, &|_| None)).err().unwrap_or_default();
        }
        if violations.is_empty() {
            violations = segue_engine::script_violations(&*evaluator, definition).await;
        }
        for violation in violations {
            // In a list the place is told by the definition's name.
            let place = if definitions.len() == 1 {
                input::told(&document, &document.locate(&violation))
            } else {
                format!("{name}: {}: {}: {}", definition.name, violation.path, violation.message)
            };
            problems.push(place);
        }
    }
    if problems.is_empty() { Ok(definitions) } else { Err(Error::usage(problems.join("\n"))) }
}

/// A letrun file in the native format.
async fn compiled(path: &Path, rules: Rules) -> Result<WorkflowDef> {
    let project = Project::of(path)?;
    let reading = rules.reading(&project).await?;
    let flow = Flow::read(path, &project, reading)?;
    let tasks: Vec<&str> = flow.compiled.handlers.iter().map(|used| used.task.as_str()).collect();
    let left = if reading.host_does_all { "its tasks".to_owned() } else { tasks.join(", ") };
    if !left.is_empty() {
        let (path, root) = (path.display(), project.root.display());
        eprintln!(
            "warning: {path}: a server does not do {left} itself: `segue worker --project {root}` does"
        );
    }
    Ok(flow.compiled.definition.clone())
}

async fn check(files: &[PathBuf], rules: Rules, as_json: bool) -> Result<()> {
    let mut valid = Vec::new();
    for path in files {
        if let Some(handlers) = event_handlers::read(path).await? {
            let place = path.display().to_string();
            valid.extend(handlers.iter().map(|handler| json!({"file": place, "name": handler.name})));
            continue;
        }
        for definition in read(path, rules).await? {
            valid.push(json!({"file": path.display().to_string(), "name": definition.name, "version": definition.version}));
        }
    }
    if as_json {
        print::json(&Value::Array(valid));
    } else {
        for one in valid {
            let version =
                one.get("version").map_or_else(String::new, |version| format!(" version {version}"));
            let (file, name) = (print::field(&one, "file"), print::field(&one, "name"));
            print::line(format!("{file}: {name}{version} is valid"));
        }
    }
    Ok(())
}

async fn register_tasks(files: &[PathBuf], context: &Context) -> Result<Vec<Value>> {
    let mut registered = Vec::new();
    for path in files {
        let (text, name) = (file(path)?, path.display().to_string());
        let defs: Vec<TaskDef> = input::one_or_more(&Document::new(&text).in_file(&name))?;
        let body = serde_json::to_value(&defs).map_err(|error| Error::io(error.to_string()))?;
        context.api.post("/metadata/taskdefs", &body).await?;
        registered.extend(defs.iter().map(|def| json!({"kind": "task", "name": def.name})));
    }
    Ok(registered)
}

async fn register(files: &[PathBuf], overwrite: bool, rules: Rules, context: &Context) -> Result<Vec<Value>> {
    let mut registered = Vec::new();
    for path in files {
        if let Some(handlers) = event_handlers::read(path).await? {
            registered.extend(event_handlers::register(&handlers, overwrite, context).await?);
            continue;
        }
        for definition in read(path, rules).await? {
            let body = serde_json::to_value(&definition).map_err(|error| Error::io(error.to_string()))?;
            context.api.post(&format!("/metadata/workflow?overwrite={overwrite}"), &body).await.map_err(
                |error| {
                    if overwrite { error } else { error.hint("--overwrite replaces a version that exists") }
                },
            )?;
            registered
                .push(json!({"kind": "workflow", "name": definition.name, "version": definition.version}));
        }
    }
    Ok(registered)
}

fn tell(registered: &[Value], as_json: bool) {
    if as_json {
        return print::json(&Value::Array(registered.to_vec()));
    }
    for one in registered {
        let version = one.get("version").map_or_else(String::new, |version| format!(" version {version}"));
        print::line(format!(
            "registered {} {}{version}",
            print::field(one, "kind"),
            print::field(one, "name")
        ));
    }
}
