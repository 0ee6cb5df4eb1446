//! From a blueprint to a plan. Nodes are laid out in the order of the text, so an index never depends on
//! anything but the definition.

mod child;
mod construct;
mod native;

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::blueprint::canonical;
use super::kind::{BUILTIN_TYPES, Dialect, Kind};
use super::{Node, NodeIndex, Parent, Plan};
use crate::definition::{Violation, WorkflowDef, WorkflowTask};
use crate::event::Section;
use crate::expression::{ExpressionError, ExpressionStyle, Template};
use crate::id::BlueprintHash;
use crate::json::Json;
use crate::table::HashMap;

/// Levels of JSON in a blueprint, so that what was stored can be read again.
const BLUEPRINT_LEVELS_MAX: usize = 120;

/// Compiles a blueprint (a definition with its task definitions embedded).
///
/// # Errors
/// What keeps it from running, each with its JSON path. [`crate::definition::validate()`] holds the rules of
/// registration; these are the ones that only the plan can see.
pub fn compile(blueprint: WorkflowDef) -> Result<Plan, Vec<Violation>> {
    let body = Json::of(&canonical(&blueprint));
    let mut compiler = Compiler {
        style: blueprint.expression_style,
        nodes: Vec::new(),
        by_reference: HashMap::default(),
        violations: Vec::new(),
    };
    let first = compiler.sequence(
        &blueprint.tasks,
        "tasks",
        Place { parent: Parent::Root, enclosing_loop: None, enclosing_scope: None, section: None, depth: 0 },
    );
    compiler.connect_joins();
    if body.nests_deeper_than(BLUEPRINT_LEVELS_MAX) {
        compiler.refuse(
            "tasks",
            &format!("the definition nests deeper than {BLUEPRINT_LEVELS_MAX} levels of JSON"),
        );
    }
    let output = (!blueprint.output_parameters.is_empty())
        .then(|| compiler.template(&Value::Object(blueprint.output_parameters.clone()), "outputParameters"));
    let failure_workflow = blueprint
        .failure_workflow
        .as_ref()
        .filter(|name| !name.is_empty())
        .map(|name| compiler.template(&Value::String(name.clone()), "failureWorkflow"));
    if !compiler.violations.is_empty() {
        return Err(compiler.violations);
    }
    Ok(Plan {
        hash: BlueprintHash::of(body.text().as_bytes()),
        body,
        name: blueprint.name.as_str().into(),
        definition: Arc::new(blueprint),
        first,
        output,
        failure_workflow,
        nodes: compiler.nodes.into_iter().map(Arc::new).collect(),
        by_reference: compiler.by_reference,
    })
}

#[derive(Clone, Copy)]
struct Place {
    parent: Parent,
    enclosing_loop: Option<NodeIndex>,
    enclosing_scope: Option<NodeIndex>,
    section: Option<Section>,
    depth: usize,
}

struct Compiler {
    style: ExpressionStyle,
    nodes: Vec<Node>,
    by_reference: HashMap<Arc<str>, NodeIndex>,
    violations: Vec<Violation>,
}

impl Compiler {
    /// Lays out a sequence and chains its nodes; returns its first.
    fn sequence(&mut self, tasks: &[WorkflowTask], path: &str, place: Place) -> Option<NodeIndex> {
        let mut first = None;
        let mut previous: Option<NodeIndex> = None;
        for (i, task) in tasks.iter().enumerate() {
            let index = self.node(task, &format!("{path}[{i}]"), place);
            first = first.or(Some(index));
            if let Some(previous) = previous {
                self.nodes[previous.0 as usize].next = Some(index);
            }
            if task.type_ == "FORK_JOIN" && tasks.get(i + 1).is_none_or(|next| next.type_ != "JOIN") {
                self.refuse(
                    &format!("{path}[{i}]"),
                    "Fork task definition is not followed by a join task.  Check the blueprint",
                );
            }
            previous = Some(index);
        }
        first
    }

