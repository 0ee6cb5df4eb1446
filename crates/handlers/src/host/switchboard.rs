//! Answers what children ask: where handlers are, system tasks, handlers of other languages.

use std::sync::{Arc, Weak};

use serde_json::{Value, json};

use super::Shared;
use super::attempt::{Attempt, LogLine, TaskError};
use super::child::{Asked, Child};
use super::options::HostOptions;
use super::wire::{ToChild, Want};

/// Knows the host as long as it is there.
pub(super) struct Switchboard {
    pub(super) options: Arc<HostOptions>,
    pub(super) shared: Weak<Shared>,
}

impl Asked for Switchboard {
    fn ask(&self, child: &Arc<Child>, id: u64, of: Option<Arc<Attempt>>, want: Want) {
        let (child, shared) = (child.clone(), self.shared.upgrade());
        tokio::spawn(async move {
            let answer = match (shared, of) {
                (Some(shared), Some(attempt)) => shared.answer(&attempt, want).await,
                (Some(shared), None) => shared.answer(&Arc::default(), want).await,
                (None, _) => Err(TaskError::host("the host has ended")),
            };
            let (value, error) = match answer {
                Ok(value) => (Some(value), None),
                Err(error) => (None, Some(error)),
            };
            child.reply(&ToChild::Reply { id, value, error });
        });
    }

    fn log(&self, line: &LogLine) {
        self.options.surroundings.log(line);
    }
}

impl Shared {
    async fn answer(&self, attempt: &Arc<Attempt>, want: Want) -> Result<Value, TaskError> {
        let surroundings = &self.options.surroundings;
        match want {
            Want::SystemTask { name, input } => surroundings.system_task(&name, input, attempt).await,
            Want::Resolve { value } => surroundings.resolve(value, attempt).await,
            Want::Locate { handler } => Ok(json!(self.locate(&handler, attempt.directory.as_deref())?)),
            Want::Run { handler, input } => {
                let outcome =
                    self.run_here(&Arc::new(Attempt { handler, input, ..(**attempt).clone() })).await;
                Ok(outcome.output())
            }
        }
    }
}
