//! What an attempt may use.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use crate::{Evaluators, HttpHandler};

/// How much a line of a log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    /// As files write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    /// The level of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Debug, Self::Info, Self::Warn, Self::Error].into_iter().find(|level| level.as_str() == name)
    }
}

/// Takes the lines of one attempt's log.
pub type Logger = Arc<dyn Fn(Level, &str) + Send + Sync>;

/// What one attempt may use. Cheap to clone; what belongs to the attempt is set on a clone.
#[derive(Clone)]
pub struct Services {
    /// Run its scripts.
    pub evaluators: Evaluators,
    /// Makes its calls.
    pub http: Arc<HttpHandler>,
    /// Takes its log.
    pub logger: Logger,
    /// The present, in milliseconds since the epoch.
    pub now_ms: i64,
    /// The output that the attempt had when it paused; null at first.
    pub earlier: Value,
    /// The same for all attempts at one effect; empty if there is none.
    pub effect_key: Arc<str>,
    /// Whose turn its scripts take: the definition's name.
    pub share: Arc<str>,
    /// Where relative paths begin. Without it the attempt may not touch the machine.
    pub directory: Option<PathBuf>,
}

impl Services {
    /// For an attempt that logs into nothing, now, and may not touch the machine.
    pub fn new(evaluators: Evaluators, http: Arc<HttpHandler>) -> Self {
        Self {
            evaluators,
            http,
            logger: Arc::new(|_, _| ()),
            now_ms: now_ms(),
            earlier: Value::Null,
            effect_key: "".into(),
            share: "letrun".into(),
            directory: None,
        }
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services")
            .field("share", &self.share)
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
