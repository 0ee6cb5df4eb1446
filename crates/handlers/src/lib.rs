//! What a task does outside the core.
//!
//! [`Evaluators`] run the scripts of definitions (JavaScript, jq, Python) in child processes that may be killed at
//! any moment; [`evaluator`] is what such a child does. Nothing here knows storage or the engine: a value goes in, a
//! value comes out.

pub mod evaluator;
mod evaluators;

pub use evaluators::{Evaluation, EvaluationError, EvaluatorOptions, Evaluators, Form, LANGUAGES, Language};
