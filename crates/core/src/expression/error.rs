//! Why an expression cannot be compiled.

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
