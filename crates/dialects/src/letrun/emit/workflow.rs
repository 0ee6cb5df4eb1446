//! `workflow`: a child that is compiled in place where its text is known, and when its task runs where it is not.

use segue_core::definition::{InlineDefinition, SubWorkflowParams, WorkflowDef};
use serde_json::{Map, Value};

use super::super::model::Task;
use super::super::placeholder::native::{Step, key, path, placeholder};
use super::super::source::{At, Source, member};
use super::block::Emitted;
use super::node::note;
use super::output::result_of;
use super::session::FILES_DEEP_MAX;
use super::{Compiler, FlowPlace, flow};
use crate::Document;

/// Where a child's input lies that is a single expression.
pub(crate) const WHOLE: &str = "input";

/// Where the definition of a child comes from.
enum Child {
    Known(Box<WorkflowDef>),
    Broken,
    Later,
}

impl<'a> Compiler<'a, '_, '_> {
    pub(super) fn workflow(&mut self, task: &'a Task<'a>) -> Emitted {
        let empty = Map::new();
        let parameters = task.parameters.unwrap_or(&empty);
        let at = member(&task.path, "parameters");
        let mut node = self.scope("SUB_WORKFLOW", task);
        node.optional = task.ignore_error;
        node.task_definition = Some(Box::new(self.policy.task_def(&task.name)));
        node.retry_count = Some(self.policy.retries());
        let place =
            self.child_input(&mut node.input_parameters, parameters.get("input"), &member(&at, "input"));
        if parameters.get("input").is_some_and(Value::is_string) {
            note(&mut node, "wholeInput", true.into());
        }
        if task.handler_text != "workflow" {
            note(&mut node, "handler", task.handler_text.into());
        }
        let mut nodes = Vec::new();
        let definition = match self.child(task, parameters, &at, &place) {
            Child::Known(definition) => {
                if let Some(file) = parameters.get("file") {
                    note(&mut node, "file", file.clone());
                }
                InlineDefinition::Definition(definition)
            }
            Child::Broken => InlineDefinition::Expression(placeholder(&["null".to_owned()])),
            Child::Later => {
                let reference = self.names.helper(&task.name, "load");
                let mut load = self.head(task, &reference);
                load.name = super::super::SCRIPT_QUEUE.to_owned();
                if let Some(def) = &mut load.task_definition {
                    def.name.clone_from(&load.name);
                }
                nodes.push(load);
                InlineDefinition::Expression(placeholder(&[path(
                    &reference,
                    &[key("output"), key("result")],
                )]))
            }
        };
        node.sub_workflow_param =
            Some(SubWorkflowParams { workflow_definition: Some(definition), ..SubWorkflowParams::default() });
        let out = result_of(&node.task_reference_name);
        nodes.push(node);
        Emitted::of(nodes, out)
    }

    /// The child's input. One that is a single expression is passed on below a name, since input has names; behind it
    /// are the child's own defaults.
    fn child_input(&mut self, own: &mut Map<String, Value>, input: Option<&Value>, at: &str) -> FlowPlace {
        match input {
            Some(Value::Object(fields)) => {
                own.extend(self.rewriter().fields(fields, at));
                FlowPlace::default()
            }
            Some(whole @ Value::String(_)) => {
                own.insert(WHOLE.to_owned(), self.rewriter().value(whole, at));
                let whole: Vec<Step> = vec![key("input"), key(WHOLE)];
                FlowPlace { inputs: vec![whole, vec![key("input")]] }
            }
            _ => FlowPlace::default(),
        }
    }

    fn child(
        &mut self,
        task: &Task<'_>,
        parameters: &Map<String, Value>,
        at: &str,
        place: &FlowPlace,
    ) -> Child {
        match (parameters.get("workflow"), parameters.get("file")) {
            (Some(object @ Value::Object(_)), _) => {
                let at = member(at, "workflow");
                let child = flow(self.session, self.source, object, &at, place);
                child.map_or(Child::Broken, |child| Child::Known(Box::new(child)))
            }
            (Some(Value::String(text)), _) if !is_open(text) => {
                self.text(text, None, &member(at, "workflow"), place)
            }
            (_, Some(Value::String(file))) if !is_open(file) => {
                self.file(task, file, &member(at, "file"), place)
            }
            _ => Child::Later,
        }
    }

    fn file(&mut self, task: &Task<'_>, file: &str, at: &str, place: &FlowPlace) -> Child {
        let Some((path, text)) = self.session.open(file) else {
            if self.session.options.read.is_some() {
                let at = At { source: self.source, path: at };
                let found = at
                    .warning(format!("{file} is not there; it is looked for again when {} runs", task.name));
                self.session.findings.add(found);
            }
            return Child::Later;
        };
        let at_file = At { source: self.source, path: at };
        if self.session.files.contains(&path) {
            let chain = self.session.files.iter().chain([&path]).map(|path| path.display().to_string());
            let chain: Vec<String> = chain.collect();
            let found =
                at_file.error(format!("workflow files run each other in a circle: {}", chain.join(" -> ")));
            self.session.findings.add(found);
            return Child::Broken;
        }
        if self.session.files.len() > FILES_DEEP_MAX {
            let found = at_file.error(format!("workflow files may be nested at most {FILES_DEEP_MAX} deep"));
            self.session.findings.add(found);
            return Child::Broken;
        }
        self.session.bases.push(path.parent().map(std::path::Path::to_owned));
        self.session.files.push(path.clone());
        let child = self.text(&text, path.to_str(), at, place);
        self.session.files.pop();
        self.session.bases.pop();
        child
    }

    /// A child that is a text of its own.
    fn text(&mut self, text: &str, file: Option<&str>, at: &str, place: &FlowPlace) -> Child {
        if self.session.nodes > segue_core::definition::validate::TASKS_MAX {
            // Told already.
            return Child::Broken;
        }
        let document = Document::new(text);
        let document = file.map_or(document, |file| document.in_file(file));
        let source = match Source::read(&document) {
            Ok(source) => source,
            Err(found) => {
                let found = match file {
                    Some(_) => found,
                    None => At { source: self.source, path: at }.error(found.to_string()),
                };
                self.session.findings.add(found);
                return Child::Broken;
            }
        };
        let child = flow(self.session, &source, source.value(), "", place);
        child.map_or(Child::Broken, |child| Child::Known(Box::new(child)))
    }
}

/// Whether a text has an expression in it, so that only the running task knows it.
fn is_open(text: &str) -> bool {
    text.contains("${")
}
