//! The dialects: text from outside into definitions, with precise diagnostics.
//!
//! Text is untrusted: its size and its nesting are bounded before a parser sees it.

pub mod conductor;
mod diagnostic;
pub mod json;
mod outline;

pub use diagnostic::Diagnostic;
