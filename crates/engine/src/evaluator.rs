//! The seam to what runs scripts.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use segue_core::decide::{Answer, EvaluationError};
use segue_core::plan::{Evaluation, Script};

/// A future that owns all it needs.
pub type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs the scripts of definitions. Evaluations are pure, bounded in time and memory, and may be asked twice.
pub trait Evaluator: Debug + Send + Sync {
    /// Evaluates for a definition, by whose name the evaluator's capacity is shared fairly.
    fn evaluate(&self, evaluation: Evaluation, share: Arc<str>) -> Boxed<Answer>;

    /// Whether a text is a script at all; what is wrong with it otherwise.
    fn check(&self, script: Script) -> Boxed<Result<(), String>>;
}

/// What an engine has that was not given one: every script fails with the reason.
#[derive(Debug)]
pub(crate) struct NoEvaluator;

impl Evaluator for NoEvaluator {
    fn evaluate(&self, evaluation: Evaluation, _share: Arc<str>) -> Boxed<Answer> {
        let language = evaluation.script.language;
        let reason =
            format!("this engine was opened without an evaluator, so {language:?} scripts cannot run");
        Box::pin(async move { Err(EvaluationError::Unavailable(reason)) })
    }

    fn check(&self, _script: Script) -> Boxed<Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}
