//! What an engine can be told.

use std::sync::Arc;

use segue_core::decide::Limits;

use crate::evaluator::{Evaluator, NoEvaluator};

/// Options of an engine. The defaults suit one node on an embedded store.
#[derive(Debug, Clone)]
pub struct Options {
    /// Names this node among others on the same store.
    pub node: Arc<str>,
    /// Bounds on what one execution may do.
    pub limits: Limits,
    /// Executions kept in memory beyond those that something is under way for.
    pub cached_executions_max: usize,
    /// Ready attempts kept in memory per queue.
    pub window_max: usize,
    /// Records that may wait for a commit before new starts are refused.
    pub backlog_max: usize,
    /// Records after which a snapshot is worth it; never fewer than the attempts in the state.
    pub snapshot_records_min: u64,
    /// How long a claim may wait for a record to ride in, in milliseconds.
    pub claim_delay_ms_max: i64,
    /// A worker counts as active so long after its last poll, in milliseconds (Conductor: `activeWorkerLastPollTimeout`).
    pub active_poller_ms: i64,
    /// Runs the scripts of definitions.
    pub evaluator: Arc<dyn Evaluator>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            node: format!("{}", std::process::id()).into(),
            limits: Limits::default(),
            cached_executions_max: 20_000,
            window_max: 10_000,
            backlog_max: 50_000,
            snapshot_records_min: 1000,
            claim_delay_ms_max: 1000,
            active_poller_ms: 10_000,
            evaluator: Arc::new(NoEvaluator),
        }
    }
}
