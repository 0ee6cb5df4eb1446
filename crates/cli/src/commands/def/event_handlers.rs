//! Event handlers in files.

use std::path::Path;

use segue_core::definition::EventHandler;
use segue_dialects::Document;
use segue_engine::{Builtins, event_handler_violations};
use segue_handlers::EvaluatorOptions;
use serde_json::{Value, json};

use super::super::import::item::{self, Kind};
use crate::api::segment;
use crate::commands::Context;
use crate::error::{Error, Result};
use crate::input::{self, file};

/// Reads and checks a file with one event handler or a list of them; `None` if it holds anything else.
pub(super) async fn read(path: &Path) -> Result<Option<Vec<EventHandler>>> {
    let (text, name) = (file(path)?, path.display().to_string());
    let document = Document::new(&text).in_file(&name);
    // What cannot be read is told by whoever reads it as a definition.
    let Ok(read) = document.read::<Value>() else { return Ok(None) };
    let is_handler = |one: &Value| item::kind(one) == Kind::EventHandler;
    let are_handlers = match &read {
        Value::Array(list) => !list.is_empty() && list.iter().all(is_handler),
        one => is_handler(one),
    };
    if !are_handlers {
        return Ok(None);
    }
    let handlers: Vec<EventHandler> = input::one_or_more(&document)?;
    let evaluator = Builtins::new(EvaluatorOptions::default()).evaluator();
    let mut problems = Vec::new();
    for handler in &handlers {
        for violation in event_handler_violations(&*evaluator, handler).await {
            problems.push(match handlers.len() {
                1 => input::told(&document, &document.locate(&violation)),
                _ => format!("{name}: {}: {}: {}", handler.name, violation.path, violation.message),
            });
        }
    }
    if problems.is_empty() { Ok(Some(handlers)) } else { Err(Error::usage(problems.join("\n"))) }
}

/// Registers event handlers, one by one.
pub(super) async fn register(
    handlers: &[EventHandler],
    overwrite: bool,
    context: &Context,
) -> Result<Vec<Value>> {
    let api = &context.api;
    let there = if overwrite { api.get("/event").await? } else { Value::Null };
    let mut registered = Vec::new();
    for handler in handlers {
        let body = serde_json::to_value(handler).map_err(|error| Error::io(error.to_string()))?;
        let is_there = there.as_array().into_iter().flatten().any(|one| one["name"] == handler.name.as_str());
        match is_there {
            true => api.put("/event", Some(&body)).await?,
            false => api
                .post("/event", &body)
                .await
                .map_err(|error| error.hint("--overwrite replaces an event handler that exists"))?,
        };
        registered.push(json!({"kind": "event handler", "name": handler.name}));
    }
    Ok(registered)
}

/// One event handler, as the server has it.
pub(super) async fn show(name: &str, context: &Context) -> Result<Value> {
    context.api.get(&format!("/event/handler/{}", segment(name))).await
}
