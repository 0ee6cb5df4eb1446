//! A letrun file as it was read: the tree of its tasks, with what was written and where.

use serde_json::{Map, Value};

use super::handler::Handler;

/// A workflow.
pub(crate) struct Flow<'a> {
    pub(crate) name: String,
    pub(crate) title: Option<&'a str>,
    /// Default input.
    pub(crate) input: Option<&'a Map<String, Value>>,
    pub(crate) retry: Retry,
    pub(crate) block: Block<'a>,
    pub(crate) raw: &'a Map<String, Value>,
}

/// Tasks that belong together.
pub(crate) enum Block<'a> {
    /// A list: one after the other.
    Ordered(Vec<Task<'a>>),
    /// An object: all at once.
    Concurrent(Vec<Task<'a>>),
}

/// A task.
pub(crate) struct Task<'a> {
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) path: String,
    pub(crate) title: Option<&'a str>,
    /// The handler as written.
    pub(crate) handler_text: &'a str,
    pub(crate) handler: Handler,
    pub(crate) parameters: Option<&'a Map<String, Value>>,
    pub(crate) ignore_error: bool,
    pub(crate) retry: Retry,
    /// Run before it.
    pub(crate) nested: Option<Block<'a>>,
    pub(crate) construct: Construct<'a>,
    pub(crate) raw: &'a Map<String, Value>,
}

/// What a task does with other tasks.
pub(crate) enum Construct<'a> {
    /// Nothing.
    Leaf,
    /// `if`.
    If { then: Option<Block<'a>>, otherwise: Option<Block<'a>> },
    /// `switch`.
    Switch { cases: Vec<(&'a str, Block<'a>)>, default: Option<Block<'a>> },
    /// `for` and `iterate`: the rounds are known when they begin.
    Counted { body: Block<'a> },
    /// `while`.
    While { body: Block<'a> },
    /// `catch`.
    Catch { tried: Block<'a>, catch: Option<Block<'a>>, finally: Option<Block<'a>> },
    /// `workflow`.
    Workflow,
}

/// The retry fields that were written.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Retry {
    pub(crate) count: Option<i32>,
    pub(crate) strategy: Option<Strategy>,
    pub(crate) delay_seconds: Option<f64>,
}

/// How the delay before a retry grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Always the same.
    #[default]
    Fixed,
    /// Twice the delay, and twice as long each time: 2d, 4d, 8d.
    ExponentialBackoff,
    /// The delay times the rate, and as much more each time.
    LinearBackoff,
}

impl Strategy {
    /// The names as written.
    pub const NAMES: [&str; 3] = ["fixed", "exponential_backoff", "linear_backoff"];

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "fixed" => Some(Self::Fixed),
            "exponential_backoff" => Some(Self::ExponentialBackoff),
            "linear_backoff" => Some(Self::LinearBackoff),
            _ => None,
        }
    }
}

impl<'a> Block<'a> {
    pub(crate) fn tasks(&self) -> &[Task<'a>] {
        match self {
            Self::Ordered(tasks) | Self::Concurrent(tasks) => tasks,
        }
    }
}

impl<'a> Task<'a> {
    /// The blocks inside it, in the order in which they are written in guides.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Block<'a>> {
        let own: Vec<&Block<'a>> = match &self.construct {
            Construct::Leaf | Construct::Workflow => Vec::new(),
            Construct::If { then, otherwise } => then.iter().chain(otherwise).collect(),
            Construct::Switch { cases, default } => {
                cases.iter().map(|(_, block)| block).chain(default).collect()
            }
            Construct::Counted { body } | Construct::While { body } => vec![body],
            Construct::Catch { tried, catch, finally } => {
                std::iter::once(tried).chain(catch).chain(finally).collect()
            }
        };
        self.nested.iter().chain(own)
    }
}
