//! What a SUB_WORKFLOW task starts.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{IdempotencyStrategy, WorkflowDef};

/// The child of a SUB_WORKFLOW task (Conductor: `SubWorkflowParams`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SubWorkflowParams {
    /// Name of the definition; may be a `${…}` text. Absent with an inline definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A number or a `${…}` text; absent, 0 and `""` mean the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Value>,
    /// Task type → domain for the child; absent means the parent's. Values may be `${…}` texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_to_domain: Option<Map<String, Value>>,
    /// A definition given in place (also read from `workflowDef`); wins over `name`.
    #[serde(alias = "workflowDef", skip_serializing_if = "Option::is_none")]
    pub workflow_definition: Option<InlineDefinition>,
    /// Start key of the child; may be a `${…}` text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// What a start with a known key does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_strategy: Option<IdempotencyStrategy>,
    /// Priority of the child, 0 to 99: a number or a `${…}` text; absent means the parent's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Value>,
}

/// A definition in place of a name.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum InlineDefinition {
    /// The definition itself.
    Definition(Box<WorkflowDef>),
    /// A `${…}` text that resolves to a definition when the task is scheduled.
    Expression(String),
}

impl<'de> Deserialize<'de> for InlineDefinition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) if text.starts_with("${") && text.ends_with('}') => {
                Ok(Self::Expression(text))
            }
            object @ Value::Object(_) => WorkflowDef::deserialize(object)
                .map(|def| Self::Definition(Box::new(def)))
                .map_err(D::Error::custom),
            _ => Err(D::Error::custom("workflowDefinition must be an object or a \"${…}\" text")),
        }
    }
}
