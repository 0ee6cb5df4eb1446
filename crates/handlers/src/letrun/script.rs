//! Scripts and expressions of files, in the evaluators' children.
//!
//! JavaScript sees its names as globals and yields the value of its last statement, a promise's once it is settled.
//! Python reads them from `context` and assigns `output`. Neither sees anything else.

use segue_core::json::Json;
use serde_json::{Map, Value, json};

use super::Failed;
use super::call::Call;
use super::parameters::Parameters;
use crate::{Evaluation, EvaluationError, Form, Language};

/// A script, and what it sees.
pub(super) struct Script<'a> {
    pub(super) language: Language,
    pub(super) source: &'a str,
    pub(super) names: Map<String, Value>,
}

/// The language that a task's parameters name, by either name.
pub(super) fn named_language(parameters: &Parameters) -> Result<Option<Language>, Failed> {
    let name = parameters.text("language").or_else(|| parameters.text("evaluatorType"));
    name.map(language).transpose()
}

/// The language of that name.
pub(super) fn language(name: &str) -> Result<Language, Failed> {
    match name.to_ascii_lowercase().as_str() {
        "javascript" | "js" => Ok(Language::JavaScript),
        "python" | "py" => Ok(Language::Python),
        _ => Err(Failed::error(format!("No script engine found for language: {name}"))),
    }
}

/// What an expression of a control task sees: `task` with its output so far, `workflow` and what else is given, and all
/// of it below `input`.
pub(super) fn names(
    call: &Call<'_>,
    output: &Value,
    more: Map<String, Value>,
) -> Result<Map<String, Value>, Failed> {
    let task = json!({"name": call.task(), "status": "executing", "parameters": call.parameters()?, "output": output});
    let mut names = Map::new();
    names.insert("task".to_owned(), task);
    names.insert("workflow".to_owned(), call.field("workflow").cloned().unwrap_or_else(|| json!({})));
    names.extend(more);
    let input = Value::Object(names.clone());
    names.insert("input".to_owned(), input);
    Ok(names)
}

/// Runs the script: its value, or nothing where it has none.
pub(super) async fn evaluate(call: &Call<'_>, script: Script<'_>) -> Result<Option<Value>, Failed> {
    let evaluation = Evaluation {
        language: script.language,
        form: Form::Expression,
        source: script.source.into(),
        input: Json::of(&Value::Object(script.names)),
        share: call.services.share.clone(),
    };
    match call.services.evaluators.run(evaluation).await {
        Ok(answer) => Ok(answer.object().shift_remove("result")),
        Err(error) => Err(failed(error)),
    }
}

/// What a script throws keeps its name.
fn failed(error: EvaluationError) -> Failed {
    match error {
        EvaluationError::Failed(text) => match text.split_once(": ") {
            Some((name, message)) if is_name(name) => Failed::new(name, message),
            _ => Failed::error(text),
        },
        EvaluationError::TimedOut { .. } => Failed::new("TimeoutError", error.to_string()),
        EvaluationError::OutOfMemory => Failed::new("RangeError", error.to_string()),
        EvaluationError::Busy { .. } => Failed::error(error.to_string()),
        EvaluationError::Unavailable(reason) => Failed::illegal(reason),
    }
}

fn is_name(text: &str) -> bool {
    let is_word = text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    is_word && ["Error", "Exception", "Exit", "Interrupt"].iter().any(|end| text.ends_with(end))
}
