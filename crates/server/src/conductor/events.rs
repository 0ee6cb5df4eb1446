//! `/api/event`: event handlers.
//!
//! What EVENT tasks publish to the sink `conductor` is heard here, and what `/api/v1/events` is given. Handlers of other
//! sources are kept, as upstream keeps them, and act once somebody hands their messages on.

use axum::extract::State;
use segue_core::definition::{EventHandler, Violation};
use segue_engine::Engine;
use segue_store::contract::Overwrite;

use super::definitions::refuse_invalid;
use crate::app::App;
use crate::body::Text;
use crate::error::Problem;
use crate::query::{At, Params};
use crate::reply::{Reply, json, nothing};
use crate::route::{Route, delete, get, post, put};

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/api/event", "Registers event handlers", create).body("EventHandler"),
        put("/api/event", "Changes event handlers", update).body("EventHandler"),
        get("/api/event", "All event handlers", all),
        get("/api/event/{event}", "The handlers of an event", of_event).params(&["activeOnly"]),
        get("/api/event/handler/{name}", "One event handler", one),
        delete("/api/event/{name}", "Deletes an event handler", remove),
    ]
}

async fn create(State(app): State<App>, body: Text) -> Reply {
    let handlers = read(&app.engine, &body).await?;
    if let Some(name) = app.engine.put_event_handlers(&handlers, Overwrite::Refused).await? {
        return Err(Problem::conflict(format!("EventHandler with name {name} already exists!")));
    }
    tell_unheard(&handlers);
    nothing()
}

async fn update(State(app): State<App>, body: Text) -> Reply {
    let handlers = read(&app.engine, &body).await?;
    let catalog = app.engine.fresh_catalog().await?;
    if let Some(unknown) = handlers.iter().find(|handler| catalog.event_handler(&handler.name).is_none()) {
        return Err(not_found(&unknown.name));
    }
    app.engine.put_event_handlers(&handlers, Overwrite::Allowed).await?;
    tell_unheard(&handlers);
    nothing()
}

async fn all(State(app): State<App>) -> Reply {
    json(&app.engine.fresh_catalog().await?.event_handlers())
}

async fn of_event(State(app): State<App>, At(event): At<String>, params: Params) -> Reply {
    let only_active = params.flag("activeOnly", true)?;
    let mut handlers = app.engine.fresh_catalog().await?.event_handlers();
    handlers.retain(|handler| handler.event == event && (handler.active || !only_active));
    json(&handlers)
}

async fn one(State(app): State<App>, At(name): At<String>) -> Reply {
    match app.engine.fresh_catalog().await?.event_handler(&name) {
        Some(handler) => json(&*handler),
        None => Err(not_found(&name)),
    }
}

async fn remove(State(app): State<App>, At(name): At<String>) -> Reply {
    match app.engine.delete_event_handler(&name).await? {
        true => nothing(),
        false => Err(not_found(&name)),
    }
}

fn not_found(name: &str) -> Problem {
    Problem::not_found(format!("EventHandler with name {name} not found!"))
}

/// One handler or a list of them: Conductor's clients differ.
async fn read(engine: &Engine, body: &Text) -> Result<Vec<EventHandler>, Problem> {
    let is_list = body.0.trim_start().starts_with('[');
    let handlers: Vec<EventHandler> = match is_list {
        true => segue_dialects::json::read(&body.0)?,
        false => vec![segue_dialects::json::read_object(&body.0)?],
    };
    let mut found = Vec::new();
    for (at, handler) in handlers.iter().enumerate() {
        let above = if is_list { format!("[{at}].") } else { String::new() };
        let of_one = engine.event_handler_violations(handler).await.into_iter();
        found.extend(of_one.map(|it| Violation { path: format!("{above}{}", it.path), ..it }));
    }
    refuse_invalid(found)?;
    Ok(handlers)
}

fn tell_unheard(handlers: &[EventHandler]) {
    for handler in handlers.iter().filter(|handler| handler.active) {
        let source = handler.event.split(':').next().unwrap_or_default();
        if source != "conductor" {
            tracing::warn!(
                name = %handler.name, event = %handler.event,
                "this server does not listen to {source}; the event handler acts on what POST /api/v1/events brings"
            );
        }
    }
}
