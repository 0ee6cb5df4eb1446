//! The dialects: text from outside into definitions, with precise diagnostics.
//!
//! Text is untrusted: its size and its nesting are bounded before a parser sees it.

pub mod conductor;
mod diagnostic;
mod document;
pub mod json;
pub mod letrun;
mod outline;
pub mod query;
mod yaml;

pub use diagnostic::{Diagnostic, Severity};
pub use document::{BYTES_MAX, Document, Syntax};
pub use letrun::nearest;
