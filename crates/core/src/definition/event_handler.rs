//! Event handlers: what an event does.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::wire::{bool_or, maybe_integer, or_default};

/// A trigger (Conductor: `EventHandler`): an event, a condition on its payload, and what is done then.
///
/// Wire names and defaults are Conductor's; `null` for a primitive reads as its default, unknown properties
/// are ignored, and absent optional values are not written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventHandler {
    /// Its unique name.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `<type>:<queue>`; an EVENT task with the sink `conductor:x` publishes `conductor:<definition>:x`.
    #[serde(deserialize_with = "or_default")]
    pub event: String,
    /// A script that sees the payload as `$`; without one every event counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// What is done, all at once.
    #[serde(deserialize_with = "or_default")]
    pub actions: Vec<EventAction>,
    /// Whether it listens.
    #[serde(deserialize_with = "bool_or::<_, false>")]
    pub active: bool,
    /// What `condition` is written in; `javascript` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluator_type: Option<String>,
}

/// One thing that an event does (Conductor: `EventHandler.Action`). Texts in it are templates whose paths begin at the payload.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventAction {
    /// Which of the members below counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionKind>,
    /// Of `start_workflow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_workflow: Option<StartAction>,
    /// Of `complete_task`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete_task: Option<TaskAction>,
    /// Of `fail_task`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_task: Option<TaskAction>,
    /// Of `terminate_workflow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminate_workflow: Option<TerminateAction>,
    /// Of `update_workflow_variables`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_workflow_variables: Option<VariablesAction>,
    /// Of `start_agent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_agent: Option<Value>,
    /// Whether texts of the payload that are JSON count as what they say.
    #[serde(rename = "expandInlineJSON", deserialize_with = "bool_or::<_, false>")]
    pub expand_inline_json: bool,
}

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ActionKind {
    StartWorkflow,
    CompleteTask,
    FailTask,
    TerminateWorkflow,
    UpdateWorkflowVariables,
    StartAgent,
}

impl ActionKind {
    /// The wire name, which is also the member that says more.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StartWorkflow => "start_workflow",
            Self::CompleteTask => "complete_task",
            Self::FailTask => "fail_task",
            Self::TerminateWorkflow => "terminate_workflow",
            Self::UpdateWorkflowVariables => "update_workflow_variables",
            Self::StartAgent => "start_agent",
        }
    }
}

impl fmt::Display for ActionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Starts an execution (Conductor: `EventHandler.StartWorkflow`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StartAction {
    /// The definition.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// Its version; the latest without one.
    #[serde(deserialize_with = "maybe_integer", skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// The caller's own key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The input.
    #[serde(deserialize_with = "or_default")]
    pub input: Map<String, Value>,
    /// Task type to domain; without one the payload's `taskToDomain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_to_domain: Option<Map<String, Value>>,
}

/// Ends a task (Conductor: `EventHandler.TaskDetails`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskAction {
    /// The execution, with `task_ref_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_id: Option<String>,
    /// The reference of a task that is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_ref_name: Option<String>,
    /// Its output.
    #[serde(deserialize_with = "or_default")]
    pub output: Map<String, Value>,
    /// The attempt, in place of the two above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_for_incompletion: Option<String>,
}

/// Stops an execution (Conductor: `EventHandler.TerminateWorkflow`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TerminateAction {
    /// The execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_id: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_reason: Option<String>,
}

/// Sets variables of an execution (Conductor: `EventHandler.UpdateWorkflowVariables`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VariablesAction {
    /// The execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_id: Option<String>,
    /// The variables; those that are not named stay.
    #[serde(deserialize_with = "or_default")]
    pub variables: Map<String, Value>,
    /// Whether a list is added to the end of the list that is there.
    #[serde(deserialize_with = "bool_or::<_, false>")]
    pub append_array: bool,
}
