//! What the input of a FORK_JOIN_DYNAMIC or DYNAMIC says, as the tasks that could have been written instead.
//!
//! | form | input | a branch |
//! |---|---|---|
//! | a | `forkTaskInputs` with `forkTaskName`, `forkTaskType` or `forkTaskWorkflow` | the same task for each element |
//! | b | the keys that `dynamicForkTasksParam` and `dynamicForkTasksInputParamName` name | a task of the list |
//! | c | the key that `dynamicForkJoinTasksParam` names, `{dynamicTasks: […]}` | a task of the list, in short form |

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::definition::{SubWorkflowParams, WorkflowTask};
use crate::json::Json;
use crate::table::HashMap;

/// The branches of a dynamic fork: one task each. `prefix` goes before the references that form a makes up.
///
/// # Errors
/// What is wrong with the input, in Conductor's words.
pub(crate) fn branch_tasks(
    fork: &WorkflowTask,
    input: &Map<String, Value>,
    prefix: &str,
) -> Result<Vec<WorkflowTask>, String> {
    let tasks = match (input.get("forkTaskInputs"), &fork.dynamic_fork_tasks_param) {
        (Some(Value::Array(elements)), _) => same_task(fork, input, elements, prefix),
        (_, Some(tasks)) => listed(fork, input, tasks),
        _ => legacy(fork, input),
    }?;
    let mut seen = std::collections::HashSet::new();
    for task in &tasks {
        if !seen.insert(task.task_reference_name.as_str()) {
            return Err(format!(
                "No dynamic tasks could be created for the Workflow: attempted to create a duplicate task reference name: {}",
                task.task_reference_name
            ));
        }
    }
    Ok(tasks)
}

/// The inputs of the branches by reference, as far as the fork's own input gives them. `references` are those of the
/// branches, in order.
pub(crate) fn branch_inputs(
    fork: &WorkflowTask,
    input: &Json,
    references: &[Arc<str>],
) -> HashMap<Arc<str>, Map<String, Value>> {
    let mut input = input.object();
    let mut inputs = HashMap::default();
    if let Some(Value::Array(elements)) = input.get("forkTaskInputs") {
        for (i, (element, reference)) in elements.iter().zip(references).enumerate() {
            let mut own = match element {
                Value::Object(fields) => fields.clone(),
                other => Map::from_iter([("input".to_owned(), other.clone())]),
            };
            own.insert("__index".to_owned(), i.into());
            inputs.insert(reference.clone(), own);
        }
    } else if let Some(param) = &fork.dynamic_fork_tasks_input_param_name {
        if let Some(Value::Object(by_reference)) = input.remove(param) {
            let maps = by_reference.into_iter().filter_map(|(reference, own)| match own {
                Value::Object(own) => Some((Arc::from(reference), own)),
                _ => None,
            });
            inputs.extend(maps);
        }
    } else if let Some(Value::Object(mut list)) =
        fork.dynamic_fork_join_tasks_param.as_ref().and_then(|param| input.remove(param))
        && let Some(Value::Array(tasks)) = list.remove("dynamicTasks")
    {
        for mut task in tasks {
            let reference = task.get("referenceName").and_then(Value::as_str).map(Arc::from);
            let own = task.get_mut("input").map(Value::take);
            if let (Some(reference), Some(Value::Object(own))) = (reference, own) {
                inputs.insert(reference, own);
            }
        }
    }
    inputs
}

/// Form a.
fn same_task(
    fork: &WorkflowTask,
    input: &Map<String, Value>,
    elements: &[Value],
    prefix: &str,
) -> Result<Vec<WorkflowTask>, String> {
    let text = |key: &str| input.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = input.get("forkTaskName").and_then(Value::as_str).unwrap_or(&fork.task_reference_name);
    let workflow = text("forkTaskWorkflow");
    let version = input.get("forkTaskWorkflowVersion").filter(|version| !version.is_null()).cloned();
    if let Some(version) = version.as_ref().filter(|version| workflow.is_some() && !is_version(version)) {
        return Err(format!("forkTaskWorkflowVersion must be a positive integer, found {version}"));
    }
    let type_ = match &workflow {
        Some(_) => "SUB_WORKFLOW".to_owned(),
        None => text("forkTaskType").unwrap_or_else(|| "SIMPLE".to_owned()),
    };
    let branches = elements.iter().enumerate().map(|(i, element)| {
        let mut task = WorkflowTask::new(type_.clone(), name, format!("_{prefix}{name}_{i}"));
        task.optional = fork.optional;
        task.sub_workflow_param = workflow.as_ref().map(|workflow| SubWorkflowParams {
            name: Some(workflow.clone()),
            version: version.clone(),
            task_to_domain: element.get("taskToDomain").and_then(Value::as_object).cloned(),
            ..SubWorkflowParams::default()
        });
        task
    });
    Ok(branches.collect())
}

