//! What a node does.

use std::sync::Arc;

use super::{ForEach, Formula, Graph, NodeIndex, Plan, TryCatch};
use crate::expression::Template;

/// The constructs. A new one is a variant here, a file in `decide/` and an arm in `plan/compile.rs`.
#[derive(Debug, Clone)]
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
        /// The nodes of `joinOn`; of a dynamic fork's JOIN none, see [`crate::execution::Execution::joined`].
        on: Vec<NodeIndex>,
        /// The dynamic fork in front of it.
        fork: Option<NodeIndex>,
    },
    /// EXCLUSIVE_JOIN: waits for the first of these nodes that was reached.
    ExclusiveJoin {
        /// The nodes of `joinOn`, then those of `defaultExclusiveJoinTask`.
        on: Vec<NodeIndex>,
    },
    /// SWITCH and DECISION: one of several sequences.
    Switch(Box<Switch>),
    /// DO_WHILE: the body once, and again while the condition holds.
    DoWhile(Box<DoWhile>),
    /// FOR_EACH: the body once for each item, several at a time.
    ForEach(Box<ForEach>),
    /// TRY_CATCH: a sequence, what to do when it fails, and what to do in any case.
    TryCatch(Box<TryCatch>),
    /// GRAPH: steps that name the steps that they wait for.
    Graph(Box<Graph>),
    /// FORK_JOIN_DYNAMIC: branches that its input names.
    DynamicFork {
        /// The JOIN behind it.
        join: NodeIndex,
    },
    /// DYNAMIC: a task whose type its input names.
    Dynamic,
    /// SUB_WORKFLOW: another execution as a task of this one.
    SubWorkflow(Box<Child>),
    /// WAIT: for a time or a signal.
    Wait,
    /// HUMAN: for a signal.
    Human,
    /// YIELD: for a signal, like a WAIT without a time.
    Yield,
    /// PULL_WORKFLOW_MESSAGES: for messages to the execution.
    PullMessages,
    /// SET_VARIABLE.
    SetVariable,
    /// TERMINATE: ends the execution.
    Terminate,
    /// NOOP.
    Noop,
    /// INLINE, LAMBDA, JSON_JQ_TRANSFORM: a value computed from the input.
    Compute(Dialect),
    /// START_WORKFLOW: another execution, on its own.
    StartWorkflow,
    /// EVENT: a fact for subscribers.
    Event {
        /// Where it goes.
        sink: Template,
    },
    /// A type that a handler of the engine does, on the queue of the type's name.
    Builtin(Arc<str>),
}

/// The fields of a SWITCH.
#[derive(Debug, Clone)]
pub struct Switch {
    /// How the case is found.
    pub selector: Formula,
    /// First node of each case; `None` for a case that does nothing.
    pub cases: Vec<(Arc<str>, Option<NodeIndex>)>,
    /// First node of any other case.
    pub default: Option<NodeIndex>,
    /// DECISION: the older form, with an output of its own.
    pub is_decision: bool,
}

impl Switch {
    /// The first node of a case.
    pub(crate) fn first_of(&self, case: &str) -> Option<NodeIndex> {
        let found = self.cases.iter().find(|(name, _)| **name == *case);
        found.map_or(self.default, |(_, first)| *first)
    }
}

/// The fields of a DO_WHILE.
#[derive(Debug, Clone)]
pub struct DoWhile {
    /// First node of the body.
    pub body: Option<NodeIndex>,
    /// Looked at after each iteration; none where only the items count.
    pub condition: Option<Formula>,
    /// The list to go through.
    pub items: Option<Template>,
}

/// How the text of a computation is found in its input, and how its result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `expression`, by `evaluatorType`.
    Inline,
    /// `scriptExpression`, the body of a function.
    Lambda,
    /// `queryExpression`.
    Jq,
}

/// What a SUB_WORKFLOW starts.
#[derive(Debug, Clone)]
pub struct Child {
    /// Where its definition comes from.
    pub definition: ChildDefinition,
    /// 0 to 99.
    pub priority: Option<Template>,
    /// Its domains, if not its parent's.
    pub domains: Option<Template>,
}

