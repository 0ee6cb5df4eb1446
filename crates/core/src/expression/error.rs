//! Why an expression cannot be compiled or rendered.

use super::path::Segment;

/// An expression outside the grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' at column {}: expected {expected}", self.column())]
pub struct ExpressionError {
    /// The whole text that holds the expression.
    pub text: String,
    /// Where in `text`, in bytes, the grammar was left.
    pub offset: usize,
    /// What would have been accepted there.
    pub expected: String,
    /// Where in the compiled value the text stands (`['a'][0]`); empty for a bare text.
    pub path: String,
}

impl ExpressionError {
    /// Where in `text`, in characters from 1.
    pub fn column(&self) -> usize {
        self.text.char_indices().take_while(|(at, _)| *at < self.offset).count() + 1
    }
}

/// An expression that must find something and finds nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: nothing is found for {placeholder}")]
pub struct Unresolved {
    /// Where it stands: `.a[0]` below the rendered value, with the field's name once [`Unresolved::in_field`] has put it
    /// in front.
    pub field: String,
    /// The expression as it is written.
    pub placeholder: String,
}

impl Unresolved {
    /// The same, in a field of a definition.
    #[must_use]
    pub fn in_field(self, name: &str) -> Self {
        Self { field: format!("{name}{}", self.field), ..self }
    }

    pub(super) fn below(self, step: &Segment) -> Self {
        let is_plain = |key: &str| key.chars().all(|next| next.is_alphanumeric() || next == '_');
        let step = match step {
            Segment::Key(key) if !key.is_empty() && is_plain(key) => format!(".{key}"),
            other => other.to_string(),
        };
        self.in_field(&step)
    }
}
