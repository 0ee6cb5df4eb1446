//! What a test says of tasks that are not there, and which tasks it says too little about.

use std::collections::{BTreeMap, BTreeSet};

use segue_core::definition::Violation;
use segue_core::execution::Execution;
use segue_core::plan::Kind;
use segue_engine::rehearsal::{Rehearsed, Script};

/// The references that a test has something for. A dynamic fork makes up references, so they are looked up in what was played.
pub(super) struct Cast {
    /// With a result.
    results: Vec<String>,
    /// With a test of the sub-workflow.
    children: BTreeMap<String, Cast>,
}

impl Cast {
    pub(super) fn of(script: &Script) -> Self {
        let given = script.results.iter().filter(|(_, mocks)| !mocks.is_empty());
        let children = script.children.iter().map(|(reference, child)| (reference.clone(), Self::of(child)));
        Self {
            results: given.map(|(reference, _)| reference.clone()).collect(),
            children: children.collect(),
        }
    }

    /// What no task of the definition goes by, with what was probably meant.
    pub(super) fn strangers(&self, played: &Rehearsed) -> Vec<Violation> {
        let mut found = Vec::new();
        self.look(&[&played.execution], played, "", &mut found);
        found.sort_by(|one, other| one.path.cmp(&other.path));
        found
    }

    /// `executions` are those that this part of the test was for: none if the flow did not come there.
    fn look(&self, executions: &[&Execution], played: &Rehearsed, at: &str, found: &mut Vec<Violation>) {
        if !executions.is_empty() && !executions.iter().any(|execution| may_grow(execution)) {
            self.look_here(executions, at, found);
        }
        for (reference, child) in &self.children {
            let of_it = |child: &&Execution| starter(child, executions) == Some(reference);
            let children: Vec<&Execution> = played.children.iter().filter(of_it).collect();
            child.look(&children, played, &format!("{at}subWorkflowTestRequest.{reference}."), found);
        }
    }

    fn look_here(&self, executions: &[&Execution], at: &str, found: &mut Vec<Violation>) {
        let known: BTreeSet<&str> = executions.iter().flat_map(|execution| references(execution)).collect();
        let results = self.results.iter().map(|reference| ("taskRefToMockOutput", reference));
        let children = self.children.keys().map(|reference| ("subWorkflowTestRequest", reference));
        for (member, reference) in results.chain(children) {
            if !known.contains(reference.as_str()) && !known.contains(bare(reference)) {
                let near = segue_dialects::nearest(bare(reference), known.iter().copied());
                let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
                let message = format!("no task of the definition has the reference {reference}{hint}");
                let path = format!("{at}{member}.{reference}");
                found.push(Violation { path, message, invalid_value: Some(reference.as_str().into()) });
            }
        }
    }
}

/// The references of its definition and of what it grew by.
fn references(execution: &Execution) -> impl Iterator<Item = &str> {
    let plans = [&execution.pinned, &execution.plan];
    plans.into_iter().flat_map(|plan| plan.nodes().map(|(_, node)| &*node.reference))
}

/// Whether a dynamic fork was not reached, so that nobody knows its branches.
fn may_grow(execution: &Execution) -> bool {
    let forks = execution.plan.nodes().filter(|(_, node)| matches!(node.kind, Kind::DynamicFork { .. }));
    let is_reached = |index| execution.current_tasks().any(|task| task.node == index);
    forks.into_iter().any(|(index, _)| !is_reached(index))
}

/// Reference of the task in one of these executions that started a sub-workflow.
fn starter<'a>(child: &Execution, executions: &[&'a Execution]) -> Option<&'a str> {
    let parent = child.started.parent?;
    let execution = executions.iter().find(|execution| execution.id == parent.execution())?;
    Some(&execution.plan.node(execution.task(parent.ordinal())?.node).reference)
}

/// `ref__2` is the second iteration of `ref`.
fn bare(mut reference: &str) -> &str {
    while let Some((rest, number)) = reference.rsplit_once("__") {
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        reference = rest;
    }
    reference
}

/// The open tasks for which nothing would ever happen again, those of sub-workflows as `task.task of the sub-workflow`.
pub(super) fn stuck(played: &Rehearsed) -> Vec<String> {
    let mut names = Vec::new();
    open(&played.execution, played, "", &mut names);
    names
}

fn open(execution: &Execution, played: &Rehearsed, at: &str, names: &mut Vec<String>) {
    for task in execution.current_tasks().filter(|task| !task.is_terminal()) {
        let node = execution.plan.node(task.node);
        let name = format!("{at}{}", task.frame.name(&node.reference));
        let own = execution.id.task(task.ordinal);
        match played.children.iter().find(|child| child.started.parent == Some(own)) {
            Some(child) => open(child, played, &format!("{name}."), names),
            None if node.kind.is_structural() || node.kind.joins_others() => {}
            None => names.push(name),
        }
    }
}
