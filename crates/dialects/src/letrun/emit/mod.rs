//! From the tree of tasks to the operators of the native format: one file per construct.

mod block;
mod branch;
mod catch;
mod counted;
mod node;
mod output;
mod retry;
mod session;
mod while_loop;
mod workflow;

use segue_core::definition::{ExpressionStyle, Violation, WorkflowDef};
use serde_json::{Map, Value};

use super::compiled::{Compiled, NOTES, Origin, owners};
use super::model::{Construct, Flow, Task};
use super::names::Names;
use super::placeholder::address::{Around, Part, Place};
use super::placeholder::native::{Step, key};
use super::placeholder::rewrite::Rewriter;
use super::read::Reader;
use super::source::{At, Source, member};
use super::{Options, handler::Handler};
use crate::{Diagnostic, Document};
use block::Emitted;
pub(super) use branch::FAILED;
use retry::Policy;
use session::Session;
pub(super) use workflow::WHOLE;

pub(super) fn compile(document: &Document<'_>, options: &Options) -> Result<Compiled, Vec<Diagnostic>> {
    let source = Source::read(document).map_err(|found| vec![found])?;
    let mut session = Session::new(options, document.file());
    let definition = flow(&mut session, &source, source.value(), "", &FlowPlace::default());
    let Some(definition) = definition.filter(|_| session.findings.errors.is_empty()) else {
        return Err(sorted(document.file(), session.findings.errors));
    };
    let broken = unsound(&definition);
    if !broken.is_empty() {
        return Err(broken.iter().map(|violation| source.finding("", violation.as_str())).collect());
    }
    Ok(Compiled {
        helpers: owners(&definition).into_keys().collect(),
        definition,
        handlers: session.handlers,
        warnings: sorted(document.file(), session.findings.warnings),
        ignored: session.findings.ignored,
    })
}

/// In the order of the text; what other files say behind it.
fn sorted(own: Option<&str>, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    found.sort_by_cached_key(|found| (found.file.as_deref() != own, found.file.clone(), found.span.start));
    found
}

/// What keeps the engine from running it: it is too large or too deep.
fn unsound(definition: &WorkflowDef) -> Vec<String> {
    let tell = |found: Vec<Violation>| found.into_iter().map(|found| found.message).collect::<Vec<_>>();
    let found = tell(segue_core::definition::validate(definition, &|_| None));
    if !found.is_empty() {
        return found;
    }
    let blueprint = segue_core::plan::blueprint(definition, &|_| None);
    segue_core::plan::compile(blueprint).err().map(tell).unwrap_or_default()
}

/// Where a workflow stands.
pub(crate) struct FlowPlace {
    /// Where its input lies.
    inputs: Vec<Vec<Step>>,
}

impl Default for FlowPlace {
    fn default() -> Self {
        Self { inputs: vec![vec![key("input")]] }
    }
}

/// Compiles the workflow at a path of a text.
fn flow(
    session: &mut Session<'_>,
    source: &Source,
    value: &Value,
    path: &str,
    place: &FlowPlace,
) -> Option<WorkflowDef> {
    let options = session.options;
    let mut reader = Reader { source, options, findings: &mut session.findings };
    let flow = reader.flow(value, path)?;
    let names = Names::of(&flow.block);
    let origin = session.origin(source);
    let policy = Policy::of(options).inherit(&flow.retry);
    let mut compiler = Compiler {
        session,
        source,
        origin,
        flow: &flow,
        names,
        around: Vec::new(),
        policy,
        inputs: &place.inputs,
    };
    Some(compiler.definition())
}

/// Compiles one workflow.
struct Compiler<'a, 'b, 's> {
    session: &'b mut Session<'s>,
    source: &'a Source,
    origin: std::sync::Arc<Origin>,
    flow: &'a Flow<'a>,
    names: Names<'a>,
    /// The tasks around the present one.
    around: Vec<Around<'a>>,
    policy: Policy,
    inputs: &'b [Vec<Step>],
}

