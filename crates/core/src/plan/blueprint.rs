//! The blueprint: a definition together with the task definitions of its nodes, as they stand when an
//! execution starts.

use std::sync::Arc;

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
