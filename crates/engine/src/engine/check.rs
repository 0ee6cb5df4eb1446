//! Whether the scripts of a definition or an event handler are scripts at all.

use segue_core::definition::{EventHandler, Violation, WorkflowDef, WorkflowTask, validate_event_handler};
use segue_core::plan::{Formula, Kind, blueprint, compile};
use segue_core::trigger;

use super::Engine;
use crate::evaluator::Evaluator;

impl Engine {
    /// The scripts of a definition that no evaluator could ever run: cases of SWITCH and DECISION, conditions of loops.
    pub async fn script_violations(&self, definition: &WorkflowDef) -> Vec<Violation> {
        script_violations(&*self.inner.options.evaluator, definition).await
    }

    /// Everything that keeps an event handler from acting.
    pub async fn event_handler_violations(&self, handler: &EventHandler) -> Vec<Violation> {
        event_handler_violations(&*self.inner.options.evaluator, handler).await
    }
}

/// The same without an engine.
pub async fn event_handler_violations(evaluator: &dyn Evaluator, handler: &EventHandler) -> Vec<Violation> {
    let found = validate_event_handler(handler);
    if !found.is_empty() {
        return found;
    }
    let broken = broken_scripts(evaluator, &trigger::definition(handler)).await.into_iter();
    broken.map(|(script, _)| Violation { path: "condition".to_owned(), ..script }).collect()
}

/// The same without an engine.
pub async fn script_violations(evaluator: &dyn Evaluator, definition: &WorkflowDef) -> Vec<Violation> {
    let broken = broken_scripts(evaluator, definition).await.into_iter();
    broken.map(|(script, task)| Violation { message: script.message + &task, ..script }).collect()
}

/// What is wrong with which script, and whose it is, as upstream adds it.
async fn broken_scripts(evaluator: &dyn Evaluator, definition: &WorkflowDef) -> Vec<(Violation, String)> {
    let Ok(plan) = compile(blueprint(definition, &|_| None)) else { return Vec::new() };
    let mut found = Vec::new();
    for (_, node) in plan.nodes() {
        let (formula, field) = match &node.kind {
            Kind::Switch(switch) if switch.is_decision => (Some(&switch.selector), "caseExpression"),
            Kind::Switch(switch) => (Some(&switch.selector), "expression"),
            Kind::DoWhile(each) => (each.condition.as_ref(), "loopCondition"),
            _ => continue,
        };
        let Some(Formula::Script(script)) = formula else { continue };
        if let Err(problem) = evaluator.check(script.clone()).await {
            let (type_, name) = (node.task_type(), &node.name);
            let place = path_of(&definition.tasks, "tasks", &node.reference);
            let violation = Violation {
                path: format!("{}.{field}", place.unwrap_or_else(|| node.reference.to_string())),
                message: format!("Expression is not well formatted: {problem}"),
                invalid_value: Some(script.source.to_string().into()),
            };
            found.push((violation, format!(", taskType: {type_} taskName {name}")));
        }
    }
    found
}

/// Where the task with a reference stands in the definition's JSON.
fn path_of(tasks: &[WorkflowTask], above: &str, reference: &str) -> Option<String> {
    tasks.iter().enumerate().find_map(|(at, task)| {
        let path = format!("{above}[{at}]");
        if task.task_reference_name == reference {
            return Some(path);
        }
        task.children().find_map(|(list, inside)| path_of(inside, &format!("{path}.{list}"), reference))
    })
}
