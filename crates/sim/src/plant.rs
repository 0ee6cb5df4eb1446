//! Bugs on purpose. The rules must find each of them, else they could not find a real one.

/// A bug between a node and its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// A record loses the instant at which it is to be looked at again.
    LostWakeUp,
    /// A record loses a message that it sent.
    LostMessage,
    /// A claim that lost to another node's is reported as committed.
    DoubleClaim,
    /// A batch is reported as committed before it is.
    AckBeforeCommit,
    /// A limit is not judged.
    LimitIgnored,
    /// A queue is said to be empty that is not.
    LostWindow,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::LostWakeUp,
        Self::LostMessage,
        Self::DoubleClaim,
        Self::AckBeforeCommit,
        Self::LimitIgnored,
        Self::LostWindow,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::LostWakeUp => "lost-wake-up",
            Self::LostMessage => "lost-message",
            Self::DoubleClaim => "double-claim",
            Self::AckBeforeCommit => "ack-before-commit",
            Self::LimitIgnored => "limit-ignored",
            Self::LostWindow => "lost-window",
        }
    }

    /// The plant with that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plant| plant.name() == name)
    }
}
