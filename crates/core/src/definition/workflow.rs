//! Workflow definitions: a named, versioned tree of tasks with its policies.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::wire::{bool_or, integer_or, or_default};
use super::{RateLimitPolicy, WorkflowTask, WorkflowTimeoutPolicy};
use crate::expression::ExpressionStyle;

/// A definition (Conductor: `WorkflowDef`).
///
/// Wire names and defaults are Conductor's; `null` for a primitive reads as its default, unknown properties
/// are ignored, absent optional values are not written, and nulls inside maps are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowDef {
    /// The application that owns the definition. Stored only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_app: Option<String>,
    /// Unix milliseconds of the first registration; 0 when unknown.
    #[serde(deserialize_with = "integer_or::<_, _, 0>")]
    pub create_time: i64,
    /// Unix milliseconds of the last change; 0 when unknown.
    #[serde(deserialize_with = "integer_or::<_, _, 0>")]
    pub update_time: i64,
    /// Who registered the definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Who changed the definition last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
    /// With `version`, the unique name.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Version under the name; 1 by default.
    #[serde(deserialize_with = "integer_or::<_, _, 1>")]
    pub version: i32,
    /// The tasks, in sequence.
    #[serde(deserialize_with = "or_default")]
    pub tasks: Vec<WorkflowTask>,
    /// Names of the expected input keys. Documentation only.
    #[serde(deserialize_with = "or_default")]
    pub input_parameters: Vec<String>,
    /// Template of the execution's output; empty means the last task's output.
    #[serde(deserialize_with = "or_default")]
    pub output_parameters: Map<String, Value>,
    /// The definition to start when an execution fails; may be a `${…}` text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_workflow: Option<String>,
    /// Version of `failure_workflow`; `None` means the latest.
    #[serde(deserialize_with = "super::wire::maybe_integer", skip_serializing_if = "Option::is_none")]
    pub failure_workflow_version: Option<i32>,
    /// Version of the format; 2 is the only one.
    #[serde(deserialize_with = "integer_or::<_, _, 2>")]
    pub schema_version: i32,
    /// Whether an ended execution may be restarted.
    #[serde(deserialize_with = "bool_or::<_, true>")]
    pub restartable: bool,
    /// Whether listeners hear of the execution's status.
    #[serde(deserialize_with = "bool_or::<_, false>")]
    pub workflow_status_listener_enabled: bool,
    /// Where listeners are told. Stored only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_status_listener_sink: Option<String>,
    /// Address of the owner; optional and unchecked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_email: Option<String>,
    /// What a timeout does.
    #[serde(deserialize_with = "or_default")]
    pub timeout_policy: WorkflowTimeoutPolicy,
    /// Seconds an execution may take; 0 means for ever.
    #[serde(deserialize_with = "integer_or::<_, _, 0>")]
    pub timeout_seconds: i64,
    /// First values of the execution's variables.
    #[serde(deserialize_with = "or_default")]
    pub variables: Map<String, Value>,
    /// Default input: keys the start's own input lacks.
    #[serde(deserialize_with = "or_default")]
    pub input_template: Map<String, Value>,
    /// Limit on executions at once. Stored only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit_config: Option<RateLimitConfig>,
    /// Schema of the input. Stored only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Value>,
    /// Schema of the output. Stored only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// Whether the schemas bind. Stored only.
    #[serde(deserialize_with = "bool_or::<_, true>")]
    pub enforce_schema: bool,
    /// Free annotations.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Map<String, Value>,
    /// Result cache. Stored only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_config: Option<CacheConfig>,
    /// Names of fields to hide. Stored only.
    #[serde(deserialize_with = "or_default")]
    pub masked_fields: Vec<String>,
    /// How the expressions are written; not Conductor's.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "ExpressionStyle::is_conductor")]
    pub expression_style: ExpressionStyle,
}

impl Default for WorkflowDef {
    fn default() -> Self {
        Self {
            owner_app: None,
            create_time: 0,
            update_time: 0,
            created_by: None,
            updated_by: None,
            name: String::new(),
            description: None,
            version: 1,
            tasks: Vec::new(),
            input_parameters: Vec::new(),
            output_parameters: Map::new(),
            failure_workflow: None,
            failure_workflow_version: None,
            schema_version: 2,
            restartable: true,
            workflow_status_listener_enabled: false,
            workflow_status_listener_sink: None,
            owner_email: None,
            timeout_policy: WorkflowTimeoutPolicy::default(),
            timeout_seconds: 0,
            variables: Map::new(),
            input_template: Map::new(),
            rate_limit_config: None,
            input_schema: None,
            output_schema: None,
            enforce_schema: true,
            metadata: Map::new(),
            cache_config: None,
            masked_fields: Vec::new(),
            expression_style: ExpressionStyle::Conductor,
        }
    }
}

/// Limit on the executions of a definition that run at once (Conductor: `RateLimitConfig`). Stored only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RateLimitConfig {
    /// Executions with one key share the limit; may be a `${…}` text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit_key: Option<String>,
    /// Most executions at once.
    #[serde(deserialize_with = "integer_or::<_, _, 0>")]
    pub concurrent_exec_limit: i32,
    /// What happens beyond the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<RateLimitPolicy>,
}

/// Result cache (Conductor: `CacheConfig`). Stored only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CacheConfig {
    /// Results with one key are one result; may be a `${…}` text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Seconds a result is kept.
    #[serde(deserialize_with = "integer_or::<_, _, 0>")]
    pub ttl_in_second: i32,
}
