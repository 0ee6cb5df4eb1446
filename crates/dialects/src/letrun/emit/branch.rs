//! `if` and `switch`: a task that finds the case, and a SWITCH that goes there.

use segue_core::definition::{Cases, WorkflowTask};
use serde_json::Value;

use super::super::model::{Block, Task};
use super::super::placeholder::address::Part;
use super::block::Emitted;
use super::output::{Output, result_of};
use super::{super::placeholder::native::escaped, Compiler};

/// The case of a task that failed and may: nothing runs.
pub(crate) const FAILED: &str = "(failed)";

/// A case with its block.
struct Branch<'a> {
    case: &'a str,
    /// How helpers of the block are called.
    part: String,
    block: &'a Block<'a>,
}

impl<'a> Compiler<'a, '_, '_> {
    pub(super) fn if_task(
        &mut self,
        task: &'a Task<'a>,
        then: Option<&'a Block<'a>>,
        otherwise: Option<&'a Block<'a>>,
        is_tail: bool,
    ) -> Emitted {
        let head = self.main(task);
        let given = [("true", "then", then), ("false", "else", otherwise)];
        let given = given
            .into_iter()
            .filter_map(|(case, part, block)| Some(Branch { case, part: part.to_owned(), block: block? }));
        let branches: Vec<Branch<'a>> = given.collect();
        let is_complete = branches.len() == 2;
        self.branches(task, head, branches, None, is_tail, is_complete)
    }

    pub(super) fn switch(
        &mut self,
        task: &'a Task<'a>,
        cases: &'a [(&'a str, Block<'a>)],
        default: Option<&'a Block<'a>>,
        is_tail: bool,
    ) -> Emitted {
        let mut head = self.main(task);
        let names: Vec<Value> = cases.iter().map(|(case, _)| escaped(case).into()).collect();
        head.input_parameters.insert("cases".to_owned(), Value::Array(names));
        head.input_parameters.insert("hasDefault".to_owned(), default.is_some().into());
        let expression = task.parameters.and_then(|parameters| parameters.get("expression"));
        self.show_workflow(&mut head, expression.and_then(Value::as_str).unwrap_or_default());
        let part = |case: &str| format!("case_{case}");
        let branches = cases.iter().map(|(case, block)| Branch { case, part: part(case), block }).collect();
        self.branches(task, head, branches, default, is_tail, true)
    }

    /// `is_complete`: one of the branches is taken whatever the case.
    fn branches(
        &mut self,
        task: &'a Task<'a>,
        head: WorkflowTask,
        branches: Vec<Branch<'a>>,
        default: Option<&'a Block<'a>>,
        is_tail: bool,
        is_complete: bool,
    ) -> Emitted {
        let mut switch = self.helper("SWITCH", &task.name, "branch");
        switch.evaluator_type = Some("value-param".to_owned());
        switch.expression = Some("value".to_owned());
        let found = || result_of(&head.task_reference_name);
        let case = found().or(Output::Chain(vec![format!("'{FAILED}'")]));
        let Output::Chain(case) = case else { return Emitted::of(Vec::new(), Output::nothing()) };
        let case = super::super::placeholder::native::placeholder(&case);
        switch.input_parameters.insert("value".to_owned(), case.into());
        let blocks = branches.iter().map(|branch| branch.block).chain(default);
        // A branch without tasks gives what the head found.
        let is_complete = is_complete && blocks.into_iter().all(|block| !block.tasks().is_empty());
        let must_close = is_tail && !is_complete;
        let mut out = Output::nothing();
        let mut cases = Vec::new();
        for Branch { case, part, block } in branches {
            let emitted = self.branch(task, block, &part, is_tail, must_close);
            out = out.or(emitted.out);
            cases.push((case.to_owned(), emitted.nodes));
        }
        if let Some(block) = default {
            let emitted = self.branch(task, block, "default", is_tail, must_close);
            out = out.or(emitted.out);
            switch.default_case = emitted.nodes;
        }
        if cases.is_empty() || (task.ignore_error && default.is_some()) {
            cases.push((FAILED.to_owned(), Vec::new()));
        }
        switch.decision_cases = Cases::from_iter(cases);
        let out = out.or(found());
        Emitted::of(vec![head, switch], out)
    }

    fn branch(
        &mut self,
        task: &'a Task<'a>,
        block: &'a Block<'a>,
        part: &str,
        is_tail: bool,
        must_close: bool,
    ) -> Emitted {
        let emitted = self.inside(task, Part::Body, |it| it.block(block, &task.name, part, is_tail));
        let is_list = matches!(emitted.out, Output::List(_));
        match is_tail && !emitted.nodes.is_empty() && (must_close || is_list) {
            true => self.closed(emitted, &task.name, &format!("{part}_output")),
            false => emitted,
        }
    }
}
