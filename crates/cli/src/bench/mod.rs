//! `segue bench`: drives a server in this process over HTTP, and compares it with a ceiling measured in the same
//! run: a bare route of the same server library that commits one row by group commit and does nothing else.
//!
//! Each run measures the ceiling and the engine one after the other on fresh stores; a figure is the median of
//! all runs. Flushing the tables beside the journal and the checkpoint are inside the clock.

mod ceiling;
mod connection;
mod load;
mod process;
mod report;
mod shape;
mod target;

use std::path::PathBuf;
use std::time::Duration;

pub(crate) use report::Figures;
pub(crate) use shape::Shape;

/// What is measured.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// How the tasks of an execution hang together.
    pub(crate) shape: Shape,
    /// Tasks in one execution.
    pub(crate) tasks: usize,
    /// Executions in one run.
    pub(crate) executions: usize,
    /// Executions under way at a time.
    pub(crate) in_flight: usize,
    /// Worker connections.
    pub(crate) workers: usize,
    /// Starts a second instead of a fixed number under way.
    pub(crate) rate: Option<f64>,
    /// `postgres://…`, or a directory for SQLite files; a temporary one if absent.
    pub(crate) store: Option<String>,
    /// Handlers in this process instead of workers over HTTP.
    pub(crate) in_process: bool,
    /// How long an execution may take; one that takes longer is a failure of the measurement.
    pub(crate) patience: Duration,
    /// Runs of which the median is taken.
    pub(crate) runs: usize,
}

/// A failed measurement.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// Measures, and tells each run to `progress` as it ends.
///
/// # Errors
/// If a server, store or connection fails.
pub(crate) async fn run(plan: &Plan, mut progress: impl FnMut(usize, &Figures)) -> Result<Figures, Error> {
    let mut runs = Vec::with_capacity(plan.runs);
    for number in 0..plan.runs.max(1) {
        let place = Place::new(plan, number)?;
        let ceiling = ceiling::measure(&place, plan).await?;
        let figures = target::measure(&place, plan, ceiling).await?;
        place.clean();
        progress(number + 1, &figures);
        runs.push(figures);
    }
    Ok(Figures::median(&runs))
}

/// Where one run keeps its data.
pub(crate) struct Place {
    postgres: Option<String>,
    directory: PathBuf,
}

impl Place {
    fn new(plan: &Plan, number: usize) -> Result<Self, Error> {
        let postgres = plan.store.clone().filter(|store| store.starts_with("postgres"));
        let base = match &plan.store {
            Some(directory) if postgres.is_none() => PathBuf::from(directory.trim_start_matches("sqlite:")),
            _ => std::env::temp_dir(),
        };
        let directory = base.join(format!("segue-bench-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&directory)?;
        Ok(Self { postgres, directory })
    }

    fn clean(&self) {
        // What is left over lies in a directory of its own.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
