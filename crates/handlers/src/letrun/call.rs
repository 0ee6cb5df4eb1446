//! One attempt's input, as all system tasks read it.

use serde_json::{Map, Value};

use super::{Failed, Services};

/// `{"handler", "task", "parameters", …}`, and what the attempt may use.
pub(super) struct Call<'a> {
    pub(super) system: &'a str,
    pub(super) services: &'a Services,
    input: &'a Value,
}

impl<'a> Call<'a> {
    pub(super) fn new(system: &'a str, input: &'a Value, services: &'a Services) -> Self {
        Self { system, services, input }
    }

    /// The task's name in its file.
    pub(super) fn task(&self) -> &'a str {
        self.field("task").and_then(Value::as_str).unwrap_or_default()
    }

    /// What the definition gives beside the parameters.
    pub(super) fn field(&self, name: &str) -> Option<&'a Value> {
        self.input.get(name)
    }

    /// The parameters as the file has them, references resolved.
    pub(super) fn parameters(&self) -> Result<Map<String, Value>, Failed> {
        match self.field("parameters") {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(fields)) => Ok(fields.clone()),
            Some(other) => Err(self.invalid(&format!("they must be an object, found {other}"))),
        }
    }

    /// `task "greet" (log)`.
    pub(super) fn named(&self) -> String {
        match self.task() {
            "" => self.system.to_owned(),
            task => format!("task {task:?} ({})", self.system),
        }
    }

    pub(super) fn invalid(&self, what: &str) -> Failed {
        Failed::invalid(format!("Invalid parameters of {}: {what}", self.named()))
    }
}
