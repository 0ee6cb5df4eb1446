//! Nodes that came from a letrun file.

use segue_core::definition::{InlineDefinition, WorkflowTask};
use serde_json::{Map, Value};

use super::super::compiled::{note, notes};
use super::super::emit::WHOLE;
use super::index::{handler_text, owner, system, task_name};
use super::sequence::{Item, Writer};
use super::{Index, workflow};

/// Notes that are fields as they were written.
const WRITTEN: [&str; 3] = ["retryCount", "retryStrategy", "retryDelaySeconds"];

impl<'a> Writer<'a> {
    /// Writes the task that begins here; returns how many nodes it is made of.
    pub(super) fn ours(&mut self, nodes: &'a [WorkflowTask], items: &mut Vec<Item>) -> usize {
        let (node, next) = (&nodes[0], nodes.get(1));
        let name = task_name(node);
        let (fields, taken) = match (node.type_.as_str(), system(node), next) {
            ("DO_WHILE", ..) => (self.while_loop(node), 1),
            ("TRY_CATCH", _, Some(end)) => (self.catch(node, end), 2),
            ("SUB_WORKFLOW", ..) => (self.child(node, None), 1),
            (_, Some("workflow"), Some(child)) if child.type_ == "SUB_WORKFLOW" => {
                (self.child(child, Some(node)), 2)
            }
            (_, Some("for" | "iterate"), Some(each)) => (self.counted(node, each), 2),
            (_, Some("if"), Some(branch)) if owner(branch) == Some(name) => (self.if_task(node, branch), 2),
            (_, Some("switch"), Some(branch)) if owner(branch) == Some(name) => {
                (self.switch(node, branch), 2)
            }
            _ => (self.fields(node, node), 1),
        };
        let main = if taken == 2 && owner(node).is_some() { next.unwrap_or(node) } else { node };
        let mut fields = fields;
        if let Some(nested) = self.nested(main, items) {
            fields.insert("tasks".to_owned(), nested);
        }
        items.push(Item::Task(name.to_owned(), fields));
        taken
    }

    /// The fields that every task has. `head` runs the handler, `main` has what was written beside it.
    fn fields(&mut self, head: &WorkflowTask, main: &WorkflowTask) -> Map<String, Value> {
        let mut fields = Map::new();
        if let Some(title) = &main.description {
            fields.insert("title".to_owned(), title.clone().into());
        }
        if let Some(handler) = handler_text(head) {
            let handler = self.rewrite(&handler.into(), &main.task_reference_name);
            fields.insert("handler".to_owned(), handler);
        }
        if let Some(Value::Object(parameters)) = head.input_parameters.get("parameters")
            && !parameters.is_empty()
        {
            let parameters = self.rewrite_fields(parameters, &main.task_reference_name);
            fields.insert("parameters".to_owned(), Value::Object(parameters));
        }
        if head.optional || main.optional {
            fields.insert("ignoreError".to_owned(), true.into());
        }
        let written = notes(&main.metadata).into_iter().flatten();
        fields.extend(
            written
                .filter(|(key, _)| WRITTEN.contains(&key.as_str()))
                .map(|(key, value)| (key.clone(), value.clone())),
        );
        fields
    }

    fn if_task(&mut self, node: &WorkflowTask, branch: &'a WorkflowTask) -> Map<String, Value> {
        let mut fields = self.fields(node, node);
        for (case, field) in [("true", "then"), ("false", "else")] {
            if let Some((_, tasks)) = branch.decision_cases.iter().find(|(name, _)| *name == case) {
                fields.insert(field.to_owned(), self.block(tasks));
            }
        }
        fields
    }

