//! Reference names: each used once, and each known where it is read.

use std::collections::HashSet;

use super::Violation;
use super::outline::Outline;
use crate::definition::WorkflowDef;
use crate::expression::{Template, java_text};

/// Unknown names told of one parameter, at most: each message repeats the parameter's whole text.
const UNKNOWN_MAX: usize = 8;

/// A reference name stands for one task, however deep that is nested.
pub(super) fn unique(def: &WorkflowDef, outline: &Outline<'_>, found: &mut Vec<Violation>) {
    let mut seen = HashSet::new();
    for node in outline.nodes() {
        let reference = node.task.task_reference_name.as_str();
        if !reference.is_empty() && !seen.insert(reference) {
            let message = format!(
                "taskReferenceName: {reference} should be unique across tasks for a given workflowDefinition: {}",
                def.name
            );
            found.push(Violation::of(node.at("taskReferenceName"), message, reference));
        }
    }
}

/// The expressions in the input of top-level tasks begin with `workflow` or a task of the definition. Nested
/// tasks may read what only exists at run time, as upstream lets them.
pub(super) fn known(def: &WorkflowDef, outline: &Outline<'_>, found: &mut Vec<Violation>) {
    let names: HashSet<&str> =
        outline.nodes().iter().map(|node| node.task.task_reference_name.as_str()).collect();
    for node in outline.nodes().iter().filter(|node| node.is_top) {
        for (key, value) in &node.task.input_parameters {
            // What does not compile is reported by the rule on templates.
            let Ok(template) = Template::compile_in(def.expression_style, value) else { continue };
            let roots = template.references();
            let unknown = roots.into_iter().filter(|root| *root != "workflow" && !names.contains(root));
            for root in unknown.take(UNKNOWN_MAX) {
                let message = format!(
                    "taskReferenceName: {root} for given task: {} input value: {key} of input parameter: {} \
                     is not defined in workflow definition.",
                    node.task.name,
                    java_text::of(value)
                );
                let path = node.at(&format!("inputParameters.{key}"));
                found.push(Violation::of(path, message, value.clone()));
            }
        }
    }
}
