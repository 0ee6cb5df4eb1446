//! Where the engine keeps what a letrun path means, at the place where the path is written.

use serde_json::{Map, Value};

use super::super::model::{Construct, Task};
use super::super::names::{Declared, Names};
use super::native::{Step, key, path};
use super::path::{bracketed, steps};

/// A task around the place where an expression is written.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    pub(crate) task: &'a Task<'a>,
    pub(crate) part: Part,
}

/// The block of a task that an expression is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// `tasks` that run before their parent.
    Nested,
    /// A branch, or what a loop repeats.
    Body,
    /// What a `catch` guards.
    Tried,
    /// What runs after a failure that is handled.
    Handling,
    /// What runs in any case.
    Finally,
}

/// What a path means.
pub(crate) enum Meaning {
    /// Any of these, the first that is there.
    Paths(Vec<String>),
    /// Something that is known already.
    Constant(Value),
}

/// The place where an expression is written.
pub(crate) struct Place<'a, 'b> {
    pub(crate) names: &'b mut Names<'a>,
    /// Outer tasks first.
    pub(crate) around: &'b [Around<'a>],
    /// Where the input of the workflow lies; several if one has the defaults of the other.
    pub(crate) inputs: &'b [Vec<Step>],
    pub(crate) flow: &'a Map<String, Value>,
}

/// Why a path means nothing.
pub(crate) struct Unknown(pub(crate) String);

