//! `/api/v1/events`: events from outside.

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::body::Body;
use crate::error::Problem;
use crate::reply::{Reply, json as reply};
use crate::route::{Route, post};

pub(super) fn routes() -> Vec<Route> {
    vec![post("/api/v1/events", "Publishes an event", publish).body("{event, payload, messageId}")]
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    event: String,
    #[serde(default)]
    payload: Map<String, Value>,
    message_id: Option<String>,
}

/// Whoever reads another system's queue hands on what comes with this: it is durable when it is answered, and a
/// message that comes twice under one id does nothing twice.
async fn publish(State(app): State<App>, Body(message): Body<Message>) -> Reply {
    if !message.event.contains(':') {
        let problem = format!("Illegal event {}: expected <type>:<queue>", message.event);
        return Err(Problem::invalid_field("event", problem));
    }
    let id = message.message_id.as_deref().filter(|id| !id.is_empty());
    let published = app.engine.publish(&message.event, id, &message.payload).await?;
    let reactions = published.reactions.iter().map(
        |reaction| json!({"definition": &*reaction.definition, "execution": reaction.execution.to_string()}),
    );
    reply(&json!({"messageId": published.message_id, "reactions": reactions.collect::<Value>()}))
}
