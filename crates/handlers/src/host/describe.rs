//! What handlers say of themselves: their names, and the schemas of what they take and give.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Host;
use super::attempt::TaskError;
use super::locate::Language;
use crate::letrun;

/// What handlers, groups of them and tasks alike say of themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct About {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
}

/// What is known of a handler, or of a group of them. The package's own words; absent for a single file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct HandlerDescription {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(flatten)]
    pub about: About,
    /// Whether a workflow has to say which of the tasks it means.
    pub is_group: bool,
    /// The tasks.
    pub tasks: Vec<TaskDescription>,
}

/// What a task says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct TaskDescription {
    pub name: String,
    #[serde(flatten)]
    pub about: About,
    /// What it takes, as `joi.describe()` says it; null if it does not say.
    pub parameters: Value,
    /// What it gives, in the same form.
    pub output: Value,
}

impl Host {
    /// What a handler says of itself. Its module is loaded for that.
    ///
    /// # Errors
    /// It is not there, or cannot be loaded.
    pub async fn describe(
        &self,
        handler: &str,
        directory: Option<&Path>,
    ) -> Result<HandlerDescription, TaskError> {
        let found = self.locate(handler, directory)?;
        match found.language {
            Language::System => Ok(system(&found.path.to_string_lossy())),
            Language::JavaScript => {
                let answer = self.shared.node.call("handler", "describe", &[json!(found)]).await?;
                serde_json::from_value(answer.unwrap_or_default()).map_err(|error| {
                    TaskError::invalid(format!("what {handler:?} says of itself cannot be read: {error}"))
                })
            }
            // Nothing but their names is known.
            Language::Python | Language::Executable => {
                let name = found.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let task = TaskDescription { name, ..TaskDescription::default() };
                Ok(HandlerDescription { tasks: vec![task], ..HandlerDescription::default() })
            }
        }
    }
}

fn system(name: &str) -> HandlerDescription {
    let name = if name == "run-workflow" { "workflow" } else { name };
    let tasks = letrun::described().into_iter().filter(|one| one.name == name).map(TaskDescription::from);
    HandlerDescription { tasks: tasks.collect(), ..HandlerDescription::default() }
}

impl From<letrun::Description> for TaskDescription {
    fn from(one: letrun::Description) -> Self {
        Self {
            name: one.name.to_owned(),
            about: About { description: Some(one.text.to_owned()), ..About::default() },
            parameters: one.parameters,
            ..Self::default()
        }
    }
}
