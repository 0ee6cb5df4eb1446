//! Whether the scripts of a definition are scripts at all.

use segue_core::definition::{Violation, WorkflowDef};
use segue_core::plan::{Formula, Kind, blueprint, compile};

use super::Engine;

impl Engine {
    /// The scripts of a definition that no evaluator could ever run: cases of SWITCH and DECISION, conditions of loops.
    pub async fn script_violations(&self, definition: &WorkflowDef) -> Vec<Violation> {
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
            if let Err(problem) = self.inner.options.evaluator.check(script.clone()).await {
                let (type_, name) = (node.task_type(), &node.name);
                found.push(Violation {
                    path: format!("{}.{field}", node.reference),
                    message: format!(
                        "Expression is not well formatted: {problem}, taskType: {type_} taskName {name}"
                    ),
                    invalid_value: Some(script.source.to_string().into()),
                });
            }
        }
        found
    }
}