impl<'a> Place<'a, '_> {
    /// What a path means.
    pub(crate) fn meaning(&mut self, text: &str) -> Result<Meaning, Unknown> {
        let (root, rest) = self.root(text)?;
        let steps =
            steps(rest).ok_or_else(|| Unknown(format!("`{text}` is no path of names and positions")))?;
        let meaning = match root {
            Root::Input => Ok(self.input(&steps)),
            Root::Variables => Ok(spelled("workflow", &join(&[key("variables")], &steps))),
            Root::Workflow => self.workflow(&steps),
            Root::Task(declared) => self.task(declared.task, &steps),
            Root::Round(declared, round) => self.round(declared, round, &steps),
            Root::Around => match self.container(&steps) {
                Some(task) => self.task(task, &steps),
                None => Err(self.unknown("task")),
            },
        };
        meaning.map_err(|Unknown(why)| {
            Unknown(if why.is_empty() { format!("`{text}` is not kept") } else { why })
        })
    }

    fn input(&self, steps: &[Step]) -> Meaning {
        let spellings = self.inputs.iter().flat_map(|input| spellings("workflow", &join(input, steps)));
        Meaning::Paths(spellings.collect())
    }

    /// The name that a path begins with, and what comes behind it.
    fn root<'t>(&self, text: &'t str) -> Result<(Root<'a>, &'t str), Unknown> {
        if let Some(inner) = text.strip_prefix('[') {
            let (name, rest) = bracketed(inner).ok_or_else(|| Unknown(format!("`{text}` is no path")))?;
            let Step::Key(name) = name else { return Err(Unknown(format!("`{text}` is no path"))) };
            return Ok((self.named(&name).ok_or_else(|| self.unknown(&name))?, rest));
        }
        let ends = text.char_indices().filter(|(_, c)| matches!(c, '.' | '[')).map(|(at, _)| at);
        let ends: Vec<usize> = ends.chain([text.len()]).collect();
        let reserved = &text[..ends[0]];
        let rest = &text[ends[0]..];
        match reserved {
            "input" => return Ok((Root::Input, rest)),
            "variables" => return Ok((Root::Variables, rest)),
            "workflow" => return Ok((Root::Workflow, rest)),
            _ => {}
        }
        // Names may have dots and brackets in them: the longest counts.
        let found =
            ends.into_iter().rev().find_map(|end| Some((self.named(text[..end].trim_end())?, &text[end..])));
        found.ok_or_else(|| self.unknown(reserved))
    }

    fn named(&self, name: &str) -> Option<Root<'a>> {
        if let Some(declared) = self.names.task(name) {
            return Some(Root::Task(declared));
        }
        if let Some((name, number)) = name.rsplit_once("__")
            && let Some(declared) = self.names.task(name)
            && let Ok(round) = number.parse::<u32>()
        {
            return Some(Root::Round(declared, round));
        }
        (name == "task").then_some(Root::Around)
    }

    fn unknown(&self, name: &str) -> Unknown {
        if name == "task" {
            return Unknown("`task` is the task around this one, and there is none".to_owned());
        }
        Unknown(format!("there is no task `{name}`"))
    }

    /// `workflow.…`, as far as the engine keeps it.
    fn workflow(&self, steps: &[Step]) -> Result<Meaning, Unknown> {
        let (first, rest) = split(steps);
        let native = match first {
            "input" => return Ok(self.input(rest)),
            "id" => "workflowId",
            "name" => "workflowType",
            "variables" | "output" => first,
            // An expression is filled in while the workflow runs.
            "status" if rest.is_empty() => return Ok(Meaning::Constant("executing".into())),
            _ => return written(self.flow, steps),
        };
        Ok(spelled("workflow", &join(&[key(native)], rest)))
    }

    fn task(&mut self, task: &'a Task<'a>, steps: &[Step]) -> Result<Meaning, Unknown> {
        let (first, rest) = split(steps);
        let (reference, below) = match first {
            "output" if self.part_of(task) == Some(Part::Finally) && split(rest).0 == "error" => {
                return Ok(failure(&self.names.reference(&task.name), &rest[1..]));
            }
            "output" => self.output(task),
            "parameters" => self.parameters(task),
            "error" => (self.names.reference(&task.name), vec![key("output"), key("error")]),
            "errorMessage" | "status" | "id" | "retries" if rest.is_empty() => {
                (self.names.reference(&task.name), vec![key(native_field(first))])
            }
            "name" | "runtimeName" if rest.is_empty() => {
                return Ok(Meaning::Constant(task.name.clone().into()));
            }
            "taskDef" => return written(task.raw, rest),
            _ => return Err(Unknown(String::new())),
        };
        Ok(spelled(&reference, &join(&below, rest)))
    }

    /// Where the output of a task lies for whom asks here.
    fn output(&mut self, task: &'a Task<'a>) -> (String, Vec<Step>) {
        let result = || vec![key("output"), key("result")];
        match self.part_of(task) {
            Some(Part::Body) if matches!(task.construct, Construct::Counted { .. }) => {
                return (self.names.reference(&task.name), vec![key("output"), key("loopItem")]);
            }
            Some(Part::Handling | Part::Finally) => {
                return (self.names.helper(&task.name, "caught"), result());
            }
            _ => {}
        }
        match &task.construct {
            Construct::Counted { .. } => {
                let last = join(&result(), &[key("final")]);
                (self.names.helper(&task.name, "begin"), last)
            }
            Construct::While { .. } => (self.names.helper(&task.name, "test"), result()),
            Construct::Catch { .. } => (self.names.helper(&task.name, "end"), result()),
            _ => (self.names.reference(&task.name), result()),
        }
    }

    fn parameters(&mut self, task: &'a Task<'a>) -> (String, Vec<Step>) {
        let part = match &task.construct {
            Construct::Counted { .. } => Some("begin"),
            Construct::While { .. } => Some("test"),
            Construct::Catch { .. } if self.part_of(task) == Some(Part::Handling) => Some("caught"),
            Construct::Catch { .. } => Some("end"),
            _ => None,
        };
        let reference = match part {
            Some(part) => self.names.helper(&task.name, part),
            None => self.names.reference(&task.name),
        };
        (reference, vec![key("input"), key("parameters")])
    }

    /// A task of a loop in one round, from the loop's own output.
    fn round(&mut self, declared: Declared<'a>, round: u32, steps: &[Step]) -> Result<Meaning, Unknown> {
        let task = declared.task;
        let Some(around) = declared.innermost_loop else {
            return Err(Unknown(format!("`{}` is in no loop", task.name)));
        };
        let (first, rest) = split(steps);
        if first != "output" {
            return Err(Unknown(format!("of a single round of `{}` only the output is kept", task.name)));
        }
        let (reference, below) = self.output(task);
        // Its output is the value itself there.
        let below = below.into_iter().skip(1).collect::<Vec<_>>();
        let number = (u64::from(round) + 1).to_string();
        let steps = join(&[key("output"), key(number), key(reference)], &join(&below, rest));
        Ok(Meaning::Paths(vec![path(&self.names.reference(&around.name), &steps)]))
    }

    /// The nearest task around this place that has what is asked for: that is what `task` means.
    fn container(&self, steps: &[Step]) -> Option<&'a Task<'a>> {
        let around = || self.around.iter().rev().filter(|around| around.part != Part::Nested);
        let (first, rest) = split(steps);
        let (field, _) = split(rest);
        let fits = |around: &&Around<'a>| match first {
            "output" if !field.is_empty() => output_fields(around.task).contains(&field),
            "parameters" if !field.is_empty() => {
                around.task.parameters.is_some_and(|parameters| parameters.contains_key(field))
            }
            _ => true,
        };
        around().find(fits).or_else(|| around().next()).map(|around| around.task)
    }

    fn part_of(&self, task: &Task<'_>) -> Option<Part> {
        let found = self.around.iter().rev().find(|around| std::ptr::eq(around.task, task));
        found.map(|around| around.part)
    }
}

