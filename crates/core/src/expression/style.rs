//! How a definition writes its expressions.

use serde::{Deserialize, Serialize};

/// The grammar of `${…}` in a definition, and what a path that finds nothing comes to (`expressionStyle`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpressionStyle {
    /// Conductor's: nested expressions, `$${` for `${`, values in texts as Java writes them, `null` for what is missing.
    #[default]
    Conductor,
    /// Choices with `??`, values in texts as JSON; a choice that finds nothing stays as it is written.
    Lenient,
    /// As lenient, but a choice that finds nothing fails the task, and in `outputParameters` the execution.
    Strict,
}

impl ExpressionStyle {
    /// True for Conductor's own, which a definition does not write.
    pub fn is_conductor(&self) -> bool {
        *self == Self::Conductor
    }
}
