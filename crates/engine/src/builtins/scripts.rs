//! Scripts, in the child processes of [`Evaluators`].

use std::fmt;
use std::sync::Arc;

use segue_core::decide::{Answer, EvaluationError};
use segue_core::plan::{self, Script};
use segue_handlers::{self as handlers, EvaluatorOptions, Evaluators};

use crate::evaluator::{Boxed, Evaluator};

/// An evaluator of JavaScript, jq and, where the system can confine it, Python. No child is started before a script
/// needs one.
pub fn scripts(options: EvaluatorOptions) -> Arc<dyn Evaluator> {
    // Executions bound how much they ask; an evaluation that is refused would only be asked for again.
    Arc::new(Scripts(Evaluators::new(EvaluatorOptions { waiting_max: usize::MAX, ..options })))
}

struct Scripts(Evaluators);

impl fmt::Debug for Scripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripts")
    }
}

impl Evaluator for Scripts {
    fn evaluate(&self, evaluation: plan::Evaluation, share: Arc<str>) -> Boxed<Answer> {
        let evaluators = self.0.clone();
        Box::pin(async move {
            let plan::Evaluation { script, input } = evaluation;
            let (language, form) = (language(script.language), form(script.form));
            let asked = handlers::Evaluation { language, form, source: script.source, input, share };
            let result = evaluators.evaluate(asked).await.map_err(failure)?;
            serde_json::from_str(result.text()).map_err(|error| {
                EvaluationError::Failed(format!("the script's result cannot be read: {error}"))
            })
        })
    }

    fn check(&self, script: Script) -> Boxed<Result<(), String>> {
        let evaluators = self.0.clone();
        Box::pin(async move {
            match evaluators.check(language(script.language), form(script.form), script.source).await {
                Err(handlers::EvaluationError::Failed(reason)) => Err(reason),
                // What cannot be checked now is found out when it runs.
                Ok(()) | Err(_) => Ok(()),
            }
        })
    }
}

fn language(language: plan::Language) -> handlers::Language {
    match language {
        plan::Language::JavaScript => handlers::Language::JavaScript,
        plan::Language::Jq => handlers::Language::Jq,
        plan::Language::Python => handlers::Language::Python,
    }
}

fn form(form: plan::Form) -> handlers::Form {
    match form {
        plan::Form::Expression => handlers::Form::Expression,
        plan::Form::Body => handlers::Form::Body,
    }
}

fn failure(error: handlers::EvaluationError) -> EvaluationError {
    match error {
        handlers::EvaluationError::Failed(reason) => EvaluationError::Failed(reason),
        handlers::EvaluationError::TimedOut { limit_ms } => EvaluationError::TimedOut { limit_ms },
        handlers::EvaluationError::OutOfMemory => EvaluationError::OutOfMemory,
        other => EvaluationError::Unavailable(other.to_string()),
    }
}