impl<'a> Compiler<'a, '_, '_> {
    fn definition(&mut self) -> WorkflowDef {
        let flow = self.flow;
        let Emitted { nodes, out } = self.block(&flow.block, "", "", true);
        let tasks = if nodes.is_empty() { vec![self.helper("NOOP", "", "nothing")] } else { nodes };
        let mut output = Map::new();
        output.insert("result".to_owned(), out.template());
        let mut definition = WorkflowDef {
            name: self.name(),
            description: flow.title.map(str::to_owned),
            tasks,
            output_parameters: output,
            input_template: flow.input.map(defaults).unwrap_or_default(),
            ..WorkflowDef::default()
        };
        let notes = retry::notes(&flow.retry, flow.raw);
        // Without any, they still say that this was a letrun file.
        definition.metadata.insert(NOTES.to_owned(), Value::Object(notes));
        set_style(&mut definition, self.session.options);
        definition
    }

    /// The workflow's name; the engine reserves the colon.
    fn name(&mut self) -> String {
        let name = &self.flow.name;
        if name.contains(':') {
            let path = member("", "name");
            let at = At { source: self.source, path: &path };
            self.session
                .findings
                .add(at.warning("a colon cannot stand in the name of a definition; `-` takes its place"));
        }
        name.replace(':', "-")
    }

    /// A task with what belongs to it.
    fn task(&mut self, task: &'a Task<'a>, is_tail: bool) -> Emitted {
        let inherited = self.policy;
        self.policy = inherited.inherit(&task.retry);
        let mut nodes = match &task.nested {
            Some(nested) => {
                self.inside(task, Part::Nested, |it| it.block(nested, &task.name, "", false)).nodes
            }
            None => Vec::new(),
        };
        let own = match &task.construct {
            Construct::Leaf => {
                let head = self.main(task);
                let out = output::result_of(&head.task_reference_name);
                Emitted::of(vec![head], out)
            }
            Construct::If { then, otherwise } => {
                self.if_task(task, then.as_ref(), otherwise.as_ref(), is_tail)
            }
            Construct::Switch { cases, default } => self.switch(task, cases, default.as_ref(), is_tail),
            Construct::Counted { body } => self.counted(task, body),
            Construct::While { body } => self.while_loop(task, body),
            Construct::Catch { tried, catch, finally } => {
                self.catch(task, tried, catch.as_ref(), finally.as_ref())
            }
            Construct::Workflow => self.workflow(task),
        };
        self.policy = inherited;
        nodes.extend(own.nodes);
        Emitted { nodes, out: own.out }
    }

    /// Does something for a block of a task.
    fn inside<T>(&mut self, task: &'a Task<'a>, part: Part, emit: impl FnOnce(&mut Self) -> T) -> T {
        self.around.push(Around { task, part });
        let emitted = emit(self);
        self.around.pop();
        emitted
    }

    fn rewriter(&mut self) -> Rewriter<'a, '_> {
        Rewriter {
            place: Place {
                names: &mut self.names,
                around: &self.around,
                inputs: self.inputs,
                flow: self.flow.raw,
            },
            source: self.source,
            findings: &mut self.session.findings,
            is_strict: self.session.options.strict,
        }
    }

    /// The queue of a task.
    fn queue(&self, task: &Task<'_>) -> String {
        let reads_file = task.parameters.is_some_and(|parameters| parameters.contains_key("file"));
        match task.handler {
            Handler::System(name) if !self.session.options.host_does_all && !reads_file => {
                format!("letrun.{name}")
            }
            _ => super::SCRIPT_QUEUE.to_owned(),
        }
    }
}

/// Default input; the engine takes it as it is.
fn defaults(input: &Map<String, Value>) -> Map<String, Value> {
    input.clone()
}

/// Expressions are read in letrun's way.
fn set_style(definition: &mut WorkflowDef, options: &Options) {
    definition.expression_style =
        if options.strict { ExpressionStyle::Strict } else { ExpressionStyle::Lenient };
}
