//! One node of a definition's tree.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::wire::{bool_or, integer_or, maybe_bool, maybe_integer, or_default};
use super::{CacheConfig, Cases, JoinMode, SubWorkflowParams, TaskDef};

/// A task as a definition uses it (Conductor: `WorkflowTask`), with the fields of the operators that the
/// native format adds (`GRAPH`, `TRY_CATCH`, `FOR_EACH`); those are not written when empty, so a definition
/// without them stays exactly what Conductor accepts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowTask {
    /// Name of the task definition; the queue of a SIMPLE task.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// Unique in the definition; expressions and results go by it.
    #[serde(deserialize_with = "or_default")]
    pub task_reference_name: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Template of the task's input.
    #[serde(deserialize_with = "or_default")]
    pub input_parameters: Map<String, Value>,
    /// The whole input as one template, in place of `input_parameters`; what is no object counts as an empty one. Not
    /// Conductor's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_value: Option<Value>,
    /// The kind of node, a free text: an unknown one is a worker's task. `SIMPLE` by default.
    #[serde(rename = "type", deserialize_with = "simple_or")]
    pub type_: String,
    /// DYNAMIC: the input key that holds the task name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_task_name_param: Option<String>,
    /// DECISION: the input key that holds the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_value_param: Option<String>,
    /// DECISION: the script that computes the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_expression: Option<String>,
    /// LAMBDA: the script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script_expression: Option<String>,
    /// SWITCH and DECISION: the tasks of each case.
    #[serde(deserialize_with = "or_default")]
    pub decision_cases: Cases,
    /// FORK_JOIN_DYNAMIC, legacy form: the input key that holds `{dynamicTasks: […]}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_fork_join_tasks_param: Option<String>,
    /// FORK_JOIN_DYNAMIC: the input key that holds the list of tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_fork_tasks_param: Option<String>,
    /// FORK_JOIN_DYNAMIC: the input key that holds the map of inputs by reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_fork_tasks_input_param_name: Option<String>,
    /// SWITCH and DECISION: the tasks of any other case.
    #[serde(deserialize_with = "or_default")]
    pub default_case: Vec<WorkflowTask>,
    /// FORK_JOIN: the branches.
    #[serde(deserialize_with = "or_default")]
    pub fork_tasks: Vec<Vec<WorkflowTask>>,
    /// Seconds before the task may start.
    #[serde(deserialize_with = "integer_or::<_, _, 0>")]
    pub start_delay: i32,
    /// SUB_WORKFLOW: what to start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_workflow_param: Option<SubWorkflowParams>,
    /// JOIN and EXCLUSIVE_JOIN: the references to wait for.
    #[serde(deserialize_with = "or_default")]
    pub join_on: Vec<String>,
    /// EVENT: where the event goes; may be a `${…}` text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sink: Option<String>,
    /// Whether the execution goes on when the task fails.
    #[serde(deserialize_with = "bool_or::<_, false>")]
    pub optional: bool,
    /// The task definition, embedded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<Box<TaskDef>>,
    /// Whether the task definition's rate limit applies.
    #[serde(deserialize_with = "maybe_bool", skip_serializing_if = "Option::is_none")]
    pub rate_limited: Option<bool>,
    /// EXCLUSIVE_JOIN: references to try when none of `join_on` ended.
    #[serde(deserialize_with = "or_default")]
    pub default_exclusive_join_task: Vec<String>,
    /// Whether the task stays in progress until an outside call ends it.
    #[serde(deserialize_with = "bool_or::<_, false>")]
    pub async_complete: bool,
    /// DO_WHILE: the condition of another iteration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loop_condition: Option<String>,
    /// DO_WHILE and FOR_EACH: the tasks of one iteration.
    #[serde(deserialize_with = "or_default")]
    pub loop_over: Vec<WorkflowTask>,
    /// DO_WHILE and FOR_EACH: the list to iterate over, usually a `${…}` text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Value>,
    /// Attempts after the first, in place of the task definition's.
    #[serde(deserialize_with = "maybe_integer", skip_serializing_if = "Option::is_none")]
    pub retry_count: Option<i32>,
    /// SWITCH: how `expression` is read (`value-param`, `javascript`, …).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluator_type: Option<String>,
    /// SWITCH: the input key or script that gives the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Events to emit by status. Stored only.
    #[serde(deserialize_with = "or_default")]
    pub on_state_change: Map<String, Value>,
    /// Stored only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join_status: Option<String>,
    /// JOIN: how eagerly it looks at its branches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join_mode: Option<JoinMode>,
    /// Result cache. Stored only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_config: Option<CacheConfig>,
    /// Whether the other branches go on when the task fails; the execution fails at the end.
    #[serde(deserialize_with = "bool_or::<_, false>")]
    pub permissive: bool,
    /// Free annotations.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Map<String, Value>,
    /// GRAPH: the steps, each with its `depends_on`.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub graph_tasks: Vec<WorkflowTask>,
    /// In a GRAPH: the references of the steps that must end first.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// TRY_CATCH: the guarded tasks.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub try_tasks: Vec<WorkflowTask>,
    /// TRY_CATCH: the tasks to run after a failure of `try_tasks`.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub catch_tasks: Vec<WorkflowTask>,
    /// TRY_CATCH: the tasks to run in the end in any case.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub finally_tasks: Vec<WorkflowTask>,
    /// FOR_EACH: most iterations at once; `None` means one after the other.
    #[serde(deserialize_with = "maybe_integer", skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<i32>,
}

/// `null` reads as `SIMPLE`.
fn simple_or<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let read = Option::<String>::deserialize(deserializer)?;
    Ok(read.unwrap_or_else(|| "SIMPLE".to_owned()))
}

impl WorkflowTask {
    /// A node with Conductor's defaults.
    pub fn new(type_: impl Into<String>, name: impl Into<String>, reference: impl Into<String>) -> Self {
        Self {
            type_: type_.into(),
            name: name.into(),
            task_reference_name: reference.into(),
            ..Self::default()
        }
    }
}

impl Default for WorkflowTask {
    fn default() -> Self {
        Self {
            name: String::new(),
            task_reference_name: String::new(),
            description: None,
            input_parameters: Map::new(),
            input_value: None,
            type_: "SIMPLE".to_owned(),
            dynamic_task_name_param: None,
            case_value_param: None,
            case_expression: None,
            script_expression: None,
            decision_cases: Cases::default(),
            dynamic_fork_join_tasks_param: None,
            dynamic_fork_tasks_param: None,
            dynamic_fork_tasks_input_param_name: None,
            default_case: Vec::new(),
            fork_tasks: Vec::new(),
            start_delay: 0,
            sub_workflow_param: None,
            join_on: Vec::new(),
            sink: None,
            optional: false,
            task_definition: None,
            rate_limited: None,
            default_exclusive_join_task: Vec::new(),
            async_complete: false,
            loop_condition: None,
            loop_over: Vec::new(),
            items: None,
            retry_count: None,
            evaluator_type: None,
            expression: None,
            on_state_change: Map::new(),
            join_status: None,
            join_mode: None,
            cache_config: None,
            permissive: false,
            metadata: Map::new(),
            graph_tasks: Vec::new(),
            depends_on: Vec::new(),
            try_tasks: Vec::new(),
            catch_tasks: Vec::new(),
            finally_tasks: Vec::new(),
            concurrency: None,
        }
    }
}
