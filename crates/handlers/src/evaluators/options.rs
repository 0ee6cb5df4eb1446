//! Options of the evaluators.

use std::path::PathBuf;
use std::time::Duration;

/// How scripts are run. Fields not set are as in [`EvaluatorOptions::default`].
#[derive(Clone, Debug)]
pub struct EvaluatorOptions {
    /// The program of a child: one that calls [`evaluator::run`](crate::evaluator::run). This process's own by default.
    pub program: Option<PathBuf>,
    /// What makes the program an evaluator: `evaluator` by default.
    pub arguments: Vec<String>,
    /// So many children run at most. Two or the number of processors by default.
    pub slots: usize,
    /// So many evaluations of one share wait at most; the next is refused. 1,000 by default.
    pub waiting_max: usize,
    /// A script may take so much processor time. Four seconds by default.
    pub time_limit: Duration,
    /// A script that gets no processor may take so many times its limit by the clock. Two by default.
    pub limits_by_the_clock: u32,
    /// A script's values may take so much memory. 128 MiB by default.
    pub memory_bytes: u64,
    /// A result's JSON may be so long. 16 MiB by default.
    pub result_bytes_max: usize,
    /// The Python interpreter: a path, or a name to be looked for in `PATH`. `python3` by default.
    pub python: PathBuf,
}

impl Default for EvaluatorOptions {
    fn default() -> Self {
        Self {
            program: None,
            arguments: vec!["evaluator".to_owned()],
            slots: std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2)),
            waiting_max: 1_000,
            time_limit: Duration::from_secs(4),
            limits_by_the_clock: 2,
            memory_bytes: 128 << 20,
            result_bytes_max: 16 << 20,
            python: PathBuf::from("python3"),
        }
    }
}

impl EvaluatorOptions {
    pub(super) fn time_ms(&self) -> u64 {
        u64::try_from(self.time_limit.as_millis()).unwrap_or(u64::MAX)
    }
}
