//! Options of the HTTP task.

use std::time::Duration;

use super::guard::Allowed;
use super::route::Proxies;
use crate::Evaluators;

/// How HTTP tasks are done. Fields not set are as in [`HttpOptions::default`].
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Hosts and networks that may be called although they are not public. None by default.
    pub allow: Vec<Allowed>,
    /// Whether calls go through proxies. Not by default.
    pub proxies: Proxies,
    /// A body may be so long, received and unpacked. 10 MiB by default.
    pub response_bytes_max: usize,
    /// A call may take so long in all, whatever its own limits say. Five minutes by default.
    pub time_limit: Duration,
    /// For `outputFilter`, a jq script over the response. Without them, tasks with a filter fail.
    pub evaluators: Option<Evaluators>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            proxies: Proxies::None,
            response_bytes_max: 10 << 20,
            time_limit: Duration::from_mins(5),
            evaluators: None,
        }
    }
}