    fn switch(&mut self, node: &WorkflowTask, branch: &'a WorkflowTask) -> Map<String, Value> {
        let mut fields = self.fields(node, node);
        let listed =
            node.input_parameters.get("cases").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut cases = Map::new();
        for (case, tasks) in branch.decision_cases.iter() {
            // One that nobody wrote is for failures.
            if listed.len() == branch.decision_cases.len() || case != super::super::emit::FAILED {
                cases.insert(case.to_owned(), self.block(tasks));
            }
        }
        if !listed.is_empty() {
            fields.insert("decisionCases".to_owned(), Value::Object(cases));
        }
        if node.input_parameters.get("hasDefault") == Some(&Value::Bool(true)) {
            fields.insert("defaultCase".to_owned(), self.block(&branch.default_case));
        }
        fields
    }

    fn counted(&mut self, begin: &WorkflowTask, next: &'a WorkflowTask) -> Map<String, Value> {
        let guarded = next.decision_cases.get("COMPLETED").and_then(<[WorkflowTask]>::first);
        let each = guarded.unwrap_or(next);
        let mut fields = self.fields(begin, each);
        fields.insert("loopOver".to_owned(), self.block(&each.loop_over));
        fields
    }

    fn while_loop(&mut self, node: &'a WorkflowTask) -> Map<String, Value> {
        let [test, branch, ..] = node.loop_over.as_slice() else {
            self.refuse(node, "its test is not what letrun makes of a `while`");
            return Map::new();
        };
        let mut fields = self.fields(test, node);
        let body = branch.decision_cases.iter().find(|(case, _)| *case == "true");
        fields.insert("loopOver".to_owned(), self.block(body.map_or(&[], |(_, tasks)| tasks)));
        fields
    }

    fn catch(&mut self, node: &'a WorkflowTask, end: &WorkflowTask) -> Map<String, Value> {
        let (mut fields, handling) = match node.catch_tasks.as_slice() {
            [caught, choice] => (self.fields(caught, node), Some(choice)),
            _ => (self.fields(node, node), None),
        };
        fields.entry("handler").or_insert_with(|| "catch".into());
        fields.insert("tasks".to_owned(), self.block(&node.try_tasks));
        if let Some(choice) = handling {
            let tasks = choice.decision_cases.iter().find(|(case, _)| *case == "true");
            fields.insert("catch".to_owned(), self.block(tasks.map_or(&[], |(_, tasks)| tasks)));
        }
        if end.input_parameters.get("finally") == Some(&Value::Bool(true)) {
            fields.insert("finally".to_owned(), self.block(&node.finally_tasks));
        }
        fields
    }

    /// A child, in place or loaded by the node before it.
    pub(super) fn child(
        &mut self,
        node: &'a WorkflowTask,
        load: Option<&WorkflowTask>,
    ) -> Map<String, Value> {
        if let Some(load) = load {
            return self.fields(load, node);
        }
        let mut fields = self.fields(node, node);
        let mut parameters = Map::new();
        let definition =
            node.sub_workflow_param.as_ref().and_then(|param| param.workflow_definition.as_ref());
        match (note(node, "file"), definition) {
            (Some(file), _) => {
                parameters.insert("file".to_owned(), file.clone());
            }
            (None, Some(InlineDefinition::Definition(inline))) => {
                let mut writer = Writer { index: Index::of(inline), losses: Vec::new(), refused: Vec::new() };
                let child = workflow(&mut writer, inline);
                parameters.insert("workflow".to_owned(), child);
                self.losses.extend(writer.losses);
                self.refused.extend(writer.refused);
            }
            _ => self.refuse(node, "letrun runs workflows from files or in place only"),
        }
        let input = self.rewrite_fields(&node.input_parameters, &node.task_reference_name);
        if note(node, "wholeInput").is_some() {
            parameters.extend(input.get(WHOLE).map(|whole| ("input".to_owned(), whole.clone())));
        } else if !input.is_empty() {
            parameters.insert("input".to_owned(), Value::Object(input));
        }
        let handler = note(node, "handler").cloned().unwrap_or_else(|| "workflow".into());
        fields.insert("handler".to_owned(), handler);
        fields.insert("parameters".to_owned(), Value::Object(parameters));
        fields
    }
}
