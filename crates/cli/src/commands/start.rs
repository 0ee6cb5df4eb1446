//! `segue start`.

use std::path::Path;

use segue_core::definition::WorkflowDef;
use serde_json::{Value, json};

use super::{Context, def, watch};
use crate::error::{Error, Result};
use crate::input;
use crate::letrun::file::Rules;
use crate::print;

/// Start an execution of a registered definition.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue start order --input '{\"id\": 7}'
  segue start songs.json --wait                 a file, letrun's too; `segue worker` does its handlers
  segue start order --input @order-7.json --correlation-id order-7 --wait")]
pub(crate) struct Args {
    /// Name of the definition; or a file with one, which need not be registered.
    name: String,
    /// Its version; the latest without one.
    #[arg(long)]
    version: Option<u32>,
    /// Input: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON")]
    input: Option<String>,
    /// Your own key, to find the execution by.
    #[arg(long)]
    correlation_id: Option<String>,
    /// 0 to 99; higher is earlier.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=99))]
    priority: u8,
    /// Start at most one execution with this key; a second start prints the first one's id.
    #[arg(long)]
    key: Option<String>,
    /// Wait for the end and print the output; exit with 1 if it fails.
    #[arg(long)]
    wait: bool,
}

pub(crate) async fn run(args: Args, context: &Context) -> Result<()> {
    let mut body = json!({
        "name": args.name,
        "input": Value::Object(input::object(args.input.as_deref())?),
        "priority": args.priority,
    });
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            body[key] = value;
        }
    };
    if let Some(definition) = in_file(&args.name).await? {
        put("name", Some(definition.name.as_str().into()));
        put("workflowDef", serde_json::to_value(&definition).ok());
    }
    put("version", args.version.map(Value::from));
    put("correlationId", args.correlation_id.map(Value::from));
    put("idempotencyStrategy", args.key.as_ref().map(|_| "RETURN_EXISTING".into()));
    put("idempotencyKey", args.key.map(Value::from));
    let id = context.api.post("/workflow", &body).await?;
    let id = id.as_str().unwrap_or_default().to_owned();
    if args.wait {
        return watch::follow(context, &id, watch::Show::Result).await;
    }
    if context.json {
        print::json(&json!({"workflowId": id}));
    } else {
        print::line(id);
    }
    Ok(())
}

/// The definition of a file, if it is one that is named.
async fn in_file(name: &str) -> Result<Option<WorkflowDef>> {
    let path = Path::new(name);
    let is_definition = path.extension().is_some_and(|end| end == "json" || end == "yaml" || end == "yml");
    if !is_definition || !path.is_file() {
        return Ok(None);
    }
    let mut definitions = def::read(path, Rules::default()).await?;
    match definitions.len() {
        1 => Ok(definitions.pop()),
        _ => Err(Error::usage(format!("{name}: expected one definition"))
            .hint("`segue def register` takes a list of them")),
    }
}