/// A number, also written as text; 0 and "" mean the latest.
fn is_version(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim().is_empty() || text.trim().parse::<u32>().is_ok(),
        other => other.as_u64().is_some_and(|number| u32::try_from(number).is_ok()),
    }
}

/// Form b.
fn listed(fork: &WorkflowTask, input: &Map<String, Value>, param: &str) -> Result<Vec<WorkflowTask>, String> {
    let null = Value::Null;
    let given = input.get(param).unwrap_or(&null);
    if let Some(inputs) = &fork.dynamic_fork_tasks_input_param_name {
        let found = input.get(inputs).unwrap_or(&null);
        if !found.is_object() && !found.is_null() {
            return Err(format!(
                "Input to the dynamically forked tasks is not a map -> expecting a map of K,V  but found {found}"
            ));
        }
    }
    if given.is_null() {
        return Err(nothing_to_schedule(fork, param));
    }
    let parsed = match given {
        Value::String(text) => serde_json::from_str(text).unwrap_or(Value::Null),
        other => other.clone(),
    };
    let tasks: Option<Vec<WorkflowTask>> = serde_json::from_value(parsed).ok();
    let tasks = tasks.filter(|tasks| {
        tasks.iter().all(|task| !task.task_reference_name.is_empty() && !task.name.is_empty())
    });
    tasks.ok_or_else(|| {
        let given = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
        format!("Input '{param}' is invalid. Cannot deserialize a list of Workflow Tasks from '{given}'")
    })
}

/// Form c.
fn legacy(fork: &WorkflowTask, input: &Map<String, Value>) -> Result<Vec<WorkflowTask>, String> {
    let Some(param) = &fork.dynamic_fork_join_tasks_param else {
        let found = input.get("forkTaskInputs").unwrap_or(&Value::Null);
        return Err(format!(
            "Tasks could not be dynamically forked due to invalid input: forkTaskInputs must be a list, found {found}"
        ));
    };
    let list = input.get(param).and_then(|list| list.get("dynamicTasks")).and_then(Value::as_array);
    let list = list.ok_or_else(|| nothing_to_schedule(fork, param))?;
    let text = |task: &Value, key: &str| task.get(key).and_then(Value::as_str).map(str::to_owned);
    let tasks = list.iter().map(|short| {
        let (name, reference) = (text(short, "taskName"), text(short, "referenceName"));
        let (Some(name), Some(reference)) = (name, reference) else {
            return Err(format!(
                "Input '{param}' is invalid. Cannot deserialize a list of Workflow Tasks from '{}'",
                json!(list)
            ));
        };
        let type_ = text(short, "type").unwrap_or_else(|| "SIMPLE".to_owned());
        let mut task = WorkflowTask::new(type_, name, reference);
        task.sub_workflow_param = text(short, "workflowName")
            .map(|workflow| SubWorkflowParams { name: Some(workflow), ..SubWorkflowParams::default() });
        Ok(task)
    });
    tasks.collect()
}

fn nothing_to_schedule(fork: &WorkflowTask, param: &str) -> String {
    format!(
        "Dynamic tasks could not be created. The value of {param} from task's input {} has no dynamic tasks to be scheduled",
        fork.task_reference_name
    )
}

/// The task that a DYNAMIC node turns into: of the type and name that its input gives.
///
/// # Errors
/// If the input names none.
pub(crate) fn chosen_task(
    dynamic: &WorkflowTask,
    input: &Map<String, Value>,
) -> Result<WorkflowTask, String> {
    let param = dynamic.dynamic_task_name_param.as_deref().unwrap_or_default();
    let name = input.get(param).and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| {
        format!(
            "Cannot map a dynamic task based on the parameter and input. Parameter= {param}, input= {}",
            Value::Object(input.clone())
        )
    })?;
    Ok(WorkflowTask {
        name: name.to_owned(),
        type_: name.to_owned(),
        dynamic_task_name_param: None,
        ..dynamic.clone()
    })
}
