//! SUB_WORKFLOW nodes: where the child's definition comes from.

use std::sync::Arc;

use serde_json::Value;

use super::{Compiler, compile};
use crate::definition::{InlineDefinition, SubWorkflowParams, Violation, WorkflowDef, WorkflowTask};
use crate::plan::kind::{Child, ChildDefinition, Kind};

impl Compiler {
    pub(super) fn child(&mut self, task: &WorkflowTask, path: &str) -> Kind {
        let path = format!("{path}.subWorkflowParam");
        let Some(param) = &task.sub_workflow_param else {
            let message = format!(
                "Task {} is defined as sub-workflow and is missing subWorkflowParams. Please check the workflow definition",
                task.task_reference_name
            );
            self.refuse(&path, &message);
            return Kind::Noop;
        };
        let definition = self.child_definition(param, &path);
        let priority = param.priority.as_ref().map(|value| self.template(value, &format!("{path}.priority")));
        let domains = param
            .task_to_domain
            .clone()
            .map(|map| self.template(&Value::Object(map), &format!("{path}.taskToDomain")));
        Kind::SubWorkflow(Box::new(Child { definition, priority, domains }))
    }

    fn child_definition(&mut self, param: &SubWorkflowParams, path: &str) -> ChildDefinition {
        match &param.workflow_definition {
            Some(InlineDefinition::Definition(inline)) => match compile(WorkflowDef::clone(inline)) {
                Ok(plan) => return ChildDefinition::Inline(Arc::new(plan)),
                Err(violations) => self.violations.extend(violations.into_iter().map(|violation| {
                    Violation { path: format!("{path}.workflowDefinition.{}", violation.path), ..violation }
                })),
            },
            Some(InlineDefinition::Expression(text)) => {
                return ChildDefinition::Computed(
                    self.template(&Value::String(text.clone()), &format!("{path}.workflowDefinition")),
                );
            }
            None => {}
        }
        let name = Value::String(param.name.clone().unwrap_or_default());
        ChildDefinition::Named {
            name: self.template(&name, &format!("{path}.name")),
            version: param.version.as_ref().map(|version| self.template(version, &format!("{path}.version"))),
        }
    }
}
