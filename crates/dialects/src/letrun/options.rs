//! What is said beside the text.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::model::Strategy;

/// How a text is compiled.
#[derive(Clone, Default)]
pub struct Options {
    /// Retries of tasks for which the text says nothing.
    pub retry: RetryDefaults,
    /// `retryCount` is the number of attempts, as letrun's code has it, instead of the number of retries, as its guide does.
    pub attempts_not_retries: bool,
    /// A path that leads nowhere fails the task, and one that can lead nowhere the compilation.
    pub strict: bool,
    /// Every task goes to the script host, because the project has an invoker of its own. Handlers of unknown types pass.
    pub host_does_all: bool,
    /// Where workflow files lie that the text names, if not in the working directory; without it the file's own directory.
    pub base: Option<PathBuf>,
    /// Reads a workflow file that the text names; without it such a file is read when its task runs.
    pub read: Option<ReadFile>,
}

/// Gives the text of a file.
pub type ReadFile = Arc<dyn Fn(&Path) -> io::Result<String> + Send + Sync>;

/// letrun's retry settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryDefaults {
    /// Retries after the first attempt.
    pub count: u32,
    /// How the delay grows.
    pub strategy: Strategy,
    /// Seconds before the first retry.
    pub delay_seconds: f64,
    /// Factor of the linear strategy.
    pub backoff_rate: f64,
}

impl Default for RetryDefaults {
    fn default() -> Self {
        Self { count: 3, strategy: Strategy::Fixed, delay_seconds: 3.0, backoff_rate: 1.5 }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("retry", &self.retry)
            .field("attempts_not_retries", &self.attempts_not_retries)
            .field("strict", &self.strict)
            .field("host_does_all", &self.host_does_all)
            .field("base", &self.base)
            .field("read", &self.read.is_some())
            .finish()
    }
}
