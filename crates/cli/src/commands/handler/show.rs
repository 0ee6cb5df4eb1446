//! `segue handler show` and `segue handler meta`.

use std::path::PathBuf;

use segue_handlers::host::{HandlerDescription, Language, TaskDescription, TaskError};
use serde_json::{Value, json};

use super::{HttpArgs, Named, setup, write};
use crate::error::{Error, Result};
use crate::print;

/// Show what a handler says of itself: its parameters and its output.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue handler show http
  segue handler show greet
  segue handler show read --group @letrun-task/file")]
pub(crate) struct Args {
    #[command(flatten)]
    named: Named,
}

/// Print what a handler says of itself as JSON; without a name that of the system tasks.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue handler meta
  segue handler meta greet -o greet.meta.json")]
pub(crate) struct Meta {
    /// Its name, `group/name`, its path, or the handler as a workflow writes it.
    name: Option<String>,
    /// The group that it is in.
    #[arg(short, long)]
    group: Option<String>,
    /// Write it to this file.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print it, as is done without -o anyway.
    #[arg(short, long)]
    pipe: bool,
    #[command(flatten)]
    place: super::Place,
}

pub(super) async fn run(args: Args, as_json: bool) -> Result<()> {
    let Found { handler, place, described } = found(&args.named).await?;
    if as_json {
        print::json(&json!(described));
        return Ok(());
    }
    print::line(match place {
        Some(place) => format!("{handler} in {}", place.display()),
        None => handler,
    });
    if described.is_group {
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        print::line(format!("group {} {}", of(&described.name), of(&described.about.version)).trim_end());
        described.about.description.iter().for_each(|text| print::line(format!("  {text}")));
    }
    described.tasks.iter().for_each(task);
    Ok(())
}

pub(super) async fn meta(args: Meta) -> Result<()> {
    let described = match args.name {
        Some(name) => found(&Named { name, group: args.group, place: args.place }).await?.described,
        None => HandlerDescription {
            name: Some("system".to_owned()),
            is_group: true,
            tasks: segue_handlers::letrun::described().into_iter().map(TaskDescription::from).collect(),
            ..HandlerDescription::default()
        },
    };
    write(args.output.as_ref(), &json!(described))?;
    if args.pipe && args.output.is_some() {
        print::json(&json!(described));
    }
    Ok(())
}

/// A handler, and what it says.
struct Found {
    handler: String,
    /// The file or folder; absent for a system task.
    place: Option<PathBuf>,
    described: HandlerDescription,
}

async fn found(named: &Named) -> Result<Found> {
    let project = named.place.project()?;
    let setup = setup(project.clone(), HttpArgs { http_allow: Vec::new() }).await?;
    let handler = named.handler(&project, &setup.host)?;
    let directory = std::env::current_dir()?;
    let place = setup.host.locate(&handler, Some(&directory));
    let described = setup.host.describe(&handler, Some(&directory)).await;
    setup.host.stop().await;
    let failed = |error: TaskError| Error::usage(error.message);
    let place = place.map_err(failed)?;
    let place = (place.language != Language::System).then_some(place.path);
    Ok(Found { handler, place, described: described.map_err(failed)? })
}

fn task(task: &TaskDescription) {
    let version = task.about.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let title = task.about.display_name.as_ref().map(|title| format!(" ({title})")).unwrap_or_default();
    print::line(format!("{}{version}{title}", task.name));
    task.about.description.iter().for_each(|text| print::line(format!("  {text}")));
    if !task.about.keywords.is_empty() {
        print::line(format!("  keywords: {}", task.about.keywords.join(", ")));
    }
    for (name, schema) in [("parameters", &task.parameters), ("output", &task.output)] {
        if schema.is_null() {
            print::line(format!("  {name}: it does not say"));
        } else {
            print::line(format!("  {name}: {}", kind(schema)));
            children(schema, 2);
        }
    }
}

/// The fields of an object and the items of a list, in the form of `joi.describe()` or of JSON Schema.
fn children(schema: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    let required = schema.get("required").and_then(Value::as_array);
    let keys = schema.get("keys").or_else(|| schema.get("properties")).and_then(Value::as_object);
    for (name, field) in keys.into_iter().flatten() {
        let is_required = field.pointer("/flags/presence") == Some(&json!("required"))
            || required.is_some_and(|all| all.contains(&json!(name)));
        let mark = if is_required { " (required)" } else { "" };
        print::line(format!("{indent}{name}: {}{mark}{}", kind(field), remarks(field)));
        children(field, depth + 1);
    }
    let items = match schema.get("items") {
        Some(Value::Array(items)) => items.as_slice(),
        Some(item) => std::slice::from_ref(item),
        None => &[],
    };
    for item in items {
        print::line(format!("{indent}- {}{}", kind(item), remarks(item)));
        children(item, depth + 1);
    }
}

fn kind(schema: &Value) -> String {
    match print::field(schema, "type") {
        text if text.is_empty() => "any".to_owned(),
        text => text,
    }
}

/// Values that are allowed, the default, and a description.
fn remarks(schema: &Value) -> String {
    let mut text = String::new();
    let values = schema.get("allow").or_else(|| schema.get("enum")).and_then(Value::as_array);
    if let Some(values) = values.filter(|values| !values.is_empty()) {
        let is_only =
            schema.get("enum").is_some() || schema.pointer("/flags/only") == Some(&Value::Bool(true));
        let shown: Vec<String> = values.iter().map(crate::project::plain).collect();
        text += &format!(", {}{}", if is_only { "one of " } else { "also " }, shown.join(" "));
    }
    let standard = schema.pointer("/flags/default").or_else(|| schema.get("default"));
    standard.iter().for_each(|value| text += &format!(", default {value}"));
    let described = schema.pointer("/flags/description").or_else(|| schema.get("description"));
    described.and_then(Value::as_str).iter().for_each(|words| text += &format!(": {words}"));
    text
}
