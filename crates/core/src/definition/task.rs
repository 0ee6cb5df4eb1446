//! Task definitions: what is true of every task with one name, whichever definition uses it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::seconds::seconds_or;
use super::wire::{bool_or, integer_or, maybe_integer, or_default};
use super::{RetryLogic, Seconds, TimeoutPolicy};

/// A registered task type (Conductor: `TaskDef`): retries, timeouts, limits and default input.
///
/// Wire names and defaults are Conductor's; `null` for a primitive reads as its default, unknown properties
/// are ignored, and absent optional values are not written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskDef {
    /// The application that owns the type. Stored only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_app: Option<String>,
    /// Unix milliseconds of the first registration; 0 when unknown.
    #[serde(deserialize_with = "integer_or::<_, _, 0>")]
    pub create_time: i64,
    /// Unix milliseconds of the last change; 0 when unknown.
    #[serde(deserialize_with = "integer_or::<_, _, 0>")]
    pub update_time: i64,
    /// Who registered the type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Who changed the type last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
    /// The type's unique name; also its queue.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Attempts after the first; at least 0.
    #[serde(deserialize_with = "integer_or::<_, _, 3>")]
    pub retry_count: i32,
    /// Seconds an attempt may run from its start; 0 means for ever.
    #[serde(deserialize_with = "integer_or::<_, _, 0>")]
    pub timeout_seconds: i64,
    /// Names of the expected input keys. Documentation only.
    #[serde(deserialize_with = "or_default")]
    pub input_keys: Vec<String>,
    /// Names of the expected output keys. Documentation only.
    #[serde(deserialize_with = "or_default")]
    pub output_keys: Vec<String>,
    /// What a timeout does.
    #[serde(deserialize_with = "or_default")]
    pub timeout_policy: TimeoutPolicy,
    /// How the delay before a retry grows.
    #[serde(deserialize_with = "or_default")]
    pub retry_logic: RetryLogic,
    /// Seconds before the first retry; fractions are an extension.
    #[serde(deserialize_with = "seconds_or::<_, 60>")]
    pub retry_delay_seconds: Seconds,
    /// Seconds a worker may stay silent; at least 1. The lease of an attempt.
    #[serde(deserialize_with = "integer_or::<_, _, 3600>")]
    pub response_timeout_seconds: i64,
    /// Most attempts of the type in progress at once; `None` or 0 means no limit.
    #[serde(deserialize_with = "maybe_integer", skip_serializing_if = "Option::is_none")]
    pub concurrent_exec_limit: Option<i32>,
    /// Default input: keys the task's own input lacks.
    #[serde(deserialize_with = "or_default")]
    pub input_template: Map<String, Value>,
    /// Most attempts handed out per `rate_limit_frequency_in_seconds`; 0 means no limit.
    #[serde(deserialize_with = "integer_or::<_, _, 0>")]
    pub rate_limit_per_frequency: i32,
    /// Length of the rate window in seconds.
    #[serde(deserialize_with = "integer_or::<_, _, 1>")]
    pub rate_limit_frequency_in_seconds: i32,
    /// Isolation group of the queue. Stored only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isolation_group_id: Option<String>,
    /// Namespace of the queue. Stored only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_name_space: Option<String>,
    /// Address of the owner; optional and unchecked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_email: Option<String>,
    /// Seconds an attempt may wait to be polled; `None` or 0 means for ever.
    #[serde(deserialize_with = "maybe_integer", skip_serializing_if = "Option::is_none")]
    pub poll_timeout_seconds: Option<i32>,
    /// Factor of linear backoff.
    #[serde(deserialize_with = "integer_or::<_, _, 1>")]
    pub backoff_scale_factor: i32,
    /// Longest delay before a retry in seconds; 0 means no cap. Fractions are an extension.
    pub max_retry_delay_seconds: Seconds,
    /// Largest random addition to a retry's delay, in milliseconds.
    #[serde(deserialize_with = "integer_or::<_, _, 0>")]
    pub backoff_jitter_ms: i32,
    /// The type that this one refines. Stored only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_type: Option<String>,
    /// Seconds all attempts together may take; 0 means for ever.
    #[serde(deserialize_with = "integer_or::<_, _, 0>")]
    pub total_timeout_seconds: i64,
    /// Schema of the input. Stored only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Value>,
    /// Schema of the output. Stored only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// Whether the schemas bind. Stored only.
    #[serde(deserialize_with = "bool_or::<_, false>")]
    pub enforce_schema: bool,
    /// What a worker is told at poll beside the input.
    #[serde(deserialize_with = "or_default")]
    pub runtime_metadata: Vec<Value>,
    /// Whether listeners hear of the task's status.
    #[serde(deserialize_with = "bool_or::<_, true>")]
    pub task_status_listener_enabled: bool,
}

impl TaskDef {
    /// The definition of a type that says nothing but its name: three retries 60 s apart, a response timeout
    /// of one hour, no other limit (Conductor's `TaskDef` defaults).
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Whether attempts of the type have to pass a limit before they are handed out.
    pub fn is_limited(&self) -> bool {
        self.concurrent_exec_limit.is_some_and(|max| max > 0) || self.rate_limit_per_frequency > 0
    }
}

impl Default for TaskDef {
    fn default() -> Self {
        Self {
            owner_app: None,
            create_time: 0,
            update_time: 0,
            created_by: None,
            updated_by: None,
            name: String::new(),
            description: None,
            retry_count: 3,
            timeout_seconds: 0,
            input_keys: Vec::new(),
            output_keys: Vec::new(),
            timeout_policy: TimeoutPolicy::default(),
            retry_logic: RetryLogic::default(),
            retry_delay_seconds: 60.into(),
            response_timeout_seconds: 3600,
            concurrent_exec_limit: None,
            input_template: Map::new(),
            rate_limit_per_frequency: 0,
            rate_limit_frequency_in_seconds: 1,
            isolation_group_id: None,
            execution_name_space: None,
            owner_email: None,
            poll_timeout_seconds: None,
            backoff_scale_factor: 1,
            max_retry_delay_seconds: 0.into(),
            backoff_jitter_ms: 0,
            base_type: None,
            total_timeout_seconds: 0,
            input_schema: None,
            output_schema: None,
            enforce_schema: false,
            runtime_metadata: Vec::new(),
            task_status_listener_enabled: true,
        }
    }
}
