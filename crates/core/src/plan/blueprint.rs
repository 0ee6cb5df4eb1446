//! The blueprint: a definition together with the task definitions of its nodes, as they stand when an
//! execution starts.

use std::sync::{Arc, LazyLock};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::definition::{TaskDef, WorkflowDef, WorkflowTask};

/// Embeds the registered task definition into every node that has none of its own. A SIMPLE task that nobody registered gets Conductor's defaults.
pub fn blueprint(definition: &WorkflowDef, task_defs: &dyn Fn(&str) -> Option<Arc<TaskDef>>) -> WorkflowDef {
    let mut blueprint = definition.clone();
    embed_all(&mut blueprint.tasks, task_defs);
    blueprint
}

fn embed_all(tasks: &mut [WorkflowTask], task_defs: &dyn Fn(&str) -> Option<Arc<TaskDef>>) {
    for task in tasks {
        if task.task_definition.is_none() {
            task.task_definition =
                task_defs(&task.name).map(|registered| Box::new(TaskDef::clone(&registered)));
        }
        if task.type_ == "SIMPLE" {
            let embedded = task.task_definition.get_or_insert_with(|| Box::new(TaskDef::named(&task.name)));
            if embedded.name.is_empty() {
                embedded.name.clone_from(&task.name);
            }
        }
        if let Some(child) =
            task.sub_workflow_param.as_mut().and_then(|param| param.workflow_definition.as_mut())
            && let crate::definition::InlineDefinition::Definition(inline) = child
        {
            embed_all(&mut inline.tasks, task_defs);
        }
        for list in task.children_mut() {
            embed_all(list, task_defs);
        }
    }
}

/// Fields of a definition's JSON that hold a list of tasks.
const LISTS: [&str; 6] = ["defaultCase", "loopOver", "graphTasks", "tryTasks", "catchTasks", "finallyTasks"];

/// The JSON that is stored and hashed: without the fields that say what their absence says, which are most of them in a
/// large definition. [`blueprint`] without task definitions makes of it what it was.
pub(super) fn canonical(blueprint: &WorkflowDef) -> Value {
    let mut json = serde_json::to_value(blueprint).unwrap_or_default();
    shorten_definition(&mut json);
    json
}

fn shorten_definition(definition: &mut Value) {
    static DEFAULT: LazyLock<Value> = LazyLock::new(default::<WorkflowDef>);
    let Some(fields) = definition.as_object_mut() else { return };
    fields.get_mut("tasks").into_iter().for_each(shorten_tasks);
    shorten(fields, &DEFAULT);
}

fn shorten_tasks(tasks: &mut Value) {
    tasks.as_array_mut().into_iter().flatten().for_each(shorten_task);
}

fn shorten_task(task: &mut Value) {
    static TASK: LazyLock<Value> = LazyLock::new(default::<WorkflowTask>);
    static TASK_DEF: LazyLock<Value> = LazyLock::new(default::<TaskDef>);
    let Some(fields) = task.as_object_mut() else { return };
    for list in LISTS {
        fields.get_mut(list).into_iter().for_each(shorten_tasks);
    }
    let cases = fields.get_mut("decisionCases").and_then(Value::as_object_mut);
    cases.into_iter().flat_map(Map::values_mut).for_each(shorten_tasks);
    let branches = fields.get_mut("forkTasks").and_then(Value::as_array_mut);
    branches.into_iter().flatten().for_each(shorten_tasks);
    if let Some(child) =
        fields.get_mut("subWorkflowParam").and_then(|param| param.get_mut("workflowDefinition"))
    {
        shorten_definition(child);
    }
    let mut says_nothing = false;
    if let Some(task_def) = fields.get_mut("taskDefinition").and_then(Value::as_object_mut) {
        shorten(task_def, &TASK_DEF);
        says_nothing = task_def.len() == 1 && task_def.get("name").is_some();
    }
    // [`blueprint`] gives a SIMPLE task without one the same again.
    if says_nothing && fields["type"] == "SIMPLE" && fields["taskDefinition"]["name"] == fields["name"] {
        fields.remove("taskDefinition");
    }
    shorten(fields, &TASK);
}

fn shorten(fields: &mut Map<String, Value>, default: &Value) {
    fields.retain(|name, value| default.get(name) != Some(value));
}

fn default<T: Default + Serialize>() -> Value {
    serde_json::to_value(T::default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_reads_back_as_it_was() {
        let definition: WorkflowDef = serde_json::from_value(serde_json::json!({
            "name": "all", "version": 3, "restartable": false, "tasks": [
                {"name": "a", "taskReferenceName": "a", "inputParameters": {"startDelay": 0, "optional": false}},
                {"name": "s", "taskReferenceName": "s", "type": "SWITCH", "evaluatorType": "value-param", "expression": "x",
                    "decisionCases": {"0": [{"name": "b", "taskReferenceName": "b", "optional": true}]},
                    "defaultCase": [{"name": "c", "taskReferenceName": "c", "startDelay": 5}]},
                {"name": "f", "taskReferenceName": "f", "type": "FORK_JOIN", "forkTasks": [
                    [{"name": "d", "taskReferenceName": "d"}], [{"name": "e", "taskReferenceName": "e"}]]},
                {"name": "j", "taskReferenceName": "j", "type": "JOIN", "joinOn": ["d", "e"]},
                {"name": "u", "taskReferenceName": "u", "type": "SUB_WORKFLOW", "subWorkflowParam": {"name": "i",
                    "workflowDefinition": {"name": "i", "tasks": [{"name": "g", "taskReferenceName": "g"}]}}}]}))
        .expect("a definition");
        let embedded = blueprint(&definition, &|name| {
            (name == "b").then(|| Arc::new(TaskDef { retry_count: 7, ..TaskDef::named("b") }))
        });
        let short = canonical(&embedded);
        let read: WorkflowDef = serde_json::from_value(short.clone()).expect("reads");
        assert_eq!(blueprint(&read, &|_| None), embedded);
        let text = short.to_string();
        assert!(text.len() * 3 < serde_json::to_string(&embedded).expect("writes").len(), "{text}");
        let input = &short["tasks"][0]["inputParameters"];
        assert_eq!(
            input,
            &serde_json::json!({"startDelay": 0, "optional": false}),
            "a user's data stay whole"
        );
    }
}
