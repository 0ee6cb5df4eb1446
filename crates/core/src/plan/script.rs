//! Scripts: texts that the core hands to an evaluator and never runs itself.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::json::Json;

/// What a script is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// ECMAScript 2023 without a host: no modules, no timers, no I/O.
    JavaScript,
    /// jq 1.6; its answer is the list of all results.
    Jq,
    /// Python 3, where the system can confine it.
    Python,
}

impl Language {
    /// The language of an `evaluatorType`; `None` for one that nobody knows, and for `value-param`, which is none.
    pub fn of_evaluator(name: &str) -> Option<Self> {
        match name {
            "javascript" | "graaljs" => Some(Self::JavaScript),
            "python" => Some(Self::Python),
            _ => None,
        }
    }
}

/// How the text of a script is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// An expression, or statements whose last value counts.
    Expression,
    /// The body of a function, with `return`. For JavaScript and Python; jq has expressions only.
    Body,
}

/// A text for an evaluator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Script {
    /// What it is written in.
    pub language: Language,
    /// How it is meant.
    pub form: Form,
    /// The text.
    pub source: Arc<str>,
}

impl Script {
    /// An expression.
    pub fn expression(language: Language, source: &str) -> Self {
        Self { language, form: Form::Expression, source: source.into() }
    }
}

/// A script with its input: everything that an evaluator needs. The same evaluation always has the same result.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// What to run.
    pub script: Script,
    /// What it sees as `$` (jq: as `.`).
    pub input: Json,
}

/// How a value is found: without an evaluator wherever that gives the same.
#[derive(Clone, Debug, PartialEq)]
pub enum Formula {
    /// `value-param`: the value of this input key.
    Key(Arc<str>),
    /// A script in the part of JavaScript that the core understands.
    Value(Condition),
    /// Any other script.
    Script(Script),
}

impl Formula {
    /// Reads a text as its evaluator type says; `None` for a type that nobody knows.
    pub fn of(evaluator: &str, text: &str) -> Option<Self> {
        if evaluator == "value-param" {
            return Some(Self::Key(text.into()));
        }
        let language = Language::of_evaluator(evaluator)?;
        match (language, Condition::parse(text)) {
            (Language::JavaScript, Ok(condition)) => Some(Self::Value(condition)),
            _ => Some(Self::Script(Script::expression(language, text))),
        }
    }
}
