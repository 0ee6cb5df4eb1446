//! Scripts, in the child processes of [`Evaluators`].

use std::sync::Arc;

use segue_core::decide::{Answer, EvaluationError};
use segue_core::plan::{self, Script};
use segue_handlers::{self as handlers, Evaluators};

use crate::evaluator::{Boxed, Evaluator};

impl Evaluator for Evaluators {
    fn evaluate(&self, evaluation: plan::Evaluation, share: Arc<str>) -> Boxed<Answer> {
        let evaluators = self.clone();
        Box::pin(async move {
            let plan::Evaluation { script, input } = evaluation;
            let Script { language, form, source } = script;
            let asked = handlers::Evaluation { language, form, source, input, share };
            let result = evaluators.evaluate(asked).await.map_err(failure)?;
            serde_json::from_str(result.text()).map_err(|error| {
                EvaluationError::Failed(format!("the script's result cannot be read: {error}"))
            })
        })
    }

    fn check(&self, script: Script) -> Boxed<Result<(), String>> {
        let evaluators = self.clone();
        Box::pin(async move {
            match evaluators.check(script.language, script.form, script.source).await {
                Err(handlers::EvaluationError::Failed(reason)) => Err(reason),
                // What cannot be checked now is found out when it runs.
                Ok(()) | Err(_) => Ok(()),
            }
        })
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
