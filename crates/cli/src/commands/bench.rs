//! `segue bench`.

use std::time::Duration;

use crate::bench::{self, Plan, Shape};
use crate::error::{Error, Result};
use crate::print;

/// Measure durable steps a second against the ceiling of this machine.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  segue bench
  segue bench --tasks 1 --executions 20000 --in-flight 200
  segue bench --shape loop --tasks 10000 --executions 1 --in-flight 1 --json")]
pub(crate) struct Args {
    /// How the tasks of an execution hang together.
    #[arg(long, value_enum, default_value = "sequence")]
    shape: Shape,
    /// Tasks in one execution.
    #[arg(long, default_value_t = 10)]
    tasks: usize,
    /// Executions in one run.
    #[arg(long, default_value_t = 5000)]
    executions: usize,
    /// Executions under way at a time.
    #[arg(long, default_value_t = 200)]
    in_flight: usize,
    /// Worker connections.
    #[arg(long, default_value_t = 100)]
    workers: usize,
    /// Starts a second, instead of a fixed number under way.
    #[arg(long)]
    rate: Option<f64>,
    /// postgres://…, or a directory for SQLite files; a temporary one without.
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Handlers in this process instead of workers over HTTP.
    #[arg(long)]
    in_process: bool,
    /// Seconds that an execution may take; one that takes longer fails the measurement.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    patience: u64,
    /// Runs of which the median is taken.
    #[arg(long, default_value_t = 5)]
    runs: usize,
}

pub(crate) async fn run(args: Args, as_json: bool) -> Result<()> {
    let plan = Plan {
        shape: args.shape,
        tasks: args.tasks.max(1),
        executions: args.executions.max(1),
        in_flight: args.in_flight,
        workers: args.workers,
        rate: args.rate.filter(|rate| *rate > 0.0),
        store: args.store,
        in_process: args.in_process,
        patience: Duration::from_secs(args.patience),
        runs: args.runs,
    };
    let figures = bench::run(&plan, |number, figures| {
        eprintln!(
            "run {number}: {:.0} steps/s, ceiling {:.0}/s, ratio {:.2}",
            figures.steps_per_s, figures.ceiling_per_s, figures.ratio
        );
    })
    .await
    .map_err(|error| Error::io(error.to_string()))?;
    let value = serde_json::to_value(figures).map_err(|error| Error::io(error.to_string()))?;
    if as_json {
        print::json(&value);
    } else {
        let rows = value.as_object().into_iter().flatten();
        let rows =
            rows.map(|(name, value)| vec![name.clone(), format!("{:.3}", value.as_f64().unwrap_or(0.0))]);
        print::table(&["FIGURE", "MEDIAN"], rows.collect());
    }
    Ok(())
}
