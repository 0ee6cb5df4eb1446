//! Triggers: rules that turn an event into commands (Conductor: event handlers).
//!
//! An event handler is a native definition that an event starts, and nothing else knows of it. That its actions
//! happen once, are repeated, can be looked up, searched and retried, and outlive a restart, is what executions are.
//! Each event that is published starts one execution of each active handler; its id is derived from what published.
//!
//! Its input is `{event, messageId, payload}`, and where the handler needs it `expanded`, the payload with texts that are
//! JSON read.

mod actions;
mod definition;
mod expand;

use serde_json::{Map, Value};

use crate::json::Json;
use crate::plan::Plan;

pub use definition::{PREFIX, definition, workflow_name};
pub use expand::expanded;

/// The input key of the payload as it came.
const PAYLOAD: &str = "payload";
/// The input key of the payload with texts that are JSON read.
const EXPANDED: &str = "expanded";
/// The input key of the event.
const EVENT: &str = "event";
/// The input key of the message's id.
const MESSAGE_ID: &str = "messageId";

/// Something that was published.
#[derive(Clone, Copy, Debug)]
pub struct Happening<'a> {
    /// `<type>:<queue>`.
    pub event: &'a str,
    /// What names the message.
    pub message_id: &'a str,
    /// What it says.
    pub payload: &'a Map<String, Value>,
}

impl Happening<'_> {
    /// The input of the execution that it starts of a handler's plan.
    pub fn input(&self, plan: &Plan) -> Json {
        let mut input = Map::new();
        input.insert(EVENT.to_owned(), self.event.into());
        input.insert(MESSAGE_ID.to_owned(), self.message_id.into());
        input.insert(PAYLOAD.to_owned(), Value::Object(self.payload.clone()));
        if plan.definition.input_parameters.iter().any(|key| key == EXPANDED) {
            input.insert(EXPANDED.to_owned(), Value::Object(expanded(self.payload)));
        }
        Json::of(&Value::Object(input))
    }
}
