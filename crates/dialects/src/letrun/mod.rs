//! letrun files: workflows of tasks with handlers, in JSON or YAML, into native definitions and back.
//!
//! The text is read into a tree (`model`, by `read`, which tells everything that is wrong at once), and the tree is
//! written down in the operators of the native format (`emit`). A letrun task becomes a SIMPLE task on a queue
//! `letrun.…`; blocks become FORK_JOIN, SWITCH, FOR_EACH, DO_WHILE and TRY_CATCH. The nodes that this takes beside the
//! author's tasks are helpers, and say so in their metadata. Expressions are rewritten to the engine's names.

mod compiled;
mod convert;

mod emit;
pub mod handler;
mod model;
mod names;
mod options;
mod placeholder;
mod read;
mod source;

use serde_json::{Map, Value};

use crate::{Diagnostic, Document};

pub use compiled::{Compiled, HandlerUse, owners};

pub use convert::{Loss, to_letrun, to_native};
pub use model::Strategy;
pub use options::{Options, ReadFile, RetryDefaults};
pub use source::nearest;

/// Queue of the tasks that need the user's machine.
pub const SCRIPT_QUEUE: &str = "letrun.script";

/// Fields of a workflow that has no tasks yet.
const FIELDS: [&str; 7] =
    ["name", "title", "tasks", "input", "retryCount", "retryStrategy", "retryDelaySeconds"];

/// Whether a text is a letrun file, or one task of one: tasks have a `handler`.
pub fn is_letrun(text: &str) -> bool {
    Document::new(text).read::<Value>().is_ok_and(|value| is_letrun_value(&value))
}

/// The same of values that were read already.
pub fn is_letrun_value(value: &Value) -> bool {
    let Value::Object(fields) = value else { return false };
    let is_native = |task: &Map<String, Value>| task.contains_key("taskReferenceName");
    match fields.get("tasks") {
        Some(Value::Object(_)) => true,
        // Only letrun knows workflows that do nothing.
        Some(Value::Array(tasks)) if tasks.is_empty() => {
            fields.keys().all(|key| FIELDS.contains(&key.as_str()))
        }
        Some(Value::Array(tasks)) => {
            let mut tasks = tasks.iter().filter_map(Value::as_object);
            tasks.any(|task| task.contains_key("handler") && !is_native(task))
        }
        _ => fields.get("handler").is_some_and(Value::is_string),
    }
}

/// Compiles a text to a native definition.
///
/// # Errors
/// Everything that is wrong with it.
pub fn compile(document: &Document<'_>, options: &Options) -> Result<Compiled, Vec<Diagnostic>> {
    emit::compile(document, options)
}