/// Where the definition of a SUB_WORKFLOW comes from.
#[derive(Debug, Clone)]
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

/// Built-in types that a handler of the engine does.
pub const BUILTIN_TYPES: &[&str] =
    &["HTTP", "GET_WORKFLOW", "UPDATE_TASK", "TERMINATE_WORKFLOW", "UPDATE_WORKFLOW_VARIABLES"];

impl Kind {
    /// The wire name. FORK_JOIN is recorded as FORK.
    pub fn task_type<'a>(&'a self, name: &'a str) -> &'a str {
        match self {
            Self::Worker | Self::Unknown => name,
            Self::Fork { .. } | Self::DynamicFork { .. } => "FORK",
            Self::Join { .. } => "JOIN",
            Self::ExclusiveJoin { .. } => "EXCLUSIVE_JOIN",
            Self::Switch(switch) if switch.is_decision => "DECISION",
            Self::Switch(_) => "SWITCH",
            Self::DoWhile(_) => "DO_WHILE",
            Self::ForEach(_) => "FOR_EACH",
            Self::TryCatch(_) => "TRY_CATCH",
            Self::Graph(_) => "GRAPH",
            Self::Dynamic => "DYNAMIC",
            Self::SubWorkflow(_) => "SUB_WORKFLOW",
            Self::Wait => "WAIT",
            Self::Human => "HUMAN",
            Self::Yield => "YIELD",
            Self::PullMessages => "PULL_WORKFLOW_MESSAGES",
            Self::SetVariable => "SET_VARIABLE",
            Self::Terminate => "TERMINATE",
            Self::Noop => "NOOP",
            Self::Compute(Dialect::Inline) => "INLINE",
            Self::Compute(Dialect::Lambda) => "LAMBDA",
            Self::Compute(Dialect::Jq) => "JSON_JQ_TRANSFORM",
            Self::StartWorkflow => "START_WORKFLOW",
            Self::Event { .. } => "EVENT",
            Self::Builtin(name) => name,
        }
    }

    /// It ends when others have ended, never by itself.
    pub fn holds_others(&self) -> bool {
        self.is_scope() || self.joins_others()
    }

    /// Several of its iterations may run at once.
    pub fn is_concurrent(&self) -> bool {
        matches!(self, Self::ForEach(each) if each.concurrency > 1)
    }

    /// What lies in it has a frame for each iteration.
    pub fn is_loop(&self) -> bool {
        matches!(self, Self::DoWhile(_) | Self::ForEach(_))
    }

    /// The list that a loop goes through, where it has a field for it.
    pub fn items(&self) -> Option<&Template> {
        match self {
            Self::DoWhile(each) => each.items.as_ref(),
            Self::ForEach(each) => each.items.as_ref(),
            _ => None,
        }
    }

    /// It is open as long as something in it is: a loop, a TRY_CATCH, a GRAPH.
    pub fn is_scope(&self) -> bool {
        self.is_loop() || matches!(self, Self::TryCatch(_) | Self::Graph(_))
    }

    /// Where it is optional or permissive, what fails inside it ends it and the flow goes on. (Not a DO_WHILE, as
    /// upstream.)
    pub fn may_tolerate(&self) -> bool {
        matches!(self, Self::ForEach(_) | Self::TryCatch(_) | Self::Graph(_))
    }

    /// It waits for nodes that it names.
    pub fn joins_others(&self) -> bool {
        matches!(self, Self::Join { .. } | Self::ExclusiveJoin { .. })
    }

    /// Done by the engine in one step, so that another attempt would come to the same.
    pub fn is_immediate(&self) -> bool {
        matches!(self, Self::SetVariable | Self::Terminate | Self::Noop | Self::Event { .. })
    }

    /// A retry of the execution reopens it in place, because it holds other tasks together.
    pub fn is_structural(&self) -> bool {
        match self {
            Self::Fork { .. } | Self::DynamicFork { .. } | Self::Switch(_) => true,
            other => other.holds_others(),
        }
    }
}
