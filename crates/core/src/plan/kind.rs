//! What a node does.

use std::sync::Arc;

use super::{NodeIndex, Plan};
use crate::condition::Condition;
use crate::expression::Template;

/// The constructs. A new one is a variant here, a file in `decide/` and an arm in `plan/compile.rs`.
#[derive(Debug)]
pub enum Kind {
    /// A worker's task, on the queue of the task definition's name.
    Worker,
    /// A type that is neither built in nor registered: reaching it fails the execution.
    Unknown,
    /// FORK_JOIN: all branches at once. An empty branch is `None`.
    Fork {
        /// First node of each branch.
        branches: Vec<Option<NodeIndex>>,
    },
    /// JOIN: waits for these nodes.
    Join {
        /// The nodes of `joinOn`.
        on: Vec<NodeIndex>,
    },
    /// SWITCH: one of several sequences.
    Switch {
        /// How the case is found.
        selector: Selector,
        /// First node of each case; `None` for a case that does nothing.
        cases: Vec<(Arc<str>, Option<NodeIndex>)>,
        /// First node of any other case.
        default: Option<NodeIndex>,
    },
    /// DO_WHILE: the body once, and again while the condition holds.
    DoWhile {
        /// First node of the body.
        body: Option<NodeIndex>,
        /// Looked at after each iteration.
        condition: Condition,
    },
    /// SUB_WORKFLOW: another execution as a task of this one.
    SubWorkflow(Box<Child>),
    /// WAIT: for a time or a signal.
    Wait,
    /// HUMAN: for a signal.
    Human,
    /// SET_VARIABLE.
    SetVariable,
    /// TERMINATE: ends the execution.
    Terminate,
    /// NOOP.
    Noop,
}

/// How a SWITCH finds its case.
#[derive(Debug)]
pub enum Selector {
    /// `value-param`: the value of this input key.
    Key(Arc<str>),
}

/// What a SUB_WORKFLOW starts.
#[derive(Debug)]
pub struct Child {
    /// Where its definition comes from.
    pub definition: ChildDefinition,
    /// 0 to 99.
    pub priority: Option<Template>,
    /// Its domains, if not its parent's.
    pub domains: Option<Template>,
}

/// Where the definition of a SUB_WORKFLOW comes from.
#[derive(Debug)]
pub enum ChildDefinition {
    /// The catalog, by name and version (absent, 0 and "" mean the latest).
    Named {
        /// Expression of the name.
        name: Template,
        /// Expression of the version.
        version: Option<Template>,
    },
    /// Written in place.
    Inline(Arc<Plan>),
    /// An expression that yields a definition.
    Computed(Template),
}

/// Built-in types of the wire that this release registers no handler for.
pub const WORKER_TYPES_UNSUPPORTED: &[&str] = &[
    "FORK_JOIN_DYNAMIC",
    "EXCLUSIVE_JOIN",
    "DECISION",
    "DYNAMIC",
    "START_WORKFLOW",
    "INLINE",
    "LAMBDA",
    "JSON_JQ_TRANSFORM",
    "HTTP",
    "EVENT",
    "KAFKA_PUBLISH",
    "JDBC",
    "PULL_WORKFLOW_MESSAGES",
    "TRY_CATCH",
    "FOR_EACH",
    "GRAPH",
];

impl Kind {
    /// The wire name. FORK_JOIN is recorded as FORK.
    pub fn task_type<'a>(&self, name: &'a str) -> &'a str {
        match self {
            Self::Worker | Self::Unknown => name,
            Self::Fork { .. } => "FORK",
            Self::Join { .. } => "JOIN",
            Self::Switch { .. } => "SWITCH",
            Self::DoWhile { .. } => "DO_WHILE",
            Self::SubWorkflow(_) => "SUB_WORKFLOW",
            Self::Wait => "WAIT",
            Self::Human => "HUMAN",
            Self::SetVariable => "SET_VARIABLE",
            Self::Terminate => "TERMINATE",
            Self::Noop => "NOOP",
        }
    }

    /// It ends when others have ended, never by itself.
    pub fn holds_others(&self) -> bool {
        matches!(self, Self::Join { .. } | Self::DoWhile { .. })
    }

    /// Done by the engine in one step, so that another attempt would come to the same.
    pub fn is_immediate(&self) -> bool {
        matches!(self, Self::SetVariable | Self::Terminate | Self::Noop)
    }

    /// A retry of the execution reopens it in place, because it holds other tasks together.
    pub fn is_structural(&self) -> bool {
        matches!(self, Self::Fork { .. } | Self::Join { .. } | Self::DoWhile { .. } | Self::Switch { .. })
    }
}
