//! What a server keeps: listed, shown, deleted.

use serde_json::{Value, json};

use super::event_handlers;
use crate::api::segment;
use crate::commands::Context;
use crate::error::{Error, Result};
use crate::print;

/// What a command is about.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct OfKind {
    /// What it is about.
    #[arg(long, value_enum, default_value_t = Kind::Workflow)]
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Workflow definitions.
    Workflow,
    /// Task definitions.
    Task,
    /// Event handlers.
    EventHandler,
}

impl Kind {
    fn path(self) -> &'static str {
        match self {
            Self::Workflow => "/metadata/workflow",
            Self::Task => "/metadata/taskdefs",
            Self::EventHandler => "/event",
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Workflow => "workflow",
            Self::Task => "task",
            Self::EventHandler => "event handler",
        }
    }
}

pub(super) async fn list(kind: Kind, context: &Context) -> Result<()> {
    let all = context.api.get(kind.path()).await?;
    if context.json {
        print::json(&all);
        return Ok(());
    }
    let head: &[&str] = match kind {
        Kind::Workflow => &["NAME", "VERSION", "TASKS", "DESCRIPTION"],
        Kind::Task => &["NAME", "RETRIES", "TIMEOUT", "DESCRIPTION"],
        Kind::EventHandler => &["NAME", "EVENT", "ACTIVE", "ACTIONS"],
    };
    print::table(head, all.as_array().into_iter().flatten().map(|one| row(kind, one)).collect());
    Ok(())
}

fn row(kind: Kind, one: &Value) -> Vec<String> {
    let field = |key| print::field(one, key);
    let count = |key| one.get(key).and_then(Value::as_array).map_or(0, Vec::len).to_string();
    match kind {
        Kind::Workflow => vec![field("name"), field("version"), count("tasks"), field("description")],
        Kind::Task => vec![field("name"), field("retryCount"), field("timeoutSeconds"), field("description")],
        Kind::EventHandler => {
            let actions = one["actions"].as_array().into_iter().flatten();
            let actions: Vec<String> = actions.map(|action| print::field(action, "action")).collect();
            vec![field("name"), field("event"), field("active"), actions.join(", ")]
        }
    }
}

pub(super) async fn show(kind: Kind, name: &str, version: Option<u32>, context: &Context) -> Result<()> {
    let shown = match kind {
        Kind::EventHandler => event_handlers::show(name, context).await?,
        Kind::Workflow | Kind::Task => {
            let version = version.map_or_else(String::new, |version| format!("?version={version}"));
            context.api.get(&format!("{}/{}{version}", kind.path(), segment(name))).await?
        }
    };
    print::json(&shown);
    Ok(())
}

pub(super) async fn remove(kind: Kind, name: &str, version: Option<u32>, context: &Context) -> Result<()> {
    let path = format!("{}/{}", kind.path(), segment(name));
    let path = match (kind, version) {
        (Kind::Workflow, Some(version)) => format!("{path}/{version}"),
        (Kind::Workflow, None) => {
            return Err(Error::usage("which version?").hint("--version names the one that is deleted"));
        }
        (Kind::Task | Kind::EventHandler, _) => path,
    };
    context.api.delete(&path).await?;
    match context.json {
        true => print::json(&json!({"kind": kind.as_str(), "name": name, "deleted": true})),
        false => print::line(format!("deleted {} {name}", kind.as_str())),
    }
    Ok(())
}
