//! What a block gives: as operands of an expression, or as a list of such.

/// The output of a block or task.
pub(super) enum Output {
    /// The first of these that is there.
    Chain(Vec<String>),
    /// One for each of the tasks that ran at once.
    List(Vec<Output>),
}

impl Output {
    /// Of a block without tasks.
    pub(super) fn nothing() -> Self {
        Self::Chain(Vec::new())
    }

    /// This, else the other.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Chain(mut operands), Self::Chain(more)) => {
                operands.extend(more);
                Self::Chain(operands)
            }
            (list @ Self::List(_), _) => list,
            (_, list) => list,
        }
    }
}

/// What a handler returned.
pub(super) fn result_of(reference: &str) -> Output {
    Output::of_path(reference, &["output", "result"])
}