/// What a path begins with.
enum Root<'a> {
    Input,
    Variables,
    Workflow,
    Task(Declared<'a>),
    /// A task in one round of its loop, from 0.
    Round(Declared<'a>, u32),
    /// `task`.
    Around,
}

/// Fields of what a task with blocks shows as its output.
fn output_fields(task: &Task<'_>) -> &'static [&'static str] {
    match &task.construct {
        Construct::Counted { .. } => &["index", "iteration", "from", "to", "step", "item"],
        Construct::While { .. } => &["iteration"],
        Construct::Catch { .. } => &["handledBlocks", "error"],
        _ => &[],
    }
}

/// What the engine calls a field of a task.
fn native_field(name: &str) -> &'static str {
    match name {
        "errorMessage" => "reasonForIncompletion",
        "retries" => "retryCount",
        "id" => "taskId",
        _ => "status",
    }
}

/// The error that a `catch` met, whether it handled it or not.
fn failure(name: &str, rest: &[Step]) -> Meaning {
    let error = [key("output"), key("error")];
    let left = join(&join(&error, &error), rest);
    Meaning::Paths(vec![path(name, &left), path(name, &join(&error, rest))])
}

/// What the file itself says.
fn written(raw: &Map<String, Value>, steps: &[Step]) -> Result<Meaning, Unknown> {
    let (first, rest) = split(steps);
    let found = rest.iter().try_fold(raw.get(first), |at, step| match (at, step) {
        (Some(Value::Object(fields)), Step::Key(name)) => Some(fields.get(name)),
        (Some(Value::Array(items)), Step::Index(index)) => {
            Some(usize::try_from(*index).ok().and_then(|at| items.get(at)))
        }
        _ => None,
    });
    match found.flatten() {
        Some(value) => Ok(Meaning::Constant(value.clone())),
        None => Err(Unknown(String::new())),
    }
}

/// The first name and the rest.
fn split(steps: &[Step]) -> (&str, &[Step]) {
    match steps.split_first() {
        Some((Step::Key(first), rest)) => (first, rest),
        _ => ("", steps),
    }
}

fn join(above: &[Step], below: &[Step]) -> Vec<Step> {
    above.iter().chain(below).cloned().collect()
}

fn spelled(root: &str, steps: &[Step]) -> Meaning {
    Meaning::Paths(spellings(root, steps).collect())
}

/// The ways in which a path may be meant: `.0` is a position or a name, `.length` a name or a length.
pub(crate) fn spellings(root: &str, steps: &[Step]) -> impl Iterator<Item = String> + use<> {
    let index = |step: &Step| match step {
        Step::Key(name) => name.parse::<u32>().ok().map(|index| Step::Index(index.into())),
        _ => None,
    };
    let positions: Vec<Step> = steps.iter().map(|step| index(step).unwrap_or_else(|| step.clone())).collect();
    let as_positions = (positions != steps).then(|| path(root, &positions));
    let length = match steps.split_last() {
        Some((Step::Key(last), above)) if last == "length" => Some(format!("{}.length()", path(root, above))),
        _ => None,
    };
    [Some(path(root, steps)), as_positions, length].into_iter().flatten()
}
