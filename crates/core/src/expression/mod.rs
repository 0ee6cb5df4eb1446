//! `${…}` expressions: templates that turn an execution's state into a task's input.
//!
//! A template is compiled once, when a definition is planned, and rendered many times. Subtrees without an
//! expression collapse to [`Template::Static`], so they cost a clone and nothing else. The rules are those of
//! Conductor's schema version 2:
//!
//! - A text that is one expression gives the value itself; anything around it gives text, with values written
//!   as Java writes them ([`java_text`]).
//! - An expression is `${`, a path, `}` with balanced braces; an inner expression is resolved first and becomes
//!   part of the path. `$${` stands for a literal `${`; an unbalanced `${` is ordinary text; a blank one is `""`.
//! - A missing path is `null`. What an expression gives is never expanded again. Keys are never expanded.
//! - `${CPEWF_TASK_ID}` is the id of the attempt being made. `${workflow.secrets.…}` stays as it is written: secrets
//!   are put in at hand-off to a handler outside the core, at the places that [`SecretAt`] notes and nowhere else: data may say
//!   the same words.
//!
//! The lenient and the strict style ([`ExpressionStyle`]) have [`Choice`]s instead: `${a ?? b ?? 'text'}`, without
//! nesting and without the escape, values in texts as JSON, and an answer of their own to what is missing.
//!
//! A path is one of names and list positions ([`path`]), which is resolved lazily, or a query in Jayway's JsonPath
//! ([`Query`]), whose plain beginning is. One that is only known when it is rendered is read then, and gives `null`
//! if it is malformed.

mod choice;
mod compile;
mod document;
mod error;
pub mod java_text;
pub mod path;
mod query;
mod rebase;
mod render;
mod scan;
mod secret;
mod style;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use choice::Choice;
pub use document::Document;
pub use error::{ExpressionError, Unresolved};
pub use path::{Segment, select, select_ref};
pub use query::Query;
pub use rebase::{escaped, rebased};
pub use secret::SecretAt;
pub use style::ExpressionStyle;

/// What the expressions of a template can see.
pub trait Environment {
    /// The value at a path whose first segment is the root name (`workflow` or a task reference); `None` when
    /// there is nothing, which renders as `null` in Conductor's style.
    fn resolve(&self, path: &[Segment]) -> Option<Value>;

    /// Everything that can be resolved, as one object by root names. Asked only by paths without a root name (`$..x`).
    fn document(&self) -> Value;

    /// The id of the attempt that the template is rendered for; without one `${CPEWF_TASK_ID}` stays literal.
    fn task_id(&self) -> Option<String>;
}

/// A compiled JSON value with expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// A subtree without any expression (escapes already undone).
    Static(Value),
    /// A text that is one expression: gives the value with its type.
    Whole(Reference),
    /// A text with expressions in it: gives text.
    Text(Vec<Part>),
    /// A list with an expression somewhere below.
    List(Vec<Template>),
    /// An object with an expression somewhere below, in key order.
    Object(Vec<(String, Template)>),
}

/// A piece of a text template.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text that stands for itself.
    Literal(String),
    /// An expression.
    Reference(Reference),
}

/// What stands between `${` and `}`.
#[derive(Clone, Debug, PartialEq)]
pub enum Reference {
    /// Nothing but blanks: the empty text.
    Blank,
    /// `CPEWF_TASK_ID`.
    TaskId,
    /// A path below `workflow.secrets`, as it is written with its braces: it stays so until the hand-off.
    Secret(String),
    /// A plain path; the first segment is the root name.
    Path(Vec<Segment>),
    /// Any other path.
    Query(Box<Query>),
    /// Operands of which the first counts that finds something: the styles that are not Conductor's.
    Choice(Box<Choice>),
    /// A path with expressions in it, known when it is rendered. `root` is its root name where that is known
    /// before.
    Nested {
        /// The root name, if it is literal.
        root: Option<String>,
        /// The pieces of the path's text.
        parts: Vec<Part>,
    },
}

impl Template {
    /// True when the template holds no expression at all.
    pub fn is_static(&self) -> bool {
        matches!(self, Self::Static(_))
    }
}
