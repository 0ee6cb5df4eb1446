//! What a task does outside the core.
//!
//! [`Evaluators`] run the scripts of definitions (JavaScript, jq, Python) in child processes that may be killed at
//! any moment; [`evaluator`] is what such a child does. [`HttpHandler`] does HTTP tasks, [`letrun`] the system tasks of
//! letrun's files. Nothing here knows storage or the engine: a value goes in, a
//! value comes out.

pub mod evaluator;
mod evaluators;
pub mod host;
mod http;
pub mod letrun;

pub use evaluators::{Evaluation, EvaluationError, EvaluatorOptions, Evaluators, Form, Language};
pub use http::{Allowed, HttpHandler, HttpOptions, HttpOutcome, NotAllowed, Proxies};
