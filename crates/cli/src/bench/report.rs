//! The figures of a measurement.

use serde::Serialize;

/// What one run, or the median of several, gave.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Figures {
    /// Durable steps a second.
    pub(crate) steps_per_s: f64,
    /// Executions ended a second.
    pub(crate) executions_per_s: f64,
    /// Rows a second of the bare route in the same run.
    pub(crate) ceiling_per_s: f64,
    /// Steps to the ceiling.
    pub(crate) ratio: f64,
    /// Executions to the ceiling.
    pub(crate) executions_ratio: f64,
    /// Median time from a start's call to the committed end.
    pub p50_ms: f64,
    /// The same at the 99th of 100.
    pub p99_ms: f64,
    /// Processor time of server and clients together, in microseconds.
    pub(crate) cpu_us_per_step: f64,
    /// Bytes given to the database.
    pub(crate) bytes_per_step: f64,
    /// Syncs of the journal.
    pub(crate) fsyncs: f64,
    /// Largest resident memory of the process, clients included.
    pub(crate) rss_peak_bytes: f64,
}

impl Figures {
    const FIELDS: [fn(&mut Self) -> &mut f64; 11] = [
        |figures| &mut figures.steps_per_s,
        |figures| &mut figures.executions_per_s,
        |figures| &mut figures.ceiling_per_s,
        |figures| &mut figures.ratio,
        |figures| &mut figures.executions_ratio,
        |figures| &mut figures.p50_ms,
        |figures| &mut figures.p99_ms,
        |figures| &mut figures.cpu_us_per_step,
        |figures| &mut figures.bytes_per_step,
        |figures| &mut figures.fsyncs,
        |figures| &mut figures.rss_peak_bytes,
    ];

    /// The median of each figure.
    pub(crate) fn median(runs: &[Self]) -> Self {
        let mut median = Self::default();
        for field in Self::FIELDS {
            let mut values: Vec<f64> = runs.iter().map(|run| *field(&mut run.clone())).collect();
            values.sort_by(f64::total_cmp);
            *field(&mut median) = values.get(values.len() / 2).copied().unwrap_or(0.0);
        }
        median
    }
}