    fn node(&mut self, task: &WorkflowTask, path: &str, place: Place) -> NodeIndex {
        let index = NodeIndex(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let reference: Arc<str> = task.task_reference_name.as_str().into();
        if self.by_reference.insert(reference.clone(), index).is_some() {
            self.refuse(path, &format!("taskReferenceName: {reference} should be unique across tasks"));
        }
        let mut own = task.clone();
        own.children_mut().for_each(Vec::clear);
        let task_def = task.task_definition.clone().map(|def| Arc::new(*def));
        let configured = task_def.as_ref().map_or(0, |def| def.retry_count);
        let input_defaults = task_def.as_ref().map(|def| def.input_template.clone()).unwrap_or_default();
        let input = self.input(task, &input_defaults, path);
        self.nodes.push(Node {
            reference,
            name: task.name.as_str().into(),
            kind: Kind::Noop,
            parent: place.parent,
            next: None,
            enclosing_loop: place.enclosing_loop,
            enclosing_scope: place.enclosing_scope,
            section: place.section,
            dependencies: Vec::new(),
            dependants: Vec::new(),
            depth: place.depth,
            may_hold_secrets: input.may_hold_secrets(),
            input,
            input_defaults,
            retry_max: u32::try_from(task.retry_count.unwrap_or(configured)).unwrap_or(0),
            task_def,
            joins: Vec::new(),
            stands_for: None,
            fed_by: None,
            task_json: Json::of(&serde_json::to_value(&own).unwrap_or(Value::Null)),
            task: Arc::new(own),
        });
        let kind = self.kind(task, path, index, place);
        if kind.is_structural() || kind.is_immediate() {
            self.nodes[index.0 as usize].retry_max = 0;
        }
        self.nodes[index.0 as usize].kind = kind;
        index
    }

    /// The input's expressions, with the task definition's defaults for keys that the node does not set.
    fn input(
        &mut self,
        task: &WorkflowTask,
        defaults: &serde_json::Map<String, Value>,
        path: &str,
    ) -> Template {
        if let Some(input) = &task.input_value {
            return self.template(input, &format!("{path}.inputValue"));
        }
        let mut parameters = task.input_parameters.clone();
        for (key, value) in defaults {
            parameters.entry(key.clone()).or_insert_with(|| value.clone());
        }
        self.template(&Value::Object(parameters), &format!("{path}.inputParameters"))
    }

    fn kind(&mut self, task: &WorkflowTask, path: &str, index: NodeIndex, place: Place) -> Kind {
        let inside = |parent| Place { parent, ..place };
        match task.type_.as_str() {
            "SIMPLE" => Kind::Worker,
            "FORK_JOIN" => {
                let branches = task.fork_tasks.iter().enumerate();
                let place = inside(Parent::Branch(index));
                Kind::Fork {
                    branches: branches
                        .map(|(i, branch)| self.sequence(branch, &format!("{path}.forkTasks[{i}]"), place))
                        .collect(),
                }
            }
            "FORK_JOIN_DYNAMIC" => Kind::DynamicFork { join: NodeIndex(index.0 + 1) },
            "JOIN" => Kind::Join { on: Vec::new(), fork: self.dynamic_fork_before(index) },
            "EXCLUSIVE_JOIN" => Kind::ExclusiveJoin { on: Vec::new() },
            "SWITCH" => self.switch(task, path, inside(Parent::Case(index))),
            "DECISION" => self.decision(task, path, inside(Parent::Case(index))),
            "DO_WHILE" => self.do_while(task, path, index, place),
            "DYNAMIC" => Kind::Dynamic,
            "SUB_WORKFLOW" => self.child(task, path),
            "WAIT" => Kind::Wait,
            "HUMAN" => Kind::Human,
            "YIELD" => Kind::Yield,
            "PULL_WORKFLOW_MESSAGES" => Kind::PullMessages,
            "SET_VARIABLE" => Kind::SetVariable,
            "TERMINATE" => Kind::Terminate,
            "NOOP" => Kind::Noop,
            "INLINE" => Kind::Compute(Dialect::Inline),
            "LAMBDA" => Kind::Compute(Dialect::Lambda),
            "JSON_JQ_TRANSFORM" => Kind::Compute(Dialect::Jq),
            "START_WORKFLOW" => Kind::StartWorkflow,
            "EVENT" => {
                let sink = Value::String(task.sink.clone().unwrap_or_default());
                Kind::Event { sink: self.template(&sink, &format!("{path}.sink")) }
            }
            "FOR_EACH" => self.for_each(task, path, index, place),
            "TRY_CATCH" => self.try_catch(task, path, index, place),
            "GRAPH" => self.graph(task, path, index, place),
            builtin if BUILTIN_TYPES.contains(&builtin) => Kind::Builtin(builtin.into()),
            _ if task.task_definition.is_some() => Kind::Worker,
            _ => Kind::Unknown,
        }
    }

    /// Resolves `joinOn` when every reference is known.
    fn connect_joins(&mut self) {
        for position in 0..self.nodes.len() {
            let task = self.nodes[position].task.clone();
            match self.nodes[position].kind {
                Kind::Join { fork: None, .. } => {
                    let on = self.awaited(position, &task.join_on);
                    self.nodes[position].kind = Kind::Join { on, fork: None };
                }
                Kind::ExclusiveJoin { .. } => {
                    let listed: Vec<String> =
                        task.join_on.iter().chain(&task.default_exclusive_join_task).cloned().collect();
                    let on = self.awaited(position, &listed);
                    self.nodes[position].kind = Kind::ExclusiveJoin { on };
                }
                _ => {}
            }
        }
    }

    /// The nodes that the join at a position waits for; they learn of it.
    fn awaited(&mut self, position: usize, references: &[String]) -> Vec<NodeIndex> {
        let join = NodeIndex(u32::try_from(position).unwrap_or(u32::MAX));
        let mut on = Vec::with_capacity(references.len());
        let mut seen = HashSet::new();
        for reference in references {
            let around = self.scope_at(position);
            let found = self.by_reference.get(reference.as_str()).copied();
            let problem = match found {
                Some(index) if self.scope_at(index.0 as usize) == around => {
                    if seen.insert(index) {
                        self.nodes[index.0 as usize].joins.push(join);
                        on.push(index);
                    }
                    continue;
                }
                Some(index)
                    if self.nodes[index.0 as usize].enclosing_loop != self.nodes[position].enclosing_loop =>
                {
                    "lies in another loop than the join"
                }
                Some(_) => "lies in another TRY_CATCH, part of one, or GRAPH than the join",
                None => "is not a task of this definition",
            };
            let of = self.nodes[position].reference.clone();
            self.refuse(&of, &format!("joinOn of {of} names {reference}, which {problem}"));
        }
        on
    }

    fn template(&mut self, value: &Value, path: &str) -> Template {
        Template::compile_in(self.style, value).unwrap_or_else(|error: ExpressionError| {
            self.refuse(path, &error.to_string());
            Template::Static(Value::Null)
        })
    }

    /// The scope, and the part of it, that the node at a position lies in.
    fn scope_at(&self, position: usize) -> (Option<NodeIndex>, Option<Section>) {
        (self.nodes[position].enclosing_scope, self.nodes[position].section)
    }

    fn refuse(&mut self, path: &str, message: &str) {
        self.violations.push(Violation {
            path: path.to_owned(),
            message: message.to_owned(),
            invalid_value: None,
        });
    }
}
