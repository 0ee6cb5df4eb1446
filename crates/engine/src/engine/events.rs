//! Event handlers, and events that come from outside.

use std::sync::Arc;

use segue_core::decide::{Definitions, Start};
use segue_core::definition::EventHandler;
use segue_core::id::ExecutionId;
use segue_core::trigger::Happening;
use segue_store::contract::{CatalogEntry, Overwrite, Shelf};
use serde_json::{Map, Value};

use super::Engine;
use super::admin::json;
use crate::error::Error;

/// What a published event came to.
#[derive(Debug, Clone)]
pub struct Published {
    /// What names the message.
    pub message_id: String,
    /// One for each active handler of the event.
    pub reactions: Vec<Reaction>,
}

/// What one handler does with an event.
#[derive(Debug, Clone)]
pub struct Reaction {
    /// The name of the definition that the handler stands for ([`segue_core::trigger::workflow_name`]).
    pub definition: Arc<str>,
    /// The execution of it.
    pub execution: ExecutionId,
}

impl Engine {
    /// Registers event handlers, all or none. Returns the first that exists already if that is refused. Whether they can
    /// act is the caller's to check (`segue_core::definition::validate_event_handler`). They listen at once on this
    /// node, on others as soon as they read the catalog.
    ///
    /// # Errors
    /// The store's.
    pub async fn put_event_handlers(
        &self,
        handlers: &[EventHandler],
        overwrite: Overwrite,
    ) -> Result<Option<Arc<str>>, Error> {
        let entries = handlers.iter().map(|handler| CatalogEntry {
            kind: Shelf::EventHandler,
            name: handler.name.as_str().into(),
            version: 0,
            body: json(handler),
        });
        self.put(entries.collect(), overwrite).await
    }

    /// Deletes an event handler; false if there was none. What it has begun goes on.
    ///
    /// # Errors
    /// The store's.
    pub async fn delete_event_handler(&self, name: &str) -> Result<bool, Error> {
        self.delete(Shelf::EventHandler, name, 0).await
    }

    /// Publishes an event. When this returns, what its handlers do is durable. A message that is given an id is taken
    /// once by each handler, however often it comes.
    ///
    /// # Errors
    /// [`Error::Overloaded`] or the store's; the message should come again then, under its id.
    pub async fn publish(
        &self,
        event: &str,
        message_id: Option<&str>,
        payload: &Map<String, Value>,
    ) -> Result<Published, Error> {
        let plans = self.fresh_catalog().await?.subscribers(event);
        let message = match message_id {
            Some(id) => id.to_owned(),
            None => ExecutionId::new(self.now().0, rand::random()).to_string(),
        };
        let happening = Happening { event, message_id: &message, payload };
        let mut reactions = Vec::with_capacity(plans.len());
        for plan in plans {
            let start = Start {
                input: happening.input(&plan),
                start_key: message_id.map(Into::into),
                event: Some(event.into()),
                ..Start::default()
            };
            let definition = plan.name.clone();
            let execution = match self.begin(plan, start, None).await {
                Ok(started) => started.execution,
                Err(Error::DuplicateKey { existing }) => existing,
                Err(error) => return Err(error),
            };
            reactions.push(Reaction { definition, execution });
        }
        Ok(Published { message_id: message, reactions })
    }
}
