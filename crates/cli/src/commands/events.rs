//! `segue events`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::Context;
use crate::error::Result;
use crate::{input, print};

/// Events that come from outside.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  segue events publish kafka:orders --payload '{\"id\": 7}'
  segue events publish kafka:orders --payload @order.json --id orders-0-4711")]
pub(crate) enum Command {
    /// Publish an event: each active event handler of it acts.
    ///
    /// Prints the executions that do what the handlers say. When the command ends they are durable.
    Publish {
        /// The event, TYPE:QUEUE, as event handlers name it.
        event: String,
        /// What it says: JSON, @FILE, or - for standard input.
        #[arg(long, value_name = "JSON")]
        payload: Option<String>,
        /// What names the message; each handler takes a message once, however often it is published.
        #[arg(long)]
        id: Option<String>,
    },
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<()> {
    let Command::Publish { event, payload, id } = command;
    let payload = Value::Object(input::object(payload.as_deref())?);
    let body = json!({"event": event, "payload": payload, "messageId": id});
    let published = context.api.post("/v1/events", &body).await?;
    if context.json {
        print::json(&published);
        return Ok(());
    }
    let reactions = published["reactions"].as_array().map(Vec::as_slice).unwrap_or_default();
    for reaction in reactions {
        print::line(format!(
            "{} {}",
            print::field(reaction, "execution"),
            print::field(reaction, "definition")
        ));
    }
    if reactions.is_empty() {
        eprintln!("hint: no active event handler listens to {event}");
    }
    Ok(())
}
