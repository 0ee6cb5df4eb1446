//! Between letrun files and the native format, with a list of what does not carry over.
//!
//! A compiled letrun file is a native definition already; what its author wrote beyond that is kept as notes in the
//! metadata, so that the way back gives the file again. Of other definitions that is said which letrun has words for;
//! what it has none for is refused.

mod apart;
mod expressions;
mod index;
mod meaning;
mod native;
mod ours;
mod sequence;

use std::fmt;

use segue_core::definition::WorkflowDef;
use serde_json::{Map, Value};

use super::compiled::{Compiled, notes};
use super::handler::Handler;
use index::Index;
use sequence::Writer;

/// Something that is not said in the other format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The task's name, or the field of the workflow.
    pub place: String,
    /// What it is.
    pub what: String,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// The native definition of a letrun file, and what a server that has nothing but it cannot do.
pub fn to_native(compiled: &Compiled) -> (WorkflowDef, Vec<Loss>) {
    let handlers = compiled.handlers.iter().map(|used| {
        let what = match &used.handler {
            Handler::Unknown(text) => {
                format!("`{text}` runs only where a task-invoker plugin of the project knows it")
            }
            handler => format!("`{handler}` runs only on a worker that has the project"),
        };
        Loss { place: used.task.clone(), what }
    });
    let ignored = compiled
        .ignored
        .iter()
        .map(|path| Loss { place: path.clone(), what: "the field means nothing and is left out".to_owned() });
    (compiled.definition.clone(), handlers.chain(ignored).collect())
}

/// The letrun file of a definition, and what it does not say.
///
/// # Errors
/// What letrun has no words for, so that the file would do something else.
pub fn to_letrun(definition: &WorkflowDef) -> Result<(Value, Vec<Loss>), Vec<Loss>> {
    let mut writer = Writer { index: Index::of(definition), losses: Vec::new(), refused: Vec::new() };
    let file = workflow(&mut writer, definition);
    match writer.refused.is_empty() {
        true => Ok((file, writer.losses)),
        false => Err(writer.refused),
    }
}

/// A workflow with its tasks.
fn workflow<'a>(writer: &mut Writer<'a>, definition: &'a WorkflowDef) -> Value {
    let mut fields = Map::new();
    fields.insert("name".to_owned(), definition.name.clone().into());
    if let Some(title) = &definition.description {
        fields.insert("title".to_owned(), title.clone().into());
    }
    if !definition.input_template.is_empty() {
        fields.insert("input".to_owned(), Value::Object(definition.input_template.clone()));
    }
    fields.extend(notes(&definition.metadata).cloned().unwrap_or_default());
    let mut tasks = writer.block(&definition.tasks);
    if !writer.index.is_ours {
        let output = writer.rewrite(&Value::Object(definition.output_parameters.clone()), "outputParameters");
        tasks = apart::with_output(tasks, &output, &writer.index);
        apart::unsaid(definition, &mut writer.losses);
    }
    fields.insert("tasks".to_owned(), tasks);
    Value::Object(fields)
}
