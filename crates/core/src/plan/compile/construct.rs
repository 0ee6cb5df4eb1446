//! Nodes that hold other nodes and need more than a line: SWITCH, DECISION, DO_WHILE.

use std::sync::Arc;

use super::{Compiler, Place};
use crate::definition::WorkflowTask;
use crate::plan::kind::{DoWhile, Kind, Switch};
use crate::plan::{Formula, NodeIndex};

type Cases = Vec<(Arc<str>, Option<NodeIndex>)>;

impl Compiler {
    pub(super) fn switch(&mut self, task: &WorkflowTask, path: &str, place: Place) -> Kind {
        let evaluator = task.evaluator_type.as_deref().unwrap_or_default();
        let Some(selector) = Formula::of(evaluator, task.expression.as_deref().unwrap_or_default()) else {
            self.refuse(
                &format!("{path}.evaluatorType"),
                &format!(
                    "No evaluator registered for type: {evaluator}; known are value-param, javascript, graaljs, python"
                ),
            );
            return Kind::Noop;
        };
        let cases = self.cases(task, path, place);
        let default = self.sequence(&task.default_case, &format!("{path}.defaultCase"), place);
        Kind::Switch(Box::new(Switch { selector, cases, default, is_decision: false }))
    }

    /// The older form; a case without tasks is as good as no case.
    pub(super) fn decision(&mut self, task: &WorkflowTask, path: &str, place: Place) -> Kind {
        let script = task.case_expression.as_deref().filter(|text| !text.trim().is_empty());
        let selector = script.and_then(|text| Formula::of("javascript", text));
        let selector = selector
            .unwrap_or_else(|| Formula::Key(task.case_value_param.as_deref().unwrap_or_default().into()));
        let mut cases = self.cases(task, path, place);
        cases.retain(|(_, first)| first.is_some());
        let default = self.sequence(&task.default_case, &format!("{path}.defaultCase"), place);
        Kind::Switch(Box::new(Switch { selector, cases, default, is_decision: true }))
    }

    fn cases(&mut self, task: &WorkflowTask, path: &str, place: Place) -> Cases {
        let cases = task.decision_cases.iter();
        cases
            .map(|(case, tasks)| {
                (case.into(), self.sequence(tasks, &format!("{path}.decisionCases['{case}']"), place))
            })
            .collect()
    }

    pub(super) fn do_while(
        &mut self,
        task: &WorkflowTask,
        path: &str,
        index: NodeIndex,
        place: Place,
    ) -> Kind {
        let inside = Place::body_of(index, place);
        let body = self.sequence(&task.loop_over, &format!("{path}.loopOver"), inside);
        let condition = task.loop_condition.as_deref().filter(|text| !text.trim().is_empty());
        let condition = condition
            .and_then(|text| Formula::of(task.evaluator_type.as_deref().unwrap_or("javascript"), text));
        let items = task.items.as_ref().map(|items| self.template(items, &format!("{path}.items")));
        Kind::DoWhile(Box::new(DoWhile { body, condition, items }))
    }

    /// The dynamic fork that stands right before a node.
    pub(super) fn dynamic_fork_before(&self, index: NodeIndex) -> Option<NodeIndex> {
        let before = NodeIndex(index.0.checked_sub(1)?);
        matches!(self.nodes[before.0 as usize].kind, Kind::DynamicFork { .. }).then_some(before)
    }
}
