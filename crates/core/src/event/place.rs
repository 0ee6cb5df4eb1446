//! Where things are: the iteration that an attempt belongs to, and the queue that it waits in.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The iteration of each enclosing loop, outermost first; empty outside loops.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Frame(pub Vec<u32>);

impl Frame {
    /// True outside every loop.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The frame of one iteration of a loop that itself lies in this frame.
    pub fn iteration(&self, number: u32) -> Self {
        let mut inner = self.0.clone();
        inner.push(number);
        Self(inner)
    }

    /// The outermost `depth` loops of this frame.
    pub fn outer(&self, depth: usize) -> Self {
        Self(self.0.iter().copied().take(depth).collect())
    }

    /// The iteration of the innermost loop; 0 outside loops (Conductor: `iteration`).
    pub fn innermost(&self) -> u32 {
        self.0.last().copied().unwrap_or(0)
    }

    /// The reference with its frame: `ref__2__1`.
    pub fn name(&self, reference: &str) -> String {
        use fmt::Write;
        self.0.iter().fold(reference.to_owned(), |mut name, iteration| {
            let _ = write!(name, "__{iteration}");
            name
        })
    }
}

/// The parts of a TRY_CATCH, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Section {
    /// What may fail.
    #[default]
    Try,
    /// What is done when it failed.
    Catch,
    /// What is done in any case.
    Finally,
}

/// The queue of one task type and domain, written `type` or `domain:type`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QueueName(pub Arc<str>);

impl QueueName {
    /// Joins a task type and its domain.
    pub fn new(task_type: &str, domain: Option<&str>) -> Self {
        match domain {
            Some(domain) => Self(format!("{domain}:{task_type}").into()),
            None => Self(task_type.into()),
        }
    }

    /// The domain, if any.
    pub fn domain(&self) -> Option<&str> {
        self.0.split_once(':').map(|(domain, _)| domain)
    }

    /// The task type.
    pub fn task_type(&self) -> &str {
        self.0.split_once(':').map_or(&*self.0, |(_, task_type)| task_type)
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
